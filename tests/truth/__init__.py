"""The truth suite: callsim played through its public door and held against theory, published models and Ciw.

`theory.json` holds 216 known answers, each with its formula, its source and how it was checked; it was given to the
project as it stands. Every one of them is accounted for (`suite`): simulated by a `Model`, tested as a bare formula, or
left out with a reason. ``python -m tests.truth docs/validation.md`` plays all models and writes the page.

To add cases: declare a `Section` of `Model`s in a module of its own and name it in `suite.SECTIONS`; name formulas and
what is left out in `elsewhere`.
"""
