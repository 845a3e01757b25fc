"""The page `docs/validation.md`: every comparison, every formula's test, and what is left out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from importlib.metadata import version

from experiments.statistics.intervals import Interval
from tests.truth import published
from tests.truth.judging import COMPARISONS, CONFIDENCE, FALSE_ALARMS, Judged
from tests.truth.suite import FORMULAS, LEFT_OUT, SECTIONS
from tests.truth.theory import THEORY, Theory


def number(value: float) -> str:
    """Return six significant digits."""
    return f"{value:.6g}"


def shown(judged: Judged) -> str:
    """Return one comparison on one line of a terminal."""
    parts = [judged.case or judged.quantity]
    if not math.isnan(judged.theory):
        parts.append(f"theory {number(judged.theory)}")
    parts.append(f"callsim {interval(judged.callsim)}")
    if judged.peer is not None:
        parts.append(f"Ciw {interval(judged.peer)}")
    return ", ".join([*parts, judged.complaint or "agrees"])


def interval(found: Interval) -> str:
    """Return an estimate and its half-interval, absolute and as a share of the estimate."""
    half = (found.high - found.low) / 2
    share = f" ({half / abs(found.estimate):.2%})" if half and found.estimate else ""
    return f"{number(found.estimate)} ± {half:.2g}{share}"


def page(found: Mapping[str, list[Judged]]) -> str:
    """Return the whole page; ``found`` has what was judged on each model, by its name."""
    texts = [_head(found)]
    for section in SECTIONS:
        rows = [one for model in section.models for one in found[model.name]]
        titles = {model.name: model.title for model in section.models}
        texts.extend([f"## {section.title}\n"] if rows or section.text else [])
        texts.extend([f"{section.text}\n"] if section.text else [])
        texts.extend([_table(rows, titles)] if rows else [])
    texts.append(published.table())
    texts.extend([_formulas()] if FORMULAS else [])
    texts.extend([_left_out()] if LEFT_OUT else [])
    return "\n".join(texts)


def _head(found: Mapping[str, list[Judged]]) -> str:
    judged = [one for rows in found.values() for one in rows]
    checked = sum(1 for one in judged if one.case)
    peers = sum(1 for one in judged if one.peer is not None)
    both = sum(1 for one in judged if one.peer is not None and one.case)
    versions = ", ".join(f"{name} {version(name)}" for name in ("callsim", "simpy", "numpy", "scipy", "ciw"))
    return f"""# Held against theory

This page is written by `python -m tests.truth docs/validation.md`, which plays every experiment below (`make stat` does
so); it is not edited by hand. Each experiment is a file that goes through the public door, `experiments.api.run`, and
each figure is read from the results folder that comes out. The known answers are those of `tests/truth/theory.json`.

- {len(THEORY)} known answers: {checked} are simulated, {len(FORMULAS) or "none"} tested as a bare formula, and
  {len(LEFT_OUT) or "none"} left out.
- {peers} figures are also held against [Ciw](https://ciw.readthedocs.io), some of them on networks for which no formula
  is known.
- Intervals are Student's t over replications; of shares very near 1 they are callsim's own, exact where events are few,
  and of percentiles of short replications they lie between two order statistics of all together. Each is of the
  confidence {CONFIDENCE:.5%}, as the suite makes at most {COMPARISONS} comparisons ({len(judged) + both} here): a
  correct simulator would fail anything on this page for at most {FALSE_ALARMS:.0%} of seeds (Bonferroni). That is why
  intervals are more than twice as wide as those of 95 %.
- *agrees*: the interval holds the known answer, and is no wider than demanded (a share of the answer). Where theory
  holds only in a limit or is an approximation, `within` says how far it may be off. The difference from Ciw, which is
  played for less long, has an interval that holds 0 and may be twice as wide.
- Made with {versions}.
"""


def _table(rows: Iterable[Judged], titles: Mapping[str, str]) -> str:
    lines = [
        "| case | model | quantity | theory | callsim | demanded | Ciw | verdict |",
        "|---|---|---|--:|--:|--:|--:|---|",
    ]
    for one in rows:
        known = THEORY.get(one.case)
        cells = [
            f"`{one.case}`" if one.case else "no formula",
            _model(known) if known else titles[one.model],
            one.quantity + (f" ({one.unit})" if one.unit else ""),
            _theory(one) if known else "",
            interval(one.callsim),
            f"± {one.precision:.3g}" if one.theory == 0 else f"± {100 * one.precision:.3g} %",
            interval(one.peer) if one.peer else "",
            (one.complaint or "agrees") + (f" ({one.note})" if one.note else ""),
        ]
        lines.append(_row(cells))
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _model(known: Theory) -> str:
    parameters = ", ".join(f"{name} {_parameter(value)}" for name, value in known.parameters.items())
    return f"{known.model}: {parameters}"


def _parameter(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _theory(judged: Judged) -> str:
    known = THEORY[judged.case]
    within = f" within {judged.tolerance:.3g}" if judged.tolerance and not judged.theory else ""
    if judged.tolerance and judged.theory:
        within = f" within {judged.tolerance:.2%}"
    kind = "" if known.kind == "closed-form" else f" ({known.kind})"
    return f"{number(judged.theory)}{within}{kind}"


def _formulas() -> str:
    lines = ["## Formulas tested at their own level\n", "| case | quantity | value | test |", "|---|---|--:|---|"]
    for case, test in sorted(FORMULAS.items()):
        known = THEORY[case]
        lines.append(_row([f"`{case}`", f"{_model(known)}: {known.quantity}", number(known.value), f"`tests/{test}`"]))
    return "\n".join(lines) + "\n"


def _left_out() -> str:
    lines = ["## Left out\n", "| case | quantity | value | why |", "|---|---|--:|---|"]
    for case, reason in sorted(LEFT_OUT.items()):
        known = THEORY[case]
        lines.append(_row([f"`{case}`", f"{_model(known)}: {known.quantity}", number(known.value), reason]))
    return "\n".join(lines) + "\n"
