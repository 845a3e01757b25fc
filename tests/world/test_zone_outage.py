"""A zone is cut off: who meets it, and what moving its load does to the others.

Theory: of requests that choose among z zones k times, (1 - 1/z)^k never meet the one that is lost; callers that prefer
their own zone choose once. Latency: M/M/4 (A. K. Erlang 1917) in tandem (J. R. Jackson 1957), and the network.
"""

from __future__ import annotations

import pytest

from tests.classics.catalog import replications
from tests.theory.agreement import agree, figures

SHORT = (
    "faults[0]={kind: partition, name: cut off, target: 'zone:a', at: 5s, for: 14s}",
    "phases={unnoticed: {from: 5s, to: 9s}, two zones: {from: 11s, to: 17s}}",
    "run={duration: 19s, warmup: 1s, drain: 20s, seed: 7, record: summary}",
)
TOUCHED = {"spread": 1 - (2 / 3) ** 4, "own zone": 1 / 3}
THREE = {"spread": 0.0965799, "own zone": 0.0935799}
TWO = {"spread, checked": 0.1591397, "own zone, checked": 0.1568897}
"""Mean latencies in seconds: four sojourns at 55 % and 82.5 % load, and the delays of all hops."""


@pytest.mark.parametrize("variant", sorted(TOUCHED))
def test_unnoticed_it_hurts_whoever_meets_it(variant: str) -> None:
    (played,) = replications("zone-outage", *SHORT, variant=variant)
    assert played.figure("serve", "error_rate", "during:unnoticed") == pytest.approx(TOUCHED[variant], abs=0.045)
    assert played.figure("serve", "error_rate", "during:two zones") == pytest.approx(TOUCHED[variant], abs=0.037)


@pytest.mark.parametrize("variant", sorted(TWO))
def test_noticed_it_hurts_nobody_where_there_is_room(variant: str) -> None:
    (played,) = replications("zone-outage", *SHORT, variant=variant)
    assert played.figure("serve", "error_rate", "during:two zones") == 0
    assert played.figure("serve", "latency_mean", "during:two zones") > 1.2 * THREE[variant.partition(",")[0]]


def test_without_room_the_two_zones_that_are_well_fill_up() -> None:
    (played,) = replications("zone-outage", *SHORT, variant="own zone, no room")
    healthy, crowded = (played.figure("serve", "latency_mean", phase) for phase in ("healthy", "during:two zones"))
    assert crowded > 3 * healthy


@pytest.mark.stat
@pytest.mark.parametrize("variant", sorted(TOUCHED))
def test_as_written_the_lost_zone_is_met_as_often_as_theory_says(variant: str) -> None:
    played = replications("zone-outage", variant=variant, number=6)
    met = figures(played, "serve", "error_rate")
    assert all(0.1 < share < 0.5 for share in met)
    share = [one.figure("serve", "error_rate", "during:two zones") for one in played]
    assert agree(share, TOUCHED[variant], precision=0.02)
    calm = [one.figure("serve", "latency_mean", "after:cut off") for one in played]
    assert agree(calm, THREE[variant], precision=0.03)


@pytest.mark.stat
@pytest.mark.parametrize("variant", sorted(TWO))
def test_as_written_two_zones_carry_the_load_of_three(variant: str) -> None:
    played = replications("zone-outage", variant=variant, number=6)
    assert agree(
        [one.figure("serve", "latency_mean", "during:two zones") for one in played], TWO[variant], precision=0.08
    )
    assert all(one.figure("serve", "error_rate", "during:two zones") == 0 for one in played)


@pytest.mark.stat
def test_as_written_without_room_most_of_the_rest_fails_too() -> None:
    for one in replications("zone-outage", variant="own zone, no room", number=6):
        assert one.figure("serve", "error_rate", "during:two zones") > 0.6
        assert one.figure("serve", "error_rate", "after:cut off") > 0.5
