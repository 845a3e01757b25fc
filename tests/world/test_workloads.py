"""One mean rate, six arrival processes: `catalog:same-rate`, shortened."""

from __future__ import annotations

import pytest

from tests.support import play_catalog

SHORT = ("run.duration=4m", "run.drain=30s")


def p99(variant: str) -> float:
    played = play_catalog("same-rate", *SHORT, variant=variant)
    assert played.figure("ask", "throughput") == pytest.approx(80, rel=0.12)
    assert played.figure("service:desk", "utilization") == pytest.approx(0.64, rel=0.12)
    return played.figure("ask", "latency_p99")


def test_the_same_mean_rate_is_another_load_when_it_comes_in_batches_spikes_or_waves() -> None:
    calm = p99("poisson")
    assert p99("even") < 1.1 * calm
    assert p99("batches") > 1.3 * calm
    assert p99("spike") > 2 * calm
    assert p99("waves") > 1.3 * calm
    assert p99("day") > 1.3 * calm
