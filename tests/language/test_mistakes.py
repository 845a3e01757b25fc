"""Mistakes are told all at once, with what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from experiments.language import ExperimentError
from experiments.language.validation import tags_of
from simulator.spec.arrivals import AnyArrivals, AnyBatch
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.faults import AnyFault
from simulator.spec.keys import AnyKeys
from simulator.spec.laws import AnyLaw
from simulator.spec.messaging.brokers import AnyBroker
from simulator.spec.policies import AnyBudget
from simulator.spec.shedding import AnyShed
from simulator.spec.steps import STEP_KINDS
from tests.language.building import SHOP, problems, read

WRONG = """
services:
  shop:
    workrs: 2
    operations:
      buy:
        steps:
          - {call: stok.take}
          - {work: 5}
  stock: {workers: 4, operations: {take: {work: 2ms, server_errors: 150%}}}
workload:
  - {call: shop.by, arrivals: {process: poison, rate: 10/s}}
faults: [{kind: crash, target: bank, at: 1s, for: 2}]
objectives: {buy: {latency: 1s}}
variants: {a: {services.stock.worker: 3}}
sweep: {b: [1]}
run: {duration: 1m, warmup: never}
"""


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    found = problems(tmp_path, WRONG)
    lines = [int(entry.split(":")[0]) for entry in found]
    assert sorted(set(lines)) == [4, 8, 9, 10, 12, 13, 14, 15, 16, 17]
    assert lines == sorted(lines)


def test_a_problem_reads_as_one_sentence_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError) as caught:
        read(tmp_path, SHOP.replace("{work: 5ms}", "{work: 5}"))
    (only,) = caught.value.problems
    assert str(only) == (
        f"{tmp_path}/shop.yaml:10:20: services.shop.operations.buy.steps[2].work: 5 has no unit: write 5ms or 5s"
    )


def test_a_mistake_of_one_variant_names_it(tmp_path: Path) -> None:
    text = SHOP + "topics: {t: {broker: b, subscribers: []}}\nbrokers: {b: {preset: durable_queue}}\n"
    found = problems(tmp_path, text + "variants:\n  good: {}\n  bad: {brokers.b: none}\n")
    assert len(found) == 1
    assert found[0].endswith("there is no broker 'b' (in variant bad)")


def test_names_that_are_reserved_or_hold_signs_of_paths_are_refused(tmp_path: Path) -> None:
    text = SHOP + 'policies: {none: {timeout: 1s}, "a[0]": {timeout: 1s}, "a -> b": {timeout: 1s}}\n'
    assert [entry.split(": ", 2)[2] for entry in problems(tmp_path, text)] == [
        "the name 'none' is reserved",
        "a name must not hold '['",
        "a name must not hold '->'",
    ]


def test_topics_may_hold_dots(tmp_path: Path) -> None:
    text = SHOP + "brokers: {b: {preset: durable_queue}}\ntopics: {a.b.c: {broker: b}}\n"
    assert problems(tmp_path, text) == []


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "con:x"])
def test_an_experiments_name_must_fit_a_folder(tmp_path: Path, name: str) -> None:
    (only,) = problems(tmp_path, f"name: '{name}'\n" + SHOP)
    assert "folder of results" in only


def test_a_name_is_the_files_own_where_none_is_written(tmp_path: Path) -> None:
    assert read(tmp_path, SHOP).name == "shop"


def test_keys_beginning_with_x_are_left_alone(tmp_path: Path) -> None:
    assert problems(tmp_path, SHOP + "x-notes: {anything: [1, two]}\n") == []


def test_an_unknown_version_of_the_language_is_refused(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, SHOP + "callsim: 2\n")
    assert "must be one of 1" in only


@pytest.mark.parametrize("mesh", ["envoy", "istio"])
def test_a_breaker_of_a_mesh_is_pointed_to_the_policies_that_it_is(tmp_path: Path, mesh: str) -> None:
    (only,) = problems(tmp_path, SHOP + f"calls: {{default: {{breaker: {{preset: {mesh}}}}}}}\n")
    assert f"write outlier: {{preset: {mesh}}}" in only


@pytest.mark.parametrize(
    ("budget", "path", "words"),
    [
        ("kind: aws, costs: 3", "costs", "unknown key; did you mean 'cost'?"),
        ("kind: grpc, max_tokens: 0", "max_tokens", "must be"),
        ("kind: envoy, minimum: x", "minimum", "must be a whole number"),
        ("kind: finagle, ttl: 3", "ttl", "3 has no unit"),
        ("kind: none, scope: edge", "scope", "unknown key"),
    ],
)
def test_a_mistake_in_a_retry_budget_has_its_key_and_line(tmp_path: Path, budget: str, path: str, words: str) -> None:
    lines = ["calls:", "  default:", "    retry:", "      max_retries: 3", "      budget:"]
    keys = [f"        {entry}" for entry in budget.split(", ")]
    (only,) = problems(tmp_path, SHOP + "\n".join([*lines, *keys]) + "\n")
    line = len(SHOP.splitlines()) + len(lines) + len(keys)
    assert only.startswith(f"{line}: calls.default.retry.budget.{path}: ")
    assert words in only


@pytest.mark.parametrize(
    ("shed", "path", "words"),
    [
        ("kind: queue_length, max_length: 3s", "max_length", "must be a whole number"),
        ("kind: codel, targt: 5ms", "targt", "unknown key; did you mean 'target'?"),
        ("kind: wait, max_wait: 3", "max_wait", "3 has no unit"),
    ],
)
def test_a_mistake_in_a_services_shedding_has_its_key(tmp_path: Path, shed: str, path: str, words: str) -> None:
    (only,) = problems(tmp_path, SHOP.replace("  bank:\n", f"  bank:\n    shed: {{{shed}}}\n"))
    assert f": services.bank.shed.{path}: " in only
    assert words in only


def test_the_tags_of_all_unions_are_known() -> None:
    expected = {*(f"{kind} step" for kind in STEP_KINDS), "work law", "work parts"}
    for union in (AnyLaw, AnyArrivals, AnyBatch, AnyFault, AnyBudget, AnyShed, AnyKeys, AnyBroker):
        for model in get_args(union):
            key = next(name for name in ("dist", "process", "kind", "preset") if name in model.model_fields)
            expected.add(model.model_fields[key].default)
    assert tags_of(ExperimentSpec) == expected | {"none", "a number", "a rule", "by zone"}
