"""Replications of the experiments that ship, at the size they are written in or at a smaller one."""

from __future__ import annotations

from experiments.language import load
from simulator.run import run_once
from tests.support import Played


def replications(name: str, *overrides: str, variant: str | None = None, number: int = 1) -> list[Played]:
    """The first replications of one variant (None: of an experiment without any) at its only point."""
    (chosen,) = load(f"catalog:{name}", overrides).scenarios(None if variant is None else [variant])
    return [Played(chosen, run_once(chosen, replication)) for replication in range(number)]
