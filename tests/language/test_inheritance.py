"""Services that extend others: what is laid over what, and where a mistake is said to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.spec.laws import ConstantLaw, ErlangLaw, ExponentialLaw
from simulator.spec.services import ServiceSpec
from simulator.spec.state_steps import ReadStep
from simulator.spec.steps import CallStep, WorkStep
from tests.language.building import problems, read, scenario

FIRST = """
services:
  v1:
    replicas: 3
    workers: 8
    queue: {discipline: lifo, capacity: 20}
    balancing: random
    operations:
      place:
        work: {dist: exponential, mean: 20ms}
        server_errors: 1%
      get: {steps: [{work: 1ms}, {call: stock.take}]}
"""
REST = """
  stock: {workers: 4, operations: {take: {work: 2ms}}}
workload:
  - {call: v1.place, arrivals: {process: poisson, rate: 10/s}}
run: {duration: 1m}
"""


def heir(folder: Path, written: str, *overrides: str) -> ServiceSpec:
    """The service v2, written as `written`."""
    return scenario(folder, f"{FIRST}  v2: {written}{REST}", *overrides).experiment.services["v2"]


def work(spec: ServiceSpec, operation: str = "place") -> object:
    """The law of an operation's first step."""
    step = spec.operations[operation].steps[0]
    assert isinstance(step, WorkStep)
    return step.work


def test_everything_is_taken_over(tmp_path: Path) -> None:
    both = scenario(tmp_path, f"{FIRST}  v2: {{extends: v1}}{REST}").experiment.services
    assert both["v2"].model_copy(update={"extends": None}) == both["v1"]


def test_scalars_replace_and_mappings_merge(tmp_path: Path) -> None:
    v2 = heir(tmp_path, "{extends: v1, workers: 2, queue: {capacity: 5}, operations: {place: {server_errors: 4%}}}")
    assert (v2.replicas, v2.workers, v2.queue.discipline, v2.queue.capacity) == (3, 2, "lifo", 5)
    assert v2.operations["place"].server_errors.share == 0.04
    assert work(v2) == ExponentialLaw(mean_=0.02)
    assert isinstance(v2.operations["get"].steps[1], CallStep)


def test_a_law_merges_unless_it_becomes_another_one(tmp_path: Path) -> None:
    slower = heir(tmp_path, "{extends: v1, operations: {place: {work: {mean: 30ms}}}}")
    assert work(slower) == ExponentialLaw(mean_=0.03)
    other = heir(tmp_path, "{extends: v1, operations: {place: {work: {dist: erlang, mean: 5ms, k: 4}}}}")
    assert work(other) == ErlangLaw(mean_=0.005, k=4)
    assert work(heir(tmp_path, "{extends: v1, operations: {place: {work: 7ms}}}")) == ConstantLaw(value=0.007)


def test_steps_take_the_place_of_work_and_work_that_of_steps(tmp_path: Path) -> None:
    v2 = heir(tmp_path, "{extends: v1, operations: {place: {steps: [{work: 1ms}]}, get: {work: 9ms}}}")
    assert (len(v2.operations["place"].steps), work(v2)) == (1, ConstantLaw(value=0.001))
    assert (len(v2.operations["get"].steps), work(v2, "get")) == (1, ConstantLaw(value=0.009))


def test_none_removes_what_is_inherited(tmp_path: Path) -> None:
    v2 = heir(tmp_path, "{extends: v1, queue: none, operations: {get: none, place: {server_errors: none}}}")
    assert (v2.queue.discipline, v2.queue.capacity, sorted(v2.operations)) == ("fifo", None, ["place"])
    assert v2.operations["place"].server_errors.share == 0


@pytest.mark.parametrize("order", ["v2, v3", "v3, v2"])
def test_chains_are_followed_to_their_end(tmp_path: Path, order: str) -> None:
    entries = {
        "v2": "  v2: {extends: v1, workers: 2, queue: none}\n",
        "v3": "  v3: {extends: v2, replicas: 1, queue: {capacity: 7}}\n",
    }
    text = FIRST + "".join(entries[name] for name in order.split(", ")) + REST
    v3 = scenario(tmp_path, text).experiment.services["v3"]
    assert (v3.replicas, v3.workers, v3.queue.discipline, v3.queue.capacity) == (1, 2, "fifo", 7)


def test_overrides_come_first(tmp_path: Path) -> None:
    both = scenario(tmp_path, f"{FIRST}  v2: {{extends: v1}}{REST}", "services.v1.workers=5").experiment.services
    assert (both["v1"].workers, both["v2"].workers) == (5, 5)


@pytest.mark.parametrize(
    "override",
    ["services.v2.queue=none", "services.v2={queue: none}", "services={v2: {queue: none}}"],
)
def test_an_override_takes_away_what_is_inherited(tmp_path: Path, override: str) -> None:
    assert heir(tmp_path, "{extends: v1}", override).queue.discipline == "fifo"


def test_an_override_reaches_into_what_is_inherited(tmp_path: Path) -> None:
    v2 = heir(tmp_path, "{extends: v1}", "services.v2.operations.place.work.mean=9ms")
    assert work(v2) == ExponentialLaw(mean_=0.009)


def test_an_override_that_misses_an_inherited_name_is_told_the_nearest(tmp_path: Path) -> None:
    text = f"{FIRST}  v2: {{extends: v1}}{REST}"
    (found,) = problems(tmp_path, text, "services.v2.operations.plcae.work.mean=9ms")
    assert found.endswith("has no 'plcae'; did you mean 'place'?")


def test_a_service_can_be_told_to_extend_by_an_override_and_not_to(tmp_path: Path) -> None:
    own = "{workers: 1, operations: {place: {work: 1ms}}}"
    assert heir(tmp_path, own, "services.v2={extends: v1, queue: none}").replicas == 3
    whole = "{extends: v1, queue: none, workers: 1, operations: {place: {work: 1ms}}}"
    freed = heir(tmp_path, whole, "services.v2.extends=none")
    assert (freed.replicas, freed.extends, freed.queue.discipline) == (1, None, "fifo")


def test_an_inherited_mistake_is_said_once_at_its_line(tmp_path: Path) -> None:
    text = (FIRST + "  v2: {extends: v1}\n  v3: {extends: v2}\n" + REST).replace("workers: 8", "workers: 0")
    assert problems(tmp_path, text) == ["5: services.v1.workers: must be at least 1"]
    wrong = (FIRST + "  v2: {extends: v1}" + REST).replace("{work: 1ms}", "{read: row}")
    assert problems(tmp_path, wrong) == [
        "12: services.v1.operations.get.steps[0].read: v1 has no row 'row' in its state"
    ]


def test_a_mistake_that_only_the_heir_makes_names_it(tmp_path: Path) -> None:
    text = FIRST.replace("workers: 8", "workers: 8\n    state: {row: {}}").replace("{work: 1ms}", "{read: row}")
    assert isinstance(scenario(tmp_path, text + REST).experiment.services["v1"].operations["get"].steps[0], ReadStep)
    (found,) = problems(tmp_path, f"{text}  v2: {{extends: v1, state: none}}{REST}")
    assert found == "13: services.v1.operations.get.steps[0].read: v2 has no row 'row' in its state"


def test_rings_are_refused_once_at_their_line(tmp_path: Path) -> None:
    ring = "  b: {extends: c}\n  c: {extends: a}\n  a: {extends: b}\n  d: {extends: a}\n  e: {extends: e}"
    assert problems(tmp_path, FIRST + ring + REST) == [
        "15: services.a.extends: extends itself: a -> b -> c -> a",
        "17: services.e.extends: extends itself: e -> e",
    ]


def test_an_unknown_name_is_told_the_nearest(tmp_path: Path) -> None:
    assert problems(tmp_path, f"{FIRST}  v2: {{extends: stok}}\n  v3: {{extends: v2}}{REST}") == [
        "13: services.v2.extends: there is no service 'stok'; did you mean 'stock'?"
    ]


@pytest.mark.parametrize("written", ["3", "[v1]", "{a: b}"])
def test_only_a_name_can_be_extended(tmp_path: Path, written: str) -> None:
    (found,) = problems(tmp_path, f"{FIRST}  v2: {{extends: {written}}}{REST}")
    assert found.startswith("13: services.v2.extends: must be text")


def test_the_longest_chain_ends(tmp_path: Path) -> None:
    links = "".join(f"  w{number:04}: {{extends: w{number - 1:04}}}\n" for number in range(1, 1200))
    text = f"{FIRST}  w0000: {{extends: v1, workers: 3}}\n{links}{REST[1:]}"
    assert scenario(tmp_path, text).experiment.services["w1199"].workers == 3


def test_the_resolved_service_is_shown_with_the_line_of_every_key(tmp_path: Path) -> None:
    text = f"{FIRST}  v2:\n    extends: v1\n    workers: 2\n    operations: {{place: {{work: {{mean: 30ms}}}}}}{REST}"
    shown = read(tmp_path, text).resolved.splitlines()
    found = {line.split("#")[0].strip(): line.rpartition(":")[2] for line in shown if "#" in line and line[0] == " "}
    assert "services.v2 (extends v1)" in shown
    assert found["replicas: 3"] == "4"
    assert found["workers: 2"] == "15"
    assert found["operations.place.work.dist: exponential"] == "10"
    assert found["operations.place.work.mean: 30ms"] == "16"
    assert found["operations.get.steps[1].call: stock.take"] == "12"
