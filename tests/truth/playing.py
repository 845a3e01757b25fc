"""A model played through the public door: a file is written, `experiments.api.run` plays it, its folder is read."""

from __future__ import annotations

import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from experiments import api
from experiments.statistics.intervals import Interval
from tests.truth.cases import Check, Comparison, Model
from tests.truth.judging import CONFIDENCE, Judged, judge_check, judge_comparison, with_peer

Values = list[float]
"""One value per replication."""


@dataclass(frozen=True)
class Measured:
    """What a model's replications say.

    Attributes:
        checks: the values of each of the model's checks, in their order, in callsim's units.
        pooled: the interval of each of them, where it is that of all replications together.
        comparisons: those of its comparisons.
        peers: Ciw's figures, one mapping per replication; none where the model has no counterpart.
    """

    checks: list[Values]
    pooled: list[Interval | None]
    comparisons: list[Values]
    peers: list[dict[str, float]]


def play(model: Model) -> list[Judged]:
    """Play a model, and its counterpart in Ciw if it has one, and judge all that is declared on it."""
    return judge(model, measure(model))


def measure(model: Model) -> Measured:
    """Play a model and read its figures."""
    with tempfile.TemporaryDirectory(prefix="truth-") as folder:
        file = Path(folder) / f"{model.name}.yaml"
        file.write_text(model.text, encoding="utf-8")
        seed = seed_of(model.name)
        results = api.run(file, overrides=model.overrides, seed=seed, out=Path(folder) / "results")
        checks = [list(check.figure(results)) for check in model.checks]
        pooled = [None if check.interval is None else check.interval(results, CONFIDENCE) for check in model.checks]
        comparisons = [list(comparison.figure(results)) for comparison in model.comparisons]
    peers = [] if model.ciw is None else [dict(model.ciw.play(seed + 1)) for seed in range(model.ciw.replications)]
    return Measured(checks, pooled, comparisons, peers)


def judge(model: Model, measured: Measured) -> list[Judged]:
    """Hold what was measured against theory and against Ciw."""
    checked = [
        _checked(check, judge_check(model.name, check, values, pooled), values, measured)
        for check, values, pooled in zip(model.checks, measured.checks, measured.pooled, strict=True)
    ]
    compared = [
        _compared(model, comparison, values, measured)
        for comparison, values in zip(model.comparisons, measured.comparisons, strict=True)
    ]
    return checked + compared


def seed_of(name: str) -> int:
    """Return a model's seed: fixed, and another for every model, so that no two share their luck."""
    return zlib.crc32(name.encode()) % 1_000_000


def _checked(check: Check, judged: Judged, values: Values, measured: Measured) -> Judged:
    if not check.peer:
        return judged
    return with_peer(judged, check, values, [one[check.peer] for one in measured.peers])


def _compared(model: Model, comparison: Comparison, values: Values, measured: Measured) -> Judged:
    return judge_comparison(model.name, comparison, values, [one[comparison.peer] for one in measured.peers])
