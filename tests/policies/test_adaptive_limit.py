"""Adaptive limits: the rules one sample after the other, the limiter, and the policy round a call."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from simulator.outcomes import OUTCOMES
from simulator.policies.adapting import RULES, adapting, limiter
from simulator.policies.adaptive_limit import Limiter, Rule
from simulator.policies.call import Policy
from simulator.spec.policies import AdaptiveLimitSpec, LimitSpec
from tests.policies.desk import Desk


def rule(kind: str, luck: float = 0.0, **settings: Any) -> Rule:
    return RULES[kind](LimitSpec.model_validate({"kind": kind, **settings}), lambda: luck)


def fed(made: Rule, *samples: tuple[float, int] | tuple[float, int, bool]) -> list[int]:
    """The limit after each sample (response time, in flight[, dropped]); they come a second apart."""
    return [made.sample(rtt, inflight, bool(rest), float(now)) for now, (rtt, inflight, *rest) in enumerate(samples)]


# -- aimd -------------------------------------------------------------------------------------------------


def test_aimd_keeps_within_its_bounds() -> None:
    made = rule("aimd", initial=10, min=9, max=11)
    assert fed(made, (0.1, 10), (0.1, 10), (0.1, 10, True), (0.1, 10, True), (0.1, 10, True)) == [11, 11, 9, 9, 9]


@pytest.mark.parametrize(("rtt", "limit"), [(5.0, 21), (5.0 + 1e-9, 20), (5.0 + 1e-12, 21)])
def test_aimd_takes_a_response_slower_than_its_timeout_for_a_drop(rtt: float, limit: int) -> None:
    assert fed(rule("aimd"), (rtt, 20)) == [limit]


@pytest.mark.parametrize(("inflight", "limit"), [(9, 20), (10, 21)])
def test_aimd_grows_only_when_half_of_the_limit_was_in_use(inflight: int, limit: int) -> None:
    assert fed(rule("aimd"), (0.1, inflight)) == [limit]


# -- vegas ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rtt", "limit"),
    [
        (0.1000, 112),  # no queue: + beta
        (0.1019, 112),  # ⌈1.9⌉ = 2 is the threshold at 100: + beta
        (0.1050, 102),  # 5 is below alpha: + log10
        (0.1060, 100),  # 6 lies between alpha and beta
        (0.1130, 100),  # 12
        (0.1150, 98),  # 14 is above beta: - log10
    ],
)
def test_vegas_goes_by_the_queue_that_it_estimates(rtt: float, limit: int) -> None:
    assert fed(rule("vegas", initial=100, alpha=6, beta=12), (0.1, 100), (rtt, 100)) == [100, limit]


def test_vegas_has_bounds_that_grow_with_the_limit() -> None:
    assert fed(rule("vegas", initial=100), (0.1, 100), (0.1, 100)) == [100, 112]
    assert fed(rule("vegas", initial=20), (0.1, 20), (0.1, 20)) == [20, 26]


def test_vegas_smooths_what_it_wants() -> None:
    assert fed(rule("vegas", smoothing=0.5), (0.1, 20), (0.1, 20), (0.1, 20, True)) == [20, 23, 22]


def test_equal_times_are_equal_to_vegas_though_they_are_differences_of_floats() -> None:
    made = rule("vegas")
    assert [made.sample((start + 0.1) - start, 20, False, start) for start in (0.0, 1e3, 0.3)] == [20, 26, 32]


def test_vegas_measures_the_least_time_anew_after_so_many_samples() -> None:
    made = rule("vegas", probe_multiplier=1)  # with a luck of 0 after half the limit
    limits = fed(made, (0.01, 20), *[(0.1, 20)] * 8)
    assert limits == [20, 19, 18, 17, 16, 15, 14, 14, 20], "from the eighth on a tenth of a second is the least time"


# -- gradient2 --------------------------------------------------------------------------------------------


def test_gradient2_grows_by_a_share_of_the_queue_it_allows_while_times_are_steady() -> None:
    limits = fed(rule("gradient2", initial=20, smoothing=0.5), (0.1, 20), (0.1, 20), (0.1, 20))
    assert limits == [22, 24, 26]


def test_gradient2_shrinks_when_times_are_longer_than_their_average_by_at_most_half_of_its_weight() -> None:
    made = rule("gradient2", initial=100, smoothing=1.0)
    fed(made, *[(0.1, 1)] * 10)
    assert fed(made, (10.0, 100)) == [54]


def test_gradient2_stands_still_while_less_than_half_of_the_limit_is_in_use() -> None:
    assert fed(rule("gradient2"), (0.1, 9), (0.1, 10)) == [20, 20]
    assert fed(rule("gradient2", smoothing=1.0), (0.1, 9), (0.1, 10)) == [20, 24]


def test_gradient2_averages_the_first_ten_plainly_and_forgets_a_long_overload_faster() -> None:
    slow = rule("gradient2", initial=100, smoothing=1.0, queue_size=1)
    fed(slow, *[(1.0, 1)] * 5, *[(3.0, 1)] * 5)  # mean 2
    assert fed(slow, (4.0, 100)) == [1 + int(100 * (2.0 + 2.0 * 2 / 601) / 4.0)]
    quick = rule("gradient2", initial=100, smoothing=1.0, queue_size=1, long_window=10**9)
    fed(quick, *[(1.0, 1)] * 10, (0.4, 1))  # 1 is more than twice 0.4: 0.9 from now on
    assert fed(quick, (1.19, 100)) == [1 + int(100 * 0.9 / 1.19)]


# -- envoy ------------------------------------------------------------------------------------------------


def envoy(**settings: Any) -> Rule:
    given = {"min_rtt_requests": 5, "update_interval": 0.1, "min_rtt_interval": 60.0, "jitter": 0.0, **settings}
    return rule("envoy", **given)


def measured(made: Rule, rtt: float = 0.01) -> Rule:
    """The rule after its first measurement, which ends at 0.5 s."""
    for number in range(1, 6):
        assert made.sample(rtt, 1, False, number / 10) == 3
    return made


def test_envoy_allows_its_minimum_until_the_least_time_is_known_and_updates_at_intervals() -> None:
    made = measured(envoy())
    made.sample(0.01, 1, False, 0.55)
    assert [made.limit(time) for time in (0.55, 0.59, 0.61)] == [3, 3, 5]  # 3 * 1.25 + its root = 5.7
    made.sample(0.02, 5, False, 0.65)
    assert made.limit(0.71) == 4  # 5 * 0.625 + its root = 4.9
    made.sample(0.15, 5, False, 0.75)
    assert made.limit(0.81) == 3  # 4 * 0.5 + its root = 3.4


def test_envoy_at_most_doubles_before_the_headroom() -> None:
    made = measured(envoy(), rtt=0.05)
    made.sample(0.001, 3, False, 0.55)
    assert made.limit(0.61) == 8  # 6 + its root


def test_envoy_without_samples_leaves_the_limit_alone() -> None:
    made = measured(envoy())
    assert made.limit(30.0) == 3
    made.sample(0.01, 1, False, 30.05)
    assert made.limit(30.11) == 5


def test_envoy_goes_by_the_percentile_of_an_interval() -> None:
    for percentile, limit in ((0.5, 5), (1.0, 3)):
        made = measured(envoy(percentile=percentile))
        for rtt in (0.01, 0.01, 0.09):
            made.sample(rtt, 3, False, 0.55)
        assert made.limit(0.61) == limit


def test_envoy_measures_anew_after_its_interval_and_returns_to_where_it_was() -> None:
    made = measured(envoy(min_rtt_interval=1.0, jitter=0.5))  # the luck is 0: no longer than the interval
    made.sample(0.01, 3, False, 0.55)
    assert [made.limit(1.49), made.limit(1.5)] == [5, 3]
    made.sample(0.2, 3, False, 1.6)  # sent before the measurement: counts for nothing
    for number in range(4):
        assert made.sample(0.02, 3, False, 1.7 + number / 10) == 3
    assert made.sample(0.02, 3, False, 2.1) == 5


def test_envoy_lengthens_the_interval_by_its_jitter() -> None:
    made = RULES["envoy"](LimitSpec(kind="envoy", min_rtt_requests=5, min_rtt_interval=10.0, jitter=0.5), lambda: 0.5)
    measured(made)
    made.sample(0.01, 3, False, 0.55)
    assert [made.limit(time) for time in (12.9, 13.1)] == [5, 3]


def test_envoy_doubts_the_least_time_after_five_updates_at_the_minimum() -> None:
    made = measured(envoy())
    for number in range(5):
        assert made.sample(0.5, 3, False, 1.05 + number / 10) == 3
    made.limit(1.61)  # a measurement began at 1.6: what was seen before it counts no more
    for number in range(5):
        made.sample(0.05, 3, False, 1.7 + number / 100)
    made.sample(0.05, 3, False, 1.75)
    assert made.limit(1.85) == 5, "the least time is 0.05 now"


# -- the limiter ------------------------------------------------------------------------------------------


def small(**settings: Any) -> Limiter:
    return limiter(LimitSpec.model_validate({"kind": "aimd", "initial": 2, "min": 1, **settings}), lambda: 0.0)


def test_a_limiter_admits_up_to_the_limit_and_again_when_a_place_is_free() -> None:
    made = small()
    first, second = made.admit(0.0), made.admit(0.0)
    assert first is not None
    assert second is not None
    assert (first.inflight, second.inflight, made.admit(0.0)) == (1, 2, None)
    made.release(first)
    assert (made.inflight, made.limit(0.0)) == (1, 2)
    assert made.admit(1.0) is not None


def test_a_result_moves_the_limit_by_what_was_in_flight_when_it_began() -> None:
    made = small(initial=4)
    permits = [made.admit(0.0) for _ in range(2)]
    assert permits[0] is not None
    assert permits[1] is not None
    made.record(permits[0], False, 1.0)
    assert made.limit(1.0) == 4  # one was in flight
    made.record(permits[1], False, 1.0)
    assert made.limit(1.0) == 5


def test_a_limiter_that_was_reset_knows_nothing_of_older_permits() -> None:
    made = small()
    old = made.admit(0.0)
    assert old is not None
    made.record(old, True, 1.0)
    old = made.admit(1.0)
    assert old is not None
    assert (made.limit(1.0), made.inflight) == (1, 1)
    made.reset(2.0)
    assert (made.limit(2.0), made.inflight) == (2, 0)
    made.record(old, True, 3.0)
    made.release(old)
    assert (made.limit(3.0), made.inflight) == (2, 0)


# -- round a call -----------------------------------------------------------------------------------------


@pytest.fixture
def desk() -> Desk:
    return Desk()


def limiting(desk: Desk, **settings: Any) -> tuple[Limiter, Policy]:
    spec = AdaptiveLimitSpec.model_validate({"kind": "aimd", "initial": 2, "min": 1, **settings})
    made = limiter(spec, lambda: 0.0)
    drops = frozenset(OUTCOMES[name] for name in spec.drops)
    return made, adapting(desk.environment, lambda _: made, drops, "edge")


def test_beyond_the_limit_a_call_is_refused_without_being_sent(desk: Desk) -> None:
    _, policy = limiting(desk)
    for name in "abc":
        desk.ask(name, [policy], desk.server(("ok", 1.0)))
    desk.run()
    assert desk.answers == {"c": (0.0, "rejected throttled"), "a": (1.0, "ok"), "b": (1.0, "ok")}
    assert desk.requests["c"].root.mishaps.rejected == 1
    assert desk.lines.count("0: begin") == 2


@pytest.mark.parametrize(
    ("outcome", "limit"),
    [
        ("ok", 11),
        ("client_error", 11),
        ("server_error", 10),
        ("cancelled", 10),
        ("timeout", 9),
        ("unreachable", 9),
        ("rejected queue_full", 9),
    ],
)
def test_what_an_outcome_says_of_the_load(desk: Desk, outcome: str, limit: int) -> None:
    made, policy = limiting(desk, initial=10)
    for number in range(5):
        desk.ask(f"{number}", [policy], desk.server((outcome if number == 4 else "cancelled", 1.0)))
    desk.run()
    assert (made.limit(1.0), made.inflight) == (limit, 0)


def test_which_outcomes_are_drops_can_be_said(desk: Desk) -> None:
    made, policy = limiting(desk, initial=10, drops=["server_error"])
    desk.ask("a", [policy], desk.server(("server_error", 1.0)))
    desk.ask("b", [policy], desk.server(("timeout", 1.0)))
    desk.run()
    assert made.limit(1.0) == 9


def test_a_call_that_is_given_up_gives_its_place_back_and_is_no_sample(desk: Desk) -> None:
    made, policy = limiting(desk, initial=1)
    desk.ask("a", [desk.deadline(2.0), policy], desk.server(("ok", 9.0)))
    desk.ask("b", [policy], desk.server(("ok", 1.0)), at=3.0)
    desk.run(2.5)
    assert (made.inflight, made.limit(2.5)) == (0, 1)
    desk.run()
    assert desk.answers == {"a": (2.0, "timeout"), "b": (4.0, "ok")}


# -- what may be written ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ({}, "kind"),
        ({"kind": "aimd", "alpha": 3}, "alpha: not for an adaptive limit of kind aimd"),
        ({"kind": "envoy", "initial": 5}, "initial: not for an adaptive limit of kind envoy"),
        ({"kind": "gradient2", "initial": 5}, "min 20, initial 5, max 200"),
        ({"kind": "vegas", "max": 10}, "initial must lie between"),
        ({"kind": "envoy", "min": 30, "max": 10}, "must lie between"),
        ({"kind": "vegas", "alpha": 9, "beta": 3}, "alpha must not be above beta"),
        ({"kind": "aimd", "backoff_ratio": 1.0}, "less than 1"),
    ],
)
def test_what_makes_no_sense_is_refused(written: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        LimitSpec.model_validate(written)
