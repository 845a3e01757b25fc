"""Outlier ejection against what Envoy 1.40 did on a loopback interface (policy_vectors.json, cases od-*)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.outcomes import Outcome
from tests.policies.proxy import Proxy, always_failing

CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in json.loads(Path(__file__).with_name("policy_vectors.json").read_text(encoding="utf-8"))["vectors"]
    if case["id"].startswith("od-")
}
KEYS = {
    "consecutive_5xx": "consecutive_failures",
    "interval_s": "interval",
    "base_ejection_s": "base_ejection_time",
    "max_ejection_s": "max_ejection_time",
    "update_merge_window_s": "update_merge_window",
    "always_eject_one_host": "always_eject_one",
}
ALL_MAY_GO = {"max_ejected": 1.0}
"""For the cases that are about times: they say nothing of the cap, and an ejection did happen."""
BAD = 1
RATE = 500.0
"""Requests per second of the recorded traffic, as the file says."""
BEGIN = 0.04
"""When the traffic begins (s), between two sweeps as in the recording, whose first outage it gives."""


def proxy(case: str, **more: Any) -> Proxy:
    """A proxy with the settings of a case."""
    params = dict(CASES[case]["params"])
    settings = {KEYS[key]: value for key, value in params.items() if key in KEYS}
    if "max_ejection_percent" in params:
        settings["max_ejected"] = params["max_ejection_percent"] / 100
    return Proxy(params.get("hosts", 5), success_rate="off", **settings, **more)


def expected(case: str, name: str) -> Any:
    """What a case says of one figure."""
    (found,) = [entry[1] for entry in CASES[case]["expect"] if entry[0] == name]
    return found


def recorded(case: str, name: str) -> Any:
    """The same, to be met within the case's tolerance."""
    return pytest.approx(expected(case, name), rel=CASES[case]["tolerance"])


def test_every_recorded_case_is_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [case for case in CASES if source.count(f'"{case}"') == 0] == []


@pytest.mark.parametrize("case", ["od-envoy-default-10pct-5-hosts", "od-envoy-20pct-5-hosts", "od-envoy-always-one"])
def test_the_cap_decides_whether_the_third_failure_in_a_row_ejects(case: str) -> None:
    made = proxy(case)
    for _ in range(200):
        made.ask(always_failing(BAD))
    assert made.detector.total == expected(case, "ejected")
    assert len(made.failed) == expected(case, "errors_seen")


def test_the_cap_refused_thirteen_ejections_of_forty_failures() -> None:
    made = proxy("od-envoy-default-10pct-5-hosts")
    for _ in range(200):
        made.ask(always_failing(BAD))
    assert made.detector.overflow == 13


def test_the_kth_outage_lasts_k_times_the_base_up_to_the_maximum_and_the_next_sweep() -> None:
    case = "od-envoy-ejection-time"
    made = proxy(case, **ALL_MAY_GO)
    made.traffic(always_failing(BAD), begin=BEGIN, end=20.0, rate=RATE)
    seen = made.outages(BAD)
    assert seen[: len(expected(case, "outages_s"))] == recorded(case, "outages_s")


def test_each_healthy_sweep_takes_one_off_the_next_ejection() -> None:
    case = "od-envoy-multiplier-decay"
    made = proxy(case, **ALL_MAY_GO)

    def answer(host: int, time: float) -> Outcome:
        fails = host == BAD and not 6.0 <= time < 6.94
        return Outcome.SERVER_ERROR if fails else Outcome.OK

    made.traffic(answer, begin=BEGIN, end=8.5, rate=RATE)
    *outages, break_, next_outage = made.outages(BAD)
    assert [*outages, break_ - 0.94] == recorded(case, "outages_s")
    assert next_outage == recorded(case, "next_outage_s")


def test_a_success_in_between_begins_the_count_anew() -> None:
    made = proxy("od-envoy-consecutive-reset", **ALL_MAY_GO)
    for _ in range(20):
        for outcome in (Outcome.SERVER_ERROR, Outcome.SERVER_ERROR, Outcome.OK):
            made.tell(BAD, outcome)
    assert made.detector.total + made.detector.overflow == expected("od-envoy-consecutive-reset", "detected")


MERGE = "od-envoy-merge-window"
REACHED = 330.0
"""Requests per second that the recorded client can have reached where its file says about 500.

The number of errors is in proportion to the rate, and the recording does not say it more exactly. A client that waits
2 ms between an answer and the next request (500/s if answers took no time) comes to 330/s with answers that take 1 ms.
"""


def errors_served(rate: float, **more: Any) -> int:
    made = proxy(MERGE, **ALL_MAY_GO, **more)
    made.traffic(always_failing(BAD), begin=BEGIN, end=20.0, rate=rate)
    return len(made.failed)


def test_a_merge_window_keeps_a_host_in_that_fails_again_soon_after_its_return() -> None:
    assert errors_served(REACHED) == recorded(MERGE, "errors_served")


@pytest.mark.parametrize("rate", [REACHED, RATE])
def test_without_a_merge_window_each_ejection_costs_three_errors_at_any_rate(rate: float) -> None:
    (without,) = [int(entry[2].split()[1]) for entry in CASES[MERGE]["expect"]]
    params = dict(CASES[MERGE]["params"], update_merge_window_s=0)
    made = Proxy(5, success_rate="off", **ALL_MAY_GO, **{KEYS[key]: value for key, value in params.items()})
    made.traffic(always_failing(BAD), begin=BEGIN, end=20.0, rate=rate)
    assert len(made.failed) == without == 21


def test_with_a_merge_window_each_ejection_but_the_first_is_one_window_late() -> None:
    made = proxy(MERGE, **ALL_MAY_GO)
    made.traffic(always_failing(BAD), begin=BEGIN, end=15.0, rate=RATE)
    outs = [time for time, host, out in made.changes if out]
    times = [time for time, _ in made.failed]
    served = [sum(out < time <= out + 1.0 for time in times) for out in outs]
    assert served == [0] + [pytest.approx(RATE / 5, abs=1)] * (len(outs) - 1)
    late = [time for time in times if not any(out - 0.1 < time <= out + 1.0 for out in outs)]
    assert late == []
