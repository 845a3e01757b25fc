from __future__ import annotations

from pathlib import Path

import pytest

from simulator.spec.laws import ConstantLaw, ExponentialLaw
from simulator.spec.policies import BreakerSpec, DeadlineSpec, RetrySpec
from simulator.spec.steps import CallStep, WorkStep
from tests.language.building import SHOP, problems, read, scenario, stack

CALLS = """
policies:
  careful: {timeout: 1s, retry: {max_retries: 3, backoff: {kind: fixed, base: 1s}}}
calls:
  default: careful
"""


def work_of(folder: Path, *overrides: str) -> WorkStep:
    (step,) = scenario(folder, SHOP, *overrides).experiment.services["bank"].operations["charge"].steps
    assert isinstance(step, WorkStep)
    return step


def test_a_scalar_replaces(tmp_path: Path) -> None:
    assert scenario(tmp_path, SHOP, "services.bank.workers=9").experiment.services["bank"].workers == 9


def test_a_valid_key_that_was_not_written_is_created(tmp_path: Path) -> None:
    changed = scenario(tmp_path, SHOP, "services.bank.queue.capacity=7")
    assert changed.experiment.services["bank"].queue.capacity == 7


def test_a_shorthand_on_the_way_is_expanded_first(tmp_path: Path) -> None:
    step = work_of(tmp_path, "services.bank.operations.charge.work.value=7ms")
    assert step.work == ConstantLaw(value=0.007)


def test_a_mapping_of_another_kind_replaces_the_shorthand_whole(tmp_path: Path) -> None:
    step = work_of(tmp_path, "services.bank.operations.charge.work={dist: exponential, mean: 3ms}")
    assert step.work == ExponentialLaw(mean_=0.003)


def test_the_steps_of_an_operation_written_as_work_can_be_reached(tmp_path: Path) -> None:
    assert work_of(tmp_path, "services.bank.operations.charge.steps[0].effect=true").effect


def test_a_mapping_merges(tmp_path: Path) -> None:
    changed = scenario(tmp_path, SHOP, "services.bank={replicas: 5, queue: {discipline: lifo}}").experiment
    bank = changed.services["bank"]
    assert (bank.replicas, bank.workers, bank.queue.discipline) == (5, 4, "lifo")


def test_none_removes(tmp_path: Path) -> None:
    assert scenario(tmp_path, SHOP, "services.bank.replicas=none").experiment.services["bank"].replicas == 1


def test_none_removes_a_list_member(tmp_path: Path) -> None:
    changed = scenario(tmp_path, SHOP, "services.shop.operations.buy.steps[1]=none")
    kinds = [step.kind for step in changed.experiment.services["shop"].operations["buy"].steps]
    assert kinds == ["call", "work"]


@pytest.mark.parametrize("path", ["workload.buy.arrivals.rate", "workload[0].arrivals.rate"])
def test_list_members_are_reached_by_default_name_and_by_index(tmp_path: Path, path: str) -> None:
    (entry,) = scenario(tmp_path, SHOP, f"{path}=99/s").experiment.workload
    assert entry.arrivals.rate == 99  # type: ignore[union-attr]


def test_list_members_are_reached_by_a_written_name(tmp_path: Path) -> None:
    text = SHOP + "faults: [{name: fire, kind: crash, target: bank, at: 10s, for: 5s}]\n"
    (fault,) = scenario(tmp_path, text, "faults.fire.at=20s").experiment.faults
    assert fault.at == 20


def test_a_call_written_as_a_name_becomes_an_entry_that_extends_it(tmp_path: Path) -> None:
    changed = scenario(tmp_path, SHOP + CALLS, "calls.default.timeout=7s")
    items = {item.name: item.spec for item in stack(changed, "shop", "bank.charge")}
    assert items["timeout"] == ConstantLaw(value=7.0)
    assert isinstance(items["retry"], RetrySpec)


def test_overrides_apply_before_extends_is_resolved(tmp_path: Path) -> None:
    changed = scenario(tmp_path, SHOP + CALLS, "policies.careful.timeout=4s")
    assert stack(changed, "shop", "bank.charge")[-1].spec == ConstantLaw(value=4.0)


def test_overrides_apply_before_presets_are_resolved(tmp_path: Path) -> None:
    text = SHOP + "calls: {default: {breaker: {preset: document_v2, max_failures: 5}}}\n"
    changed = scenario(tmp_path, text, "calls.default.breaker.max_failures=9")
    breaker = stack(changed, "shop", "bank.charge")[0].spec
    assert isinstance(breaker, BreakerSpec)
    assert breaker.half_open.opens_after == 9


def test_none_on_an_edge_takes_the_inherited_policy_away(tmp_path: Path) -> None:
    changed = scenario(tmp_path, SHOP + CALLS, 'calls."shop -> bank".retry=none')
    assert [item.name for item in stack(changed, "shop", "bank.charge")] == ["timeout"]
    assert [item.name for item in stack(changed, "shop", "stock.take")] == ["retry", "timeout"]


def test_an_edge_is_found_however_its_arrow_is_spaced(tmp_path: Path) -> None:
    text = SHOP + 'calls: {"shop -> bank": {timeout: 1s}}\n'
    changed = scenario(tmp_path, text, 'calls."shop->bank".timeout=2s')
    assert stack(changed, "shop", "bank.charge")[0].spec == ConstantLaw(value=2.0)


def test_a_deadline_written_as_a_time_can_be_told_to_propagate(tmp_path: Path) -> None:
    changed = scenario(tmp_path, SHOP + "calls: {default: {deadline: 3s}}\n", "calls.default.deadline.propagate=true")
    assert stack(changed, "shop", "bank.charge")[0].spec == DeadlineSpec(total=3.0, propagate=True)


def test_an_undo_written_as_a_name_can_get_policies(tmp_path: Path) -> None:
    changed = scenario(tmp_path, SHOP, "services.shop.operations.buy.steps[0].undo.timeout=2s")
    step = changed.experiment.services["shop"].operations["buy"].steps[0]
    assert isinstance(step, CallStep)
    assert step.undo is not None
    assert changed.undo_policies("shop", step.undo).stack[0].spec == ConstantLaw(value=2.0)


def test_an_objective_written_as_a_bound_can_be_changed(tmp_path: Path) -> None:
    text = SHOP + "objectives: {buy: {latency_p99: 1s}}\n"
    (objective,) = read(tmp_path, text, "objectives.buy.latency_p99.at_most=2s").objectives
    assert objective.bound == 2.0


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("services.bank.workrs=3", "did you mean 'workers'"),
        ("services.bnak.workers=3", "did you mean 'bank'"),
        ("services.bank.workers.size=3", "single value 4"),
        ("workload[7].arrivals.rate=3/s", "has no [7]"),
        ("workload.bye.arrivals.rate=3/s", "did you mean 'buy'"),
        ("services[0].workers=3", "is a mapping"),
        ("services.bank.workers", "write PATH=VALUE"),
        ("services..workers=3", "is not a path"),
        ("services.bank.workers=[1", "is not YAML"),
        ("services.bank.workers=many", "whole number"),
        ("nothing.here=3", "unknown key"),
    ],
)
def test_what_cannot_be_overridden_is_refused(tmp_path: Path, override: str, words: str) -> None:
    (only,) = problems(tmp_path, SHOP, override)
    assert words in only


def test_a_mistake_in_a_variant_stands_at_the_variants_line(tmp_path: Path) -> None:
    text = SHOP + "variants:\n  small: {services.bank.workers: 1}\n  wrong: {services.bank.workers: 0}\n"
    (only,) = problems(tmp_path, text)
    assert only.startswith(f"{len(text.splitlines())}: variants.wrong.")


def test_a_variant_may_be_a_nested_mapping_with_a_description(tmp_path: Path) -> None:
    text = (
        SHOP
        + """
variants:
  big:
    description: twice the bank
    set:
      services: {bank: {replicas: 4}}
      workload: {buy: {arrivals: {rate: 20/s}}}
"""
    )
    document = read(tmp_path, text)
    (only,) = document.scenarios()
    assert document.descriptions == {"big": "twice the bank"}
    assert only.experiment.services["bank"].replicas == 4
    assert only.experiment.services["bank"].workers == 4
    assert only.experiment.workload[0].arrivals.rate == 20  # type: ignore[union-attr]


def test_variants_do_not_see_each_other(tmp_path: Path) -> None:
    text = SHOP + "variants:\n  b: {services.bank.workers: 9}\n  a: {}\n"
    document = read(tmp_path, text)
    workers = [scenario.experiment.services["bank"].workers for scenario in document.scenarios()]
    assert (document.variants, workers, document.baseline) == (("b", "a"), [9, 4], "a")


def test_the_command_line_changes_what_variants_build_on(tmp_path: Path) -> None:
    text = SHOP + "variants:\n  a: {}\n  b: {services.bank.workers: 9}\n"
    document = read(tmp_path, text, "services.bank.workers=2")
    assert [scenario.experiment.services["bank"].workers for scenario in document.scenarios()] == [2, 9]


def test_none_removes_a_whole_table_and_a_whole_service(tmp_path: Path) -> None:
    assert stack(scenario(tmp_path, SHOP + CALLS, "calls=none", "policies=none"), "shop", "bank.charge") == ()
    heir = SHOP.replace("workload:", "  twin: {extends: bank}\nworkload:")
    assert "twin" in scenario(tmp_path, heir).experiment.services
    assert "twin" not in scenario(tmp_path, heir, "services.twin=none").experiment.services
