"""Fallback: a value, another operation, the last good answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from simulator.policies.cache import Memory
from simulator.policies.call import Policy
from simulator.policies.fallback import default_value, last_good, other_operation
from simulator.spec.base import FROM_FILE
from simulator.spec.policies import FallbackSpec
from tests.language.building import problems
from tests.policies.desk import Desk
from tests.support import Played, play


@pytest.fixture
def desk() -> Desk:
    return Desk()


def spec(**settings: Any) -> FallbackSpec:
    return FallbackSpec.model_validate(settings, context=FROM_FILE)


def remembering(desk: Desk, **settings: Any) -> Policy:
    memory = Memory()
    return last_good(spec(cache=settings), lambda _: memory, lambda _: "get", desk.environment)


# -- what is written --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({}, "says nothing to fall back to"),
        ({"value": False}, "True"),
        ({"value": True, "call": "a.b"}, "not value and call"),
        ({"call": "a.b", "cache": {}}, "not call and cache"),
        ({"call": "nobody"}, "pattern"),
        ({"value": True, "on": ["ok"]}, "server_error"),
    ],
)
def test_a_fallback_is_one_thing(written: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(**written)


# -- a value ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["server_error", "timeout", "unreachable", "rejected breaker_open"])
def test_a_value_stands_in_for_any_failure_but_the_callers_own(desk: Desk, outcome: str) -> None:
    assert desk.answer([default_value(spec(value=True))], desk.server((outcome, 1.0))) == (1.0, "ok")


@pytest.mark.parametrize("outcome", ["ok", "client_error", "cancelled"])
def test_what_is_no_failure_passes(desk: Desk, outcome: str) -> None:
    assert desk.answer([default_value(spec(value=True))], desk.server((outcome, 1.0))) == (1.0, outcome)


def test_only_the_outcomes_listed_fall_back(desk: Desk) -> None:
    policy = default_value(spec(value=True, on=["timeout"]))
    assert desk.answer([policy], desk.server(("server_error", 1.0))) == (1.0, "server_error")


def test_it_waits_for_the_retries_inside(desk: Desk) -> None:
    stack = [default_value(spec(value=True)), desk.retry(max_retries=2)]
    assert desk.answer(stack, desk.server(("server_error", 1.0))) == (3.0, "ok")


def test_a_caller_that_gives_up_gets_no_value(desk: Desk) -> None:
    desk.ask("a", [default_value(spec(value=True))], desk.server(("ok", 5.0)))
    desk.give_up("a", at=1.0)
    desk.run()
    assert desk.answers == {}


# -- another operation ------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["ok", "client_error", "timeout", "rejected queue_full"])
def test_the_other_calls_reply_is_the_reply(desk: Desk, outcome: str) -> None:
    other = desk.server((outcome, 2.0))
    policy = other_operation(spec(call="spare.get"), other, desk.environment)
    assert desk.answer([policy], desk.server(("server_error", 1.0))) == (3.0, outcome)


def test_the_other_operation_is_left_alone_while_the_first_answers(desk: Desk) -> None:
    policy = other_operation(spec(call="spare.get"), desk.server(("server_error", 2.0)), desk.environment)
    assert desk.answer([policy], desk.server(("client_error", 1.0))) == (1.0, "client_error")
    assert desk.lines == ["0: begin", "1: client_error"]


def test_the_deadline_of_the_first_does_not_bind_the_other(desk: Desk) -> None:
    seen = []
    spare = desk.server(("ok", 3.0))

    def other(request: Any) -> Any:
        seen.append(request.deadline)
        return spare(request)

    stack = [other_operation(spec(call="spare.get"), other, desk.environment), desk.deadline(2.0, propagate=True)]
    assert desk.answer(stack, desk.server(("ok", 9.0))) == (5.0, "ok")
    assert seen == [float("inf")]


# -- the last good answer ---------------------------------------------------------------------------------


def test_the_last_good_answer_stands_in_until_it_is_too_old(desk: Desk) -> None:
    policy = remembering(desk, max_age="10s")
    server = desk.server(("ok", 1.0), ("timeout", 1.0))
    for name, at in (("good", 0.0), ("stale", 10.0), ("too old", 10.5)):
        desk.ask(name, [policy], server, at=at)
    desk.run()
    assert desk.answers == {"good": (1.0, "ok"), "stale": (11.0, "ok"), "too old": (11.5, "timeout")}


def test_without_a_good_answer_the_failure_stays(desk: Desk) -> None:
    assert desk.answer([remembering(desk)], desk.server(("timeout", 1.0))) == (1.0, "timeout")


def test_without_a_limit_it_may_be_however_old(desk: Desk) -> None:
    policy, server = remembering(desk), desk.server(("ok", 1.0), ("timeout", 1.0))
    desk.ask("good", [policy], server)
    desk.ask("stale", [policy], server, at=900.0)
    desk.run()
    assert desk.answers["stale"] == (901.0, "ok")


def test_a_stale_answer_does_not_become_younger_by_being_used(desk: Desk) -> None:
    policy, server = remembering(desk, max_age="10s"), desk.server(("ok", 1.0), ("timeout", 1.0))
    for name, at in (("good", 0.0), ("stale", 8.0), ("too old", 16.0)):
        desk.ask(name, [policy], server, at=at)
    desk.run()
    assert [desk.answers[name][1] for name in ("good", "stale", "too old")] == ["ok", "ok", "timeout"]


# -- whole models -----------------------------------------------------------------------------------------

SHOP = """
    services:
      shop: {workers: 9, operations: {buy: {steps: [{call: bank.charge, undo: bank.refund}]}}}
      bank: {workers: 9, operations: {charge: {work: %s, effect: true}, refund: {work: 1ms}}}
      spare: {workers: 9, operations: {charge: {work: 1s, effect: %s}}}
    calls:
      "shop -> bank.charge": {fallback: %s, timeout: 2s}
      "shop -> spare": {timeout: 5s}
    workload: [{call: shop.buy, arrivals: {process: renewal, law: 100s}}]
    run: {duration: 199s, replications: 1}
    """
DOWN = "\n    faults: [{kind: crash, target: bank, at: 0s, for: 150s}]\n"


def shop(folder: Path, fallback: str, *, work: str = "10ms", effect: str = "true", more: str = "") -> Played:
    return play(folder, SHOP % (work, effect, fallback) + more)


def test_a_value_is_a_false_ok_where_an_effect_was_expected(tmp_path: Path) -> None:
    played = shop(tmp_path, "{value: true}", more=DOWN)
    assert (played.row().outcome, played.row().state) == ("ok", "undone")
    assert played.figure("buy", "false_ok") == 1.0


def test_the_effect_of_the_other_operation_stands_for_that_of_the_first(tmp_path: Path) -> None:
    row = shop(tmp_path, "{call: spare.charge}", more=DOWN).row()
    assert (row.outcome, row.state, row.duplicates, row.calls, row.latency) == ("ok", "done", 0, 3, 1.0)


def test_without_an_effect_the_other_operation_is_a_false_ok(tmp_path: Path) -> None:
    row = shop(tmp_path, "{call: spare.charge}", effect="false", more=DOWN).row()
    assert (row.outcome, row.state) == ("ok", "undone")


def test_charging_elsewhere_after_a_timeout_charges_twice(tmp_path: Path) -> None:
    row = shop(tmp_path, "{call: spare.charge}", work="4s").row()
    assert (row.outcome, row.state, row.duplicates, row.latency) == ("ok", "done", 1, 3.0)


def test_fallbacks_of_fallbacks_are_followed(tmp_path: Path) -> None:
    more = '"shop -> spare": {fallback: {value: true}, timeout: 500ms}'
    text = (SHOP % ("10ms", "true", "{call: spare.charge}")).replace('"shop -> spare": {timeout: 5s}', more)
    row = play(tmp_path, text + DOWN).row()
    assert (row.outcome, row.latency, row.timeouts) == ("ok", 0.5, 1)


def test_effects_behind_a_fallback_are_counted_where_the_first_has_none(tmp_path: Path) -> None:
    text = (SHOP % ("10ms", "true", "{call: spare.charge}")).replace(
        "charge: {work: 10ms, effect: true}", "charge: {work: 10ms}"
    )
    text = text.replace("undo: bank.refund", "times: 2")
    row = play(tmp_path, text + DOWN).row()
    assert (row.outcome, row.duplicates) == ("ok", 0)


def test_an_undo_may_have_a_fallback_of_its_own(tmp_path: Path) -> None:
    text = """
        services:
          shop:
            workers: 9
            operations:
              buy:
                style: saga
                steps:
                  - {call: bank.charge, undo: {call: bank.refund, timeout: 1s, fallback: {call: spare.refund}}}
                  - {call: bank.fails}
          bank:
            workers: 9
            operations:
              charge: {work: 1s, effect: true}
              refund: {work: 9s}
              fails: {work: 1s, server_errors: 100%}
          spare: {workers: 9, operations: {refund: {work: 1s}}}
        workload: [{call: shop.buy, arrivals: {process: renewal, law: 100s}}]
        run: {duration: 199s, replications: 1}
        """
    row = play(tmp_path, text).row()
    assert (row.outcome, row.state, row.stuck, row.latency, row.completion) == ("server_error", "undone", 0, 4.0, 4.0)


# -- the language -----------------------------------------------------------------------------------------

CALLS = """
    services:
      shop: {workers: 9, operations: {buy: {steps: [{call: bank.charge}]}}}
      bank: {workers: 9, operations: {charge: {work: 1ms}}}
      spare: {workers: 9, operations: {charge: {work: 1ms}, other: {work: 1ms}, again: {steps: [{call: shop.buy}]}}}
    workload: [{call: shop.buy, arrivals: {process: poisson, rate: 1/s}}]
    run: {duration: 10s}
    calls: {%s}
    """


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ('"shop -> bank": {fallback: {call: spare.charges}}', "spare has no operation 'charges'"),
        ('"shop -> bank": {stack: [{fallback: {call: spares.charge}}]}', "there is no service 'spares'"),
        ('"shop -> bank": {fallback: {call: bank.charge}}', "shop -> bank.charge falls back to itself: write"),
        (
            '"shop -> bank": {fallback: {call: spare.charge}}, "shop -> spare": {fallback: {call: bank.charge}}',
            "falls back to itself by way of spare.charge",
        ),
        ('"shop -> bank": {fallback: {call: spare.again}}', "with this fallback calls go round without end"),
    ],
)
def test_a_fallback_that_leads_nowhere_or_round_is_refused(tmp_path: Path, calls: str, message: str) -> None:
    found = problems(tmp_path, CALLS % calls)
    assert found
    assert all(message in text or "falls back to itself" in text for text in found)
    assert any(message in text for text in found)


@pytest.mark.parametrize(
    "calls",
    [
        '"shop -> bank": {fallback: {call: spare.charge}}, "shop -> spare.charge": {fallback: {call: spare.other}}',
        'default: {fallback: {call: spare.other}}, "* -> spare.other": {fallback: none}, '
        '"spare -> *": {fallback: none}',
    ],
)
def test_chains_and_defaults_are_accepted(tmp_path: Path, calls: str) -> None:
    assert problems(tmp_path, CALLS % calls) == []
