"""A warm-up that is found, and replications that follow from a precision: read, checked, refused where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.spec.stopping import HalfWidth
from tests.language.building import SHOP, problems, read

MAIL = SHOP.replace(
    "workload:\n", "workload:\n  - {name: mail, call: bank.charge, arrivals: {process: poisson, rate: 1/s}}\n"
)


def test_auto_is_no_number_until_it_was_found(tmp_path: Path) -> None:
    run = read(tmp_path, SHOP, "run.warmup=auto").run
    assert run.warmup == "auto"
    with pytest.raises(ValueError, match="pilot"):
        assert run.measured_from


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("faults=[{kind: crash, target: bank, at: 5s, for: 5s}]", "the fault 'crash' strikes at a set time"),
        ("changes=[{at: 5s, set: {defaults.network.latency: 3ms}}]", "the change 'change' comes at a set time"),
        ("workload.buy.arrivals={process: stages, stages: [{rate: 1/s, for: 9s}]}", "'buy' (stages) follow"),
        ("workload.buy.arrivals={process: spike, rate: 1/s, peak: 2/s, at: 5s, for: 1s}", "'buy' (spike) follow"),
        ("workload.buy.arrivals={process: diurnal, low: 1/s, high: 2/s}", "'buy' (diurnal) follow"),
    ],
)
def test_a_warmup_cannot_be_found_where_things_happen_at_set_times(tmp_path: Path, change: str, words: str) -> None:
    (only,) = problems(tmp_path, SHOP, change, "run.warmup=auto")
    assert words in only
    assert "write a duration" in only
    assert problems(tmp_path, SHOP, change) == []


def test_a_fault_at_random_does_not_keep_a_warmup_from_being_found(tmp_path: Path) -> None:
    assert problems(tmp_path, SHOP, "faults=[{kind: crash, target: bank, mtbf: 9s, mttr: 1s}]", "run.warmup=auto") == []


def test_a_variant_with_a_timed_fault_is_named(tmp_path: Path) -> None:
    variants = "variants={calm: {}, rough: {faults: [{kind: crash, target: bank, at: 5s, for: 5s}]}}"
    (only,) = problems(tmp_path, SHOP, variants, "run.warmup=auto")
    assert "strikes at a set time" in only
    assert "(in variant rough)" in only


@pytest.mark.parametrize(
    ("metric", "written", "half_width"),
    [
        ("latency_p99", "2ms", HalfWidth(value=0.002)),
        ("latency_p99", "2%", HalfWidth(value=0.02, relative=True)),
        ("error_rate", "0.5%", HalfWidth(value=0.005)),
        ("throughput", "3/s", HalfWidth(value=3.0)),
        ("throughput", "1%", HalfWidth(value=0.01, relative=True)),
        ("calls_per_request", "0.5", HalfWidth(value=0.5)),
        ("retries", "10%", HalfWidth(value=0.1, relative=True)),
    ],
)
def test_a_half_width_is_in_the_unit_of_its_metric(
    tmp_path: Path, metric: str, written: str, half_width: HalfWidth
) -> None:
    rule = read(tmp_path, SHOP, f"run.replications={{until: {{metric: {metric}, half_width: {written}}}}}").run.stopping
    assert rule is not None
    assert rule.until.half_width == half_width
    assert rule.max == 200


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("metric: latency_p99, half_width: 2", "2 has no unit"),
        ("metric: latency_p99, half_width: 0s", "must be above 0"),
        ("metric: latency_p98, half_width: 2ms", "unknown metric; did you mean 'latency_p99'?"),
        ("metric: latency_p99", "'half_width' is missing"),
        ("metric: latency_p99, half_width: 2ms, operation: sell", "there is no workload 'sell'"),
        ("metric: utilization, half_width: 1%, operation: 'service:shp'", "did you mean 'shop'?"),
        ("metric: latency_p99, half_width: 2ms, phase: after lunch", "there is no phase 'lunch'"),
        ("metric: latency_p99, half_width: 2ms, phase: noon", "must be all, healthy, during NAME or after NAME"),
    ],
)
def test_a_precision_that_cannot_be_aimed_at_is_refused(tmp_path: Path, until: str, words: str) -> None:
    (only,) = problems(tmp_path, SHOP, f"run.replications={{until: {{{until}}}}}")
    assert words in only


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("metric: good", "good needs an objective of buy"),
        ("metric: recovered", "write phase: after NAME"),
        ("metric: recovery_time, phase: after lunch", "recovery_time needs an objective of buy on throughput"),
        ("metric: queue_length", "no queue_length of a workload; write operation: service:NAME or pool:NAME"),
        ("metric: breaker_opens", "no breaker_opens of a workload; write operation: call:a->b"),
        ("metric: hit_ratio", "no hit_ratio of a workload; write operation: service:NAME or cache:NAME"),
        ("metric: latency_sd", "no latency_sd of a workload; write operation: route:NAME"),
        ("metric: latency_p99, operation: 'service:bank'", "no latency_p99 of a service; there are: throughput"),
        ("metric: breaker_opens, operation: 'call:shop->bank'", "no call from shop to bank has a breaker"),
        ("metric: error_rate, operation: 'call:bank->shop'", "bank never calls shop; there are: call:client->shop"),
        ("metric: hit_ratio, operation: 'service:bank'", "service bank has no cache"),
        ("metric: cpu_utilization, operation: 'service:bank'", "service bank has no cores"),
        ("metric: throughput, phase: during dip", "'dip' is a change of one moment"),
    ],
)
def test_a_precision_of_what_is_never_measured_is_refused(tmp_path: Path, until: str, words: str) -> None:
    half_width = "0.1/s" if "throughput" in until else "1%"
    phase = "phases={lunch: {from: 10s, to: 20s}}"
    change = "changes=[{name: dip, at: 30s, set: {defaults.network.latency: 3ms}}]"
    rule = f"run.replications={{until: {{{until}, half_width: {half_width}}}}}"
    (only,) = problems(tmp_path, SHOP, phase, change, rule)
    assert words in only


def test_what_is_never_measured_is_refused_where_it_is_written(tmp_path: Path) -> None:
    rule = "replications: {until: {metric: backlog, half_width: 1}}"
    text = SHOP.replace("run: {duration: 1m}", f"run:\n  duration: 1m\n  {rule}\n")
    (only,) = problems(tmp_path, text)
    line = text.splitlines().index(f"  {rule}") + 1
    assert only.startswith(f"{line}: run.replications.until.metric: there is no backlog of a workload")


@pytest.mark.parametrize(
    "until",
    [
        "metric: good, operation: buy, half_width: 1%",
        "metric: recovered, phase: after lunch, half_width: 1%",
        "metric: queue_length, operation: 'service:bank', half_width: 1",
        "metric: breaker_opens, operation: 'call:shop -> bank', half_width: 1",
    ],
)
def test_a_precision_of_what_one_variant_measures_or_an_objective_asks_for_is_taken(tmp_path: Path, until: str) -> None:
    more = (
        "phases={lunch: {from: 10s, to: 20s}}",
        "objectives={buy: {error_rate: 1%, good: {within: 1s, at_least: 90%}}}",
        "variants={bare: {}, guarded: {'calls.\"shop -> bank\".breaker': {preset: resilience4j}}}",
    )
    assert problems(tmp_path, SHOP, *more, f"run.replications={{until: {{{until}}}}}") == []


def test_with_several_workloads_the_precision_says_whose_it_is(tmp_path: Path) -> None:
    rule = "run.replications={until: {metric: throughput, half_width: 1%}}"
    (only,) = problems(tmp_path, MAIL, rule)
    assert "'operation' is missing: there are mail, buy" in only
    assert problems(tmp_path, MAIL, rule, "run.replications.until.operation=mail") == []


def test_fewer_replications_than_the_first_round_are_no_rule(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, SHOP, "run.replications={until: {metric: throughput, half_width: 1%}, max: 9}")
    assert "must be at least 10" in only


def test_variants_with_different_rules_could_not_be_compared(tmp_path: Path) -> None:
    rule = "run.replications={until: {metric: throughput, half_width: 1%}}"
    (only,) = problems(tmp_path, SHOP, rule, "variants={a: {run.replications: 5}, b: {}}")
    assert "all variants need the same rule" in only


def test_a_number_takes_the_place_of_a_rule(tmp_path: Path) -> None:
    rule = "run.replications={until: {metric: throughput, half_width: 1%}}"
    assert read(tmp_path, SHOP, rule, "run.replications=4").run.replications == 4


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "run.warmup=autoo",
            "'autoo' is not a duration: write one like 50us, 250ms, 1.5s, 2m, 1h, 7d or 1m30s, or auto",
        ),
        ("run.warmup=[1]", "must be a duration like 10s, or auto"),
        (
            "run.replications=auto",
            "must be a whole number, or a rule like {until: {metric: latency_p99, half_width: 5%}}",
        ),
    ],
)
def test_what_else_would_be_right_is_said(tmp_path: Path, setting: str, message: str) -> None:
    (only,) = problems(tmp_path, SHOP, setting)
    assert message in only
