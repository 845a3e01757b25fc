"""How a case is declared: the experiment that is played, where its figure is found, and how precise it has to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from experiments.results.reading import Results
from experiments.statistics.intervals import Interval

Figure = Callable[[Results], Sequence[float]]
"""Reads one figure of a results folder: one value per replication, NaN where it has none (see `figures`)."""

IntervalOf = Callable[[Results, float], Interval]
"""Says how sure all replications together make a figure, at a confidence (see `pooling`)."""

PlayPeer = Callable[[int], Mapping[str, float]]
"""Plays one replication of the same model in Ciw, with this seed: its figures by name, in theory's units."""


@dataclass(frozen=True)
class Check:
    """A figure of a model, held against a known answer.

    Attributes:
        case: the id in `theory.json`.
        figure: where the figure is.
        precision: the widest half-interval, at the suite's level, that still says something: a share of the answer
            (of 1 if the answer is 0). A wider one fails the check.
        scale: what one unit of theory is in callsim's units: ``0.001`` where theory counts milliseconds.
        tolerance: how far theory itself may be off (fluid limits, approximations), a share of the answer; 0: exact.
        peer: the same figure of the model's `Ciw`, or empty.
        note: what a reader should know about how the figure is obtained, or empty.
        interval: how sure the figure is, where Student's t over replications does not say it well: of rare events, and
            of percentiles of few independent requests.
    """

    case: str
    figure: Figure
    precision: float
    scale: float = 1.0
    tolerance: float = 0.0
    peer: str = ""
    note: str = ""
    interval: IntervalOf | None = None


@dataclass(frozen=True)
class Comparison:
    """A figure for which no formula is known, held against Ciw alone.

    Attributes:
        quantity: which figure, in words.
        figure: where callsim has it.
        peer: its name in the model's `Ciw`.
        precision: the widest half-interval of the difference, as a share of Ciw's value.
        unit: for the page.
    """

    quantity: str
    figure: Figure
    peer: str
    precision: float
    unit: str = "s"


@dataclass(frozen=True)
class Ciw:
    """The same model in Ciw.

    Attributes:
        play: plays one replication.
        replications: how many, with the seeds 1, 2, ….
    """

    play: PlayPeer
    replications: int = 20


@dataclass(frozen=True)
class Model:
    """One experiment, played once for all that is checked on it.

    Attributes:
        name: unique; the name of its file, and what its seed is made from (`playing.seed_of`).
        text: the experiment file, with ``run.replications`` in it or in `overrides`.
        checks: what is held against theory.
        overrides: ``path=value`` changes to the file.
        quick: whether `make test` plays it too (all quick models together: at most 10 s).
        ciw: the same model in Ciw, or none.
        comparisons: what is held against Ciw alone.
        title: what a model without a known answer is, in words; others are described by theory.
    """

    name: str
    text: str
    checks: tuple[Check, ...] = ()
    overrides: tuple[str, ...] = ()
    quick: bool = False
    ciw: Ciw | None = None
    comparisons: tuple[Comparison, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Section:
    """What belongs together, under one heading of the page.

    Attributes:
        title: the heading.
        models: those that are played for it.
        formulas: known answers that no model is played for, by id: the test that holds the formula at its own level, as
            ``file::function`` below ``tests``.
        left_out: known answers that are neither simulated nor tested, by id: why.
        text: what stands before the table, in Markdown.
    """

    title: str
    models: tuple[Model, ...] = ()
    formulas: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
