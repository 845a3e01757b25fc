"""A lost cache: who comes back, who does not, and what theory says of the difference.

Sources: N. Bronson, A. Aghayev, A. Charapko, T. Zhu, Metastable Failures in Distributed Systems, HotOS 2021 (look-aside
cache); L. Huang et al., Metastable Failures in the Wild, OSDI 2022.
"""

from __future__ import annotations

import pytest

from experiments.language import load
from simulator.run import Measure, run_once
from tests.classics.catalog import replications
from tests.support import Played

BACK = {"share of luck", "cache at 60", "cache at 18", "single flight", "shed"}
DOWN = {"cache", "single flight, 600 keys"}
WAVERING = {"drop what nobody awaits", "late answers stored"}
"""What is stored late, or seldom, comes back in waves: everything that was stored at once ends at once."""
LATE = "during:late"

SHORT = (
    "phases={late: {from: 150s, to: 160s}}",
    "run={duration: 160s, warmup: 90s, drain: 5s, window: 1s, seed: 2021, record: summary}",
)


def is_down(played: Played) -> bool:
    """Whether most requests fail long after the loss."""
    share = played.figure("view", "error_rate", LATE)
    assert share < 0.1 or share > 0.9, f"neither down nor back: {share}"
    return share > 0.5


@pytest.mark.parametrize("variant", ["cache", "single flight", "shed", "cache at 60"])
def test_a_cache_refilled_only_by_answers_in_time_stays_down(variant: str) -> None:
    (played,) = replications("cache-loss", *SHORT, variant=variant)
    assert is_down(played) == (variant in DOWN)
    if variant == "cache":
        assert played.figure("cache:goods", "hit_ratio", LATE) == 0.0
        assert played.figure("view", "goodput", LATE) == 0.0


def test_the_plain_share_model_comes_back_from_a_longer_loss_at_the_same_load() -> None:
    """Five seconds without hits leave 5 · (200 - 20) queries, which are gone after 900 / (20 - 5.4) = 62 s."""
    longer = ("phases={late: {from: 205s, to: 215s}}", SHORT[1].replace("160s", "215s"))
    (played,) = replications("cache-loss", *longer, variant="share of luck")
    assert not is_down(played)
    assert played.figure("view", "error_rate", "during:loss") > 0.5, "the loss was one"


def test_every_variant_is_expected_to_come_back_or_not() -> None:
    assert set(load("catalog:cache-loss").variants) == BACK | DOWN | WAVERING


@pytest.mark.parametrize(("variant", "herd"), [("cache", 0.1), ("single flight", 0.0)])
def test_a_healthy_cache_misses_as_renewal_theory_has_it(variant: str, herd: float) -> None:
    """A key is fetched once in ttl + 1 / rate; without single flight also by those who come during the fetch."""
    (played,) = replications("cache-loss", *SHORT, variant=variant)
    rate = 200 / 30
    theory = 30 * (1 + rate * herd) / (10 + 1 / rate)
    assert played.figure("service:database", "throughput", "healthy") == pytest.approx(theory, rel=0.2)


@pytest.mark.stat
@pytest.mark.parametrize("variant", sorted(BACK | DOWN))
def test_as_written(variant: str) -> None:
    bound = Measure(recovery=(("view", "error_rate", 0.001, True),))
    (chosen,) = load("catalog:cache-loss").scenarios([variant])
    for number in range(10):
        played = Played(chosen, run_once(chosen, number, measure=bound))
        recovered = played.figure("view", "recovered", "after:loss")
        assert recovered == (0.0 if variant in DOWN else 1.0)
