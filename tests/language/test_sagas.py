"""What a file may say of sagas, and what it is told where that makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.building import SHOP, problems, scenario

BUY = "services.shop.operations.buy"


def style_of(folder: Path, written: str) -> object:
    return scenario(folder, SHOP, f"{BUY}.style={written}").experiment.services["shop"].operations["buy"].style


@pytest.mark.parametrize(
    "style",
    [
        "{kind: saga, undo_failed_step: unknown, on_undo_failure: retry, undo_retry: {max_retries: 3}, timeout: 1s}",
        "{kind: hybrid, undo_order: parallel, on_undo_failure: retry, undo_retry: {attempts: 2}}",
        "{kind: saga, durable: true, resume_after: 1s}",
        "{kind: choreography, undo_failed_step: always, on_undo_failure: stop, timeout: 5s}",
        "{kind: choreography, undo_order: parallel}",
    ],
)
def test_these_styles_are_accepted(tmp_path: Path, style: str) -> None:
    assert problems(tmp_path, SHOP, f"{BUY}.style={style}") == []


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("{kind: sync, timeout: 1s}", "'timeout' is only for the styles saga, hybrid, choreography, not sync"),
        ("{kind: queue, undo_failed_step: always}", "'undo_failed_step' is only for the styles"),
        ("{kind: choreography, durable: true}", "'durable': a choreography has no orchestrator"),
        ("{kind: choreography, resume_after: 1s}", "'resume_after': a choreography has no orchestrator"),
        (
            "{kind: choreography, forward_retry: {max_retries: 1}}",
            "'forward_retry': a choreography has no orchestrator",
        ),
        ("{kind: choreography, on_undo_failure: retry}", "in a choreography the broker repeats an undo"),
        ("{kind: saga, undo_retry: {max_retries: 1}}", "'undo_retry' is only for on_undo_failure: retry"),
        ("{kind: saga, resume_after: 1s}", "'resume_after' is only for durable: true"),
        ("{kind: hybrid, durable: false, resume_after: 1s}", "'resume_after' is only for durable: true"),
        ("{kind: saga, undo_order: parallel, on_undo_failure: stop}", "cannot stop at the first failure"),
        ("{kind: saga, forward_retry: {backoff: {kind: fixed, base: 0s}}}", "unlimited retries need a backoff"),
        ("{kind: saga, forward_retry: {max_retries: 1, attempts: 2}}", "max_retries or attempts, not both"),
        ("{kind: saga, undo_order: forwards}", "must be one of reverse, parallel"),
        ("{kind: saga, undo_ordr: reverse}", "did you mean 'undo_order'?"),
    ],
)
def test_a_key_that_a_style_does_not_have_is_refused_by_name(tmp_path: Path, style: str, said: str) -> None:
    (only,) = problems(tmp_path, SHOP, f"{BUY}.style={style}", f"{BUY}.steps[1].pivot=true")
    assert said in only


@pytest.mark.parametrize("kind", ["saga", "hybrid"])
def test_what_is_past_a_pivot_cannot_be_tried_again_where_there_is_none(tmp_path: Path, kind: str) -> None:
    (only,) = problems(tmp_path, SHOP, f"{BUY}.style={{kind: {kind}, forward_retry: {{max_retries: 1}}}}")
    assert "'forward_retry' is only for sagas with a pivot: write 'pivot: true'" in only


def test_every_key_that_makes_no_sense_is_named_at_its_own_place(tmp_path: Path) -> None:
    written = ("style:", "  kind: choreography", "  durable: true", "  timeout: 1s", "  resume_after: 1s", "steps:")
    text = SHOP.replace("        steps:", "\n".join(f"        {line}" for line in written), 1)
    lines = text.splitlines()
    found = problems(tmp_path, text)
    assert len(found) == 2
    for key in ("durable", "resume_after"):
        (one,) = [line for line in found if f"{BUY}.style.{key}" in line]
        (place,) = [number for number, line in enumerate(lines, 1) if line.strip().startswith(f"{key}:")]
        assert one.startswith(f"{place}: ")


def test_by_default_a_retry_waits_as_temporals_activities_do(tmp_path: Path) -> None:
    style = style_of(tmp_path, "{kind: saga, on_undo_failure: retry}")
    for spec in (style.undo_retry, style.forward_retry):  # type: ignore[attr-defined]
        backoff = spec.backoff
        assert (backoff.kind, backoff.base, backoff.multiplier, backoff.max) == ("exponential", 1.0, 2.0, 100.0)
        assert spec.retries == float("inf")


def test_what_is_past_a_pivot_may_be_tried_again(tmp_path: Path) -> None:
    style = "{kind: saga, forward_retry: {max_retries: 5, backoff: {kind: fixed, base: 0s, jitter: full}}}"
    assert problems(tmp_path, SHOP, f"{BUY}.style={style}", f"{BUY}.steps[1].pivot=true") == []


@pytest.mark.parametrize("style", ["sync", "queue", "saga", "choreography", "hybrid"])
def test_a_pivot_is_accepted_in_every_style(tmp_path: Path, style: str) -> None:
    assert problems(tmp_path, SHOP, f"{BUY}.style={style}", f"{BUY}.steps[1].pivot=true") == []


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("[{call: bank.charge, pivot: true}, {call: stock.take, pivot: true}]", "a saga has one pivot"),
        ("[{call: bank.charge, pivot: true, critical: false}]", "cannot be 'critical: false'"),
        ("[{parallel: {steps: [{call: bank.charge, pivot: true}]}}]", "not one inside another step"),
        ("[{choose: [{share: 1, steps: [{call: bank.charge, pivot: true}]}]}]", "not one inside another step"),
        ("[{work: 1ms, pivot: true}]", "unknown key"),
        ("[{call: bank.charge, pivot: yes}]", "must be true or false"),
    ],
)
def test_a_pivot_that_makes_no_sense_is_refused(tmp_path: Path, steps: str, said: str) -> None:
    (only,) = problems(tmp_path, SHOP, f"{BUY}.steps={steps}")
    assert said in only


def test_what_follows_a_failure_has_no_pivot(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, SHOP, f"{BUY}.on_failure=[{{call: bank.charge, pivot: true}}]")
    assert "not to what follows its failure" in only
