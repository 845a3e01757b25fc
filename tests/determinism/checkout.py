"""The checkout, shortened: some seconds with one fault of each kind, for tests of what must not change a number."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from experiments import catalog
from experiments.language import load
from simulator.results import RunResult
from simulator.run import run_once
from tests.support import columns_of

SHORT = (
    "faults.slow_provider={at: 2s, for: 3s}",
    "faults.failing_provider={at: 6s, for: 3s}",
    "faults.lost_inventory={at: 10s, for: 2s}",
    "run={duration: 13s, warmup: 1s, drain: 20s, window: 1s}",
)


def result(file: str | Path, variant: str, *overrides: str, replication: int = 0) -> RunResult:
    """One replication of a variant of the shortened checkout, from a file or the catalog."""
    (scenario,) = load(file, (*SHORT, *overrides)).scenarios([variant])
    return run_once(scenario, replication)


def columns(file: str | Path, variant: str, *overrides: str) -> dict[str, Any]:
    """Everything that leaves that run."""
    return columns_of(result(file, variant, *overrides))


def digest(variant: str) -> str:
    """A hash of everything that leaves a run of the catalog's checkout, every float to its last bit."""
    found = columns("catalog:checkout", variant)
    text = "\n".join(f"{name}: {','.join(_exact(value) for value in values)}" for name, values in sorted(found.items()))
    return sha256(text.encode()).hexdigest()


def _exact(value: Any) -> str:
    return float(value).hex() if isinstance(value, float) else str(value)


def text() -> str:
    """The checkout's text, with what it includes."""
    return catalog.text("checkout")
