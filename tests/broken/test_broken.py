"""Experiment files with one mistake each: the right line, the right words, nothing else, and quickly."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.language import ExperimentError, load

FILES = Path(__file__).parent / "files"

EXPECTED: dict[str, tuple[int, str]] = {
    "bare_duration": (5, "5 has no unit: write 5ms or 5s"),
    "bare_rate": (7, "10 has no unit: write 10/s or 10/min"),
    "unknown_unit": (5, "is not a duration"),
    "negative_time": (5, "must not be negative"),
    "not_a_number": (5, "finite number"),
    "infinity": (7, "finite number"),
    "huge_number": (3, "too large"),
    "share_over_one": (5, "at most 100%"),
    "negative_share": (5, "must not be negative"),
    "unknown_key": (4, "did you mean 'workers'?"),
    "unknown_table": (9, "did you mean 'faults'?"),
    "unknown_law": (5, "did you mean 'exponential'?"),
    "law_without_parameter": (5, "'cv' is missing"),
    "lognormal_of_three": (5, "median and p99, or mean and cv"),
    "uniform_upside_down": (5, "low must not be above high"),
    "unknown_service": (7, "did you mean 'shop'?"),
    "unknown_operation": (7, "did you mean 'take'?"),
    "call_without_operation": (7, "service.operation"),
    "unknown_topic": (7, "there is no topic 'sold'"),
    "unknown_broker": (10, "there is no broker 'bus'"),
    "unknown_policy": (9, "did you mean 'careful'?"),
    "policy_extends_itself": (11, "extends itself"),
    "unknown_fault_target": (10, "did you mean 'shop'?"),
    "fault_on_wrong_thing": (10, "cannot hit the service"),
    "fault_without_end": (10, "'for' is missing"),
    "fault_replica_beyond": (10, "has 1 replicas"),
    "two_faults_one_name": (11, "give this one a 'name'"),
    "self_call_for_ever": (7, "without end"),
    "ring_of_calls": (7, "shop.buy -> stock.take -> shop.buy"),
    "ring_through_a_topic": (5, "without end"),
    "duplicate_key": (4, "written twice; the first is in line 3"),
    "duplicate_service": (6, "written twice"),
    "empty": (1, "the file is empty"),
    "only_comments": (1, "the file is empty"),
    "a_list": (1, "a mapping of keys to values"),
    "list_for_mapping": (5, "must be a mapping"),
    "mapping_for_list": (7, "must be a list"),
    "nothing_after_colon": (3, "nothing is written here"),
    "text_for_number": (3, "must be a whole number"),
    "fraction_for_number": (3, "must be a whole number"),
    "zero_workers": (3, "at least 1"),
    "yes_for_true": (4, "true or false"),
    "workers_missing": (3, "'workers' is missing"),
    "run_missing": (1, "'run' is missing"),
    "alias_bomb": (5, "aliases written out"),
    "alias_of_itself": (1, "an alias that holds itself"),
    "unknown_alias": (1, "undefined alias"),
    "tab": (3, "a tab in the indentation"),
    "python_tag": (5, "tags are not accepted"),
    "own_tag": (3, "tags are not accepted"),
    "two_documents": (9, "a second document"),
    "not_utf8": (1, "is not UTF-8"),
    "control_character": (2, "control character"),
    "unclosed_bracket": (10, "is not YAML"),
    "nested_too_deeply": (9, "nested too deeply"),
    "merge_key": (3, "merge keys"),
    "reserved_name": (2, "is reserved"),
    "name_with_star": (10, "must not hold '*'"),
    "retries_and_attempts": (10, "not both"),
    "retry_without_number": (9, "'max_retries' is missing"),
    "jitter_without_amount": (10, "did you mean 'additive'?"),
    "unknown_outcome": (10, "must be one of"),
    "edge_without_arrow": (10, "is no edge"),
    "edge_to_nobody": (10, "there is no service 'stok'"),
    "choice_below_one": (7, "add up to 100%"),
    "two_steps_in_one": (7, "in one step"),
    "unknown_step": (7, "did you mean 'call'?"),
    "quorum_too_large": (7, "of only 1 branches"),
    "work_and_steps": (5, "work or steps, not both"),
    "warmup_too_long": (8, "shorter than duration"),
    "unknown_metric": (10, "unknown metric"),
    "objective_of_nobody": (10, "there is no workload 'sell'"),
    "bound_of_wrong_unit": (10, "is not a duration"),
    "phase_of_nobody": (10, "there is no phase 'outage'"),
    "path_leads_nowhere": (10, "did you mean 'workers'?"),
    "path_not_readable": (10, "is not a path"),
    "path_to_no_member": (10, "did you mean 'buy'?"),
    "baseline_of_nobody": (9, "there is no variant 'slow'"),
    "sweep_value_wrong": (10, "must be a whole number"),
    "sweep_without_values": (10, "needs 'path' and 'values'"),
    "include_from_above": (9, "below the experiment file"),
    "include_missing": (9, "no such file"),
    "include_twice": (2, "defined twice"),
    "route_to_both": (10, "either to or split"),
    "path_without_routes": (7, "a path needs 'routes'"),
    "too_many_windows": (9, "window cuts duration into more than 10000 pieces"),
    "too_many_replications": (10, "10000"),
    "transaction_without_topic": (7, "'publish' is missing"),
    "warmup_of_a_spike": (8, "follow the clock"),
    "half_width_of_wrong_unit": (10, "is not a duration"),
    "precision_of_nobody": (10, "there is no workload 'sell'"),
    "policy_key_unknown": (10, "unknown key; known here: kind, preset, limit"),
    "a_directory": (1, "is a directory"),
}
"""File to the line of its mistake and a part of the message. A file has one mistake, so that a test of it cannot pass
for another reason."""


@pytest.mark.parametrize("name", EXPECTED)
def test_a_broken_file_is_refused_at_its_line(name: str) -> None:
    line, words = EXPECTED[name]
    begun = time.perf_counter()
    with pytest.raises(ExperimentError) as caught:
        load(FILES / f"{name}.yaml")
    taken = time.perf_counter() - begun
    assert [problem.line for problem in caught.value.problems] == [line], caught.value
    assert words in caught.value.problems[0].message
    assert taken < 1.0


def test_every_broken_file_has_an_expectation() -> None:
    assert {path.stem for path in FILES.glob("*.yaml")} == set(EXPECTED)


@pytest.mark.parametrize("name", ["bare_duration", "alias_bomb", "a_directory"])
def test_the_command_refuses_with_status_2_and_no_traceback(name: str) -> None:
    line, words = EXPECTED[name]
    command = [sys.executable, "-m", "experiments.cli", "run", str(FILES / f"{name}.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{name}.yaml:{line}:" in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(ExperimentError, match="no such file"):
        load(FILES / "nobody_wrote_this.yaml")


def test_a_name_too_long_for_a_file_is_refused() -> None:
    with pytest.raises(ExperimentError, match="cannot be read"):
        load(FILES / ("x" * 5000))
