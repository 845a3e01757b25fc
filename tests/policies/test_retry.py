"""The retry policy round a call."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.kernel.random import Streams
from simulator.spec.policies import RetrySpec
from tests.kernel.making import make_root
from tests.policies.desk import Desk

LINEAR = {"kind": "linear", "base": 1.0}
EXERCISE = {"kind": "exponential", "base": 1.0, "jitter": {"kind": "additive", "max": 0.1}}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_fails_twice_then_answers(desk: Desk) -> None:
    server = desk.server(("server_error", 0.5), ("timeout", 0.5), ("ok", 0.5))
    assert desk.answer([desk.retry(max_retries=3, backoff=LINEAR)], server) == (0.5 + 1 + 0.5 + 2 + 0.5, "ok")
    assert desk.lines == ["0: begin", "0.5: server_error", "1.5: begin", "2: timeout", "4: begin", "4.5: ok"]
    request = desk.requests["a"]
    assert (request.attempt, request.root.mishaps.retries) == (2, 2)


@pytest.mark.parametrize(
    ("settings", "attempts"),
    [({"max_retries": 3}, 4), ({"attempts": 4}, 4), ({"max_retries": 0}, 1), ({"attempts": 1}, 1)],
)
def test_stops_after_its_last_attempt_with_the_last_reply(desk: Desk, settings: dict[str, int], attempts: int) -> None:
    assert desk.answer([desk.retry(**settings)], desk.server(("unreachable", 1.0))) == (attempts, "unreachable")
    assert desk.lines.count("0: begin") == 1
    assert sum(line.endswith("begin") for line in desk.lines) == attempts
    assert desk.requests["a"].root.mishaps.retries == attempts - 1


@pytest.mark.parametrize("outcome", ["ok", "client_error", "rejected breaker_open", "rejected queue_full", "cancelled"])
def test_what_is_not_retried_by_default(desk: Desk, outcome: str) -> None:
    assert desk.answer([desk.retry(max_retries=3)], desk.server((outcome, 1.0))) == (1, outcome)


@pytest.mark.parametrize("outcome", ["client_error", "rejected"])
def test_retries_what_the_file_lists_and_nothing_else(desk: Desk, outcome: str) -> None:
    policy = desk.retry(max_retries=3, retry_on=[outcome])
    assert desk.answer([policy], desk.server((outcome, 1.0), ("server_error", 1.0))) == (2, "server_error")


def test_a_breaker_that_opens_between_attempts_ends_the_loop(desk: Desk) -> None:
    breaker, guarded = desk.breaker(max_failures=2, open_for=100.0)
    answer = desk.answer([desk.retry(max_retries=5, backoff=LINEAR), guarded], desk.server(("server_error", 1.0)))
    assert answer == (1 + 1 + 1 + 2, "rejected breaker_open")
    assert [line for line in desk.lines if "begin" in line] == ["0: begin", "2: begin"]
    assert (breaker.opens, desk.requests["a"].root.mishaps.rejected) == (1, 1)


def test_a_caller_that_gives_up_ends_its_wait_and_never_asks_again(desk: Desk) -> None:
    desk.ask("a", [desk.retry(max_retries=3, backoff=LINEAR)], desk.server(("server_error", 0.5)))
    desk.give_up("a", at=1.0)
    desk.run()
    assert desk.lines == ["0: begin", "0.5: server_error"]
    assert desk.answers == {}
    assert desk.requests["a"].root.mishaps.retries == 0


def test_a_deadline_ends_the_wait_for_the_next_attempt(desk: Desk) -> None:
    policies = [desk.deadline(2.0), desk.retry(max_retries=3, backoff=LINEAR)]
    assert desk.answer(policies, desk.server(("server_error", 0.75))) == (2.0, "timeout")
    assert desk.lines == ["0: begin", "0.75: server_error", "1.75: begin", "2: closed"]


def test_a_retry_outside_a_deadline_gives_each_attempt_its_own(desk: Desk) -> None:
    policies = [desk.retry(max_retries=1), desk.deadline(2.0)]
    assert desk.answer(policies, desk.server(("ok", 3.0))) == (4.0, "timeout")
    assert desk.lines == ["0: begin", "2: closed", "2: begin", "4: closed"]


def test_jitter_is_drawn_anew_for_each_retry_and_by_request(desk: Desk) -> None:
    def waits(**backoff: Any) -> list[float]:
        settings = RetrySpec.model_validate({"max_retries": 3, "backoff": backoff})
        assert settings.backoff is not None
        again = Desk()
        end, _ = again.answer([again.retry(max_retries=3, backoff=backoff)], again.server(("timeout", 0.0)))
        streams = Streams(1, 0)
        streams.lane("buy")
        source, root = streams.source("backoff"), make_root(0)
        lucks = [source.draw(root) for _ in range(3)]
        return [end, *lucks]

    end, *lucks = waits(**EXERCISE)
    assert end == pytest.approx(1 + 2 + 4 + 0.1 * sum(lucks), rel=1e-12)
    assert len(set(lucks)) == 3
