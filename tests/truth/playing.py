"""A model played through the public door: a file is written, `experiments.api.run` plays it, its folder is read."""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path

from experiments import api
from tests.truth.cases import Check, Comparison, Model
from tests.truth.judging import Judged, judge_check, judge_comparison, with_peer

Peers = list[dict[str, float]]
"""Ciw's figures, one mapping per replication."""


def play(model: Model) -> list[Judged]:
    """Play a model, and its counterpart in Ciw if it has one, and judge all that is declared on it."""
    with tempfile.TemporaryDirectory(prefix="truth-") as folder:
        file = Path(folder) / f"{model.name}.yaml"
        file.write_text(model.text, encoding="utf-8")
        seed = seed_of(model.name)
        results = api.run(file, overrides=model.overrides, seed=seed, out=Path(folder) / "results")
        peers = _peers(model)
        checked = [_checked(model, check, list(check.figure(results)), peers) for check in model.checks]
        compared = [_compared(model, one, list(one.figure(results)), peers) for one in model.comparisons]
    return checked + compared


def seed_of(name: str) -> int:
    """Return a model's seed: fixed, and another for every model, so that no two share their luck."""
    return zlib.crc32(name.encode()) % 1_000_000


def _peers(model: Model) -> Peers:
    if model.ciw is None:
        return []
    return [dict(model.ciw.play(seed)) for seed in range(1, model.ciw.replications + 1)]


def _checked(model: Model, check: Check, values: list[float], peers: Peers) -> Judged:
    judged = judge_check(model.name, check, values)
    return with_peer(judged, check, values, [one[check.peer] for one in peers]) if check.peer else judged


def _compared(model: Model, comparison: Comparison, values: list[float], peers: Peers) -> Judged:
    return judge_comparison(model.name, comparison, values, [one[comparison.peer] for one in peers])
