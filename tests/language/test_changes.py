"""Changes in the file: what may change, what is said of what may not, and what a run makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.language import ExperimentError, load
from experiments.language.schema import experiment_schema
from tests.support import play, scenario

SHOP = """
services:
  shop:
    workers: 8
    operations: {buy: {steps: [{call: bank.pay}]}}
  bank:
    workers: 8
    operations: {pay: {work: 100ms}}
policies:
  patient: {timeout: 10s}
  hasty: {timeout: 50ms}
calls: {"shop -> bank": patient}
workload:
  - {call: shop.buy, arrivals: {process: constant, rate: 1/s}}
run: {duration: 20s, replications: 1, window: 1s}
"""


def changes(*entries: str) -> str:
    return f"changes=[{', '.join(entries)}]"


def refused(folder: Path, *entries: str) -> str:
    with pytest.raises(ExperimentError) as caught:
        scenario(folder, SHOP, changes(*entries))
    return str(caught.value)


def test_a_change_lays_its_paths_over_the_file_as_it_stands_by_then(tmp_path: Path) -> None:
    first = "{name: b, at: 5s, set: {'calls.\"shop -> bank\".timeout': 1s}}"
    second = "{name: a, at: 9s, set: {'calls.\"shop -> bank\".retry': {max_retries: 2}}}"
    found = scenario(tmp_path, SHOP, changes(second, first))
    assert [(change.name, change.at) for change in found.changes] == [("b", 5), ("a", 9)]
    stacks = [[item.name for item in change.edges[edge].stack] for change in found.changes for edge in change.edges]
    assert ["timeout"] in stacks
    assert ["retry", "timeout"] in stacks
    (last,) = [p for e, p in found.changes[-1].edges.items() if e.caller == "shop"]
    assert last.stack[-1].spec.value == 1.0


def test_calls_begun_afterwards_have_the_new_policies(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, changes("{name: c, at: 10050ms, set: {'calls.\"shop -> bank\"': {extends: hasty}}}"))
    answers = [(row.arrived, row.outcome) for row in played.rows()]
    assert {outcome for arrived, outcome in answers if arrived <= 10} == {"ok"}
    assert {outcome for arrived, outcome in answers if arrived > 10.05} == {"server_error"}
    assert played.figure("buy", "error_rate", "after:c") == 1
    assert "during:c" not in played.phases()


@pytest.mark.parametrize(
    ("path", "value", "metric", "expected"),
    [
        ("services.bank.operations.pay.server_errors", "100%", "error_rate", 1.0),
        ("services.bank.operations.pay.client_errors", "100%", "client_error_rate", 1.0),
        ("defaults.network.latency", "50ms", "latency_mean", 0.3),
        ("network", "{client -> shop: {latency: 100ms}}", "latency_mean", 0.3),
        ("network", "{shop -> bank: {loss: 100%}}", "error_rate", 1.0),
        ('calls."client -> shop"', "{timeout: 10ms}", "timeout_rate", 1.0),
        ("services.bank.queue.capacity", "0", "error_rate", 0.0),
    ],
)
def test_what_is_set_holds_from_then_on(tmp_path: Path, path: str, value: str, metric: str, expected: float) -> None:
    played = play(tmp_path, SHOP, changes(f"{{name: c, at: 10500ms, set: {{'{path}': {value}}}}}"))
    assert played.figure("buy", metric, "after:c") == pytest.approx(expected)
    assert played.figure("buy", "latency_mean", "healthy") == pytest.approx(0.1)
    assert played.figure("buy", "availability", "healthy") == 1


def test_a_breaker_with_the_same_settings_is_kept(tmp_path: Path) -> None:
    """It has opened before the change and stays open: nothing is asked afterwards."""
    broken = ("services.bank.operations.pay.server_errors=100%", 'calls."shop -> bank".breaker={preset: strict}')
    patient = changes("{name: c, at: 10s, set: {'calls.\"shop -> bank\".timeout': 5s}}")
    long = 'calls."shop -> bank".breaker.open_for=1h'
    played = play(tmp_path, SHOP, *broken, long, patient)
    assert played.figure("call:shop->bank", "throughput", "after:c") == 0
    assert played.figure("call:shop->bank", "breaker_open_share", "after:c") == 1
    other = changes("{name: c, at: 10500ms, set: {'calls.\"shop -> bank\".breaker.open_for': 30m}}")
    played = play(tmp_path, SHOP, *broken, long, other)
    assert played.figure("call:shop->bank", "throughput", "after:c") > 0
    gone = changes("{name: c, at: 10s, set: {'calls.\"shop -> bank\".breaker': none}}")
    played = play(tmp_path, SHOP, *broken, long, gone)
    assert played.figure("call:shop->bank", "breaker_open_share", "after:c") == 0
    assert played.figure("call:shop->bank", "breaker_open_share", "healthy") > 0


def test_shares_of_a_route_change(tmp_path: Path) -> None:
    routed = (
        "routes={pay: {on: shop, prefix: /pay, split: {v1: {to: bank.pay, share: 1}, v2: {to: bank.pay, share: 0}}}}",
        "workload=[{name: buy, path: /pay, arrivals: {process: constant, rate: 1/s}}]",
    )
    shares = "{routes.pay.split.v1.share: 0%, routes.pay.split.v2.share: 100%}"
    played = play(tmp_path, SHOP, *routed, changes(f"{{name: c, at: 10500ms, set: {shares}}}"))
    assert played.figure("route:pay/v1", "throughput", "after:c") == 0
    assert played.figure("route:pay/v2", "throughput", "after:c") > 0.9
    assert played.figure("route:pay/v2", "throughput", "healthy") == 0


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{at: 5s, set: {services.bank.workers: 2}}", "services.bank.workers cannot change during a run; live are:"),
        ("{at: 5s, set: {services.bank: {workers: 2}}}", "services.bank.workers cannot change during a run"),
        ("{at: 5s, set: {run.duration: 2s}}", "run.duration cannot change"),
        ("{at: 5s, set: {services.bank.replicas: 0}}", "must be at least 1"),
        ("{at: 5s, set: {services.banc.replicas: 2}}", "did you mean 'bank'?"),
        ("{at: 5s, deploy: banc, one_at_a_time: 1s}", "did you mean 'bank'?"),
        ("{at: 5s, deploy: bank}", "one_at_a_time"),
        ("{at: 5s}", "one of set and deploy"),
        ("{at: 5s, set: {'calls.\"shop -> bank\".retry.max_retries': 2.5}}", "whole number"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, entry: str, words: str) -> None:
    assert words in refused(tmp_path, entry)


def test_two_changes_need_two_names(tmp_path: Path) -> None:
    said = refused(tmp_path, "{at: 5s, set: {services.bank.replicas: 2}}", "{at: 6s, set: {services.bank.replicas: 3}}")
    assert "is named 'change'" in said


def test_a_number_that_an_autoscaler_decides_is_not_set(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="its autoscale decides"):
        scenario(
            tmp_path,
            SHOP,
            "services.bank.autoscale={max: 4, metric: backlog, target: 3}",
            changes("{at: 5s, set: {services.bank.replicas: 2}}"),
        )


@pytest.mark.parametrize(
    ("start", "changed", "words"),
    [
        ("{a: 1, b: 1}", "services.bank.replicas: 3", "the zones a, b from the start: give a number for each"),
        ("{a: 1, b: 1}", "services.bank.replicas: {a: 1, c: 2}", "the zones a, b from the start"),
        ("{a: 1, b: 1}", "services.bank.replicas.c: 3", "the zones a, b from the start"),
        ("2", "services.bank.replicas: {a: 1, b: 2}", "is in no zone from the start"),
    ],
)
def test_replicas_do_not_move_to_zones_where_none_is_from_the_start(
    tmp_path: Path, start: str, changed: str, words: str
) -> None:
    with pytest.raises(ExperimentError, match=words) as caught:
        scenario(tmp_path, f"{SHOP}changes: [{{at: 5s, set: {{{changed}}}}}]", f"services.bank.replicas={start}")
    (said,) = caught.value.problems
    assert said.path == f'changes[0].set."{changed.partition(":")[0]}"'


@pytest.mark.parametrize(
    ("start", "changed"),
    [
        ("{a: 1, b: 1}", "{a: 3, b: 1}"),
        ("{a: 1, b: 1}", "{a: 3}"),
        ("{a: 1, b: 1}", "{a: 3, b: 0}"),
        ("{a: 1, b: 0}", "{a: 1, b: 2}"),
    ],
)
def test_replicas_in_zones_become_more_or_fewer(tmp_path: Path, start: str, changed: str) -> None:
    change = f"{{at: 5s, set: {{services.bank.replicas: {changed}}}}}"
    played = play(tmp_path, SHOP, f"services.bank.replicas={start}", changes(change))
    assert {row.outcome for row in played.rows()} == {"ok"}


@pytest.mark.parametrize(
    ("scale", "words"),
    [
        ("{max: 4, metric: backlog}", "'target' is missing"),
        ("{max: 4, metric: utilization, target: 70}", "write 70%"),
        ("{min: 5, max: 4, metric: backlog, target: 3}", "at least min"),
        ("{min: 2, max: 4, metric: backlog, target: 3}", ""),
    ],
)
def test_an_autoscaler_needs_what_makes_sense(tmp_path: Path, scale: str, words: str) -> None:
    if not words:
        assert scenario(tmp_path, SHOP, f"services.bank.autoscale={scale}").experiment.services["bank"].replicas == 2
        return
    with pytest.raises(ExperimentError) as caught:
        scenario(tmp_path, SHOP, f"services.bank.autoscale={scale}")
    assert words in str(caught.value)


def test_a_change_after_the_end_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "late.yaml"
    file.write_text(f"{SHOP}changes: [{{at: 25s, set: {{services.bank.replicas: 2}}}}]\n", encoding="utf-8")
    assert any("begins after" in str(entry) for entry in load(file).warnings)


def test_objectives_know_what_comes_after_a_change(tmp_path: Path) -> None:
    change = changes("{name: c, at: 5s, set: {services.bank.replicas: 2}}")
    scenario(tmp_path, SHOP, change, 'objectives={buy: {"after c": {error_rate: 1%}}}')
    with pytest.raises(ExperimentError, match="lasts no time"):
        scenario(tmp_path, SHOP, change, 'objectives={buy: {"during c": {error_rate: 1%}}}')


def test_the_schema_marks_what_is_live() -> None:
    schema = experiment_schema()
    assert schema["properties"]["calls"]["x-live"] is True
    assert schema["$defs"]["ServiceSpec"]["properties"]["replicas"]["x-live"] is True
    assert json.dumps(schema["$defs"]["ServiceSpec"]["properties"]["workers"]).count("x-live") == 0


def test_fragments_bring_changes_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(
        "changes: [{name: later, at: 9s, set: {services.bank.replicas: 2}}]\n", encoding="utf-8"
    )
    own = "changes: [{name: soon, at: 3s, set: {services.bank.replicas: 3}}]\ninclude: [part.yaml]\n"
    found = scenario(tmp_path, f"{SHOP}{own}")
    assert [change.name for change in found.changes] == ["soon", "later"]
    assert [change.experiment.services["bank"].replicas for change in found.changes] == [3, 2]
