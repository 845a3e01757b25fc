from __future__ import annotations

from pathlib import Path

import pytest

from experiments.language import ObjectiveSpec
from tests.language.building import SHOP, problems, read

FAULT = "faults: [{name: fire, kind: crash, target: bank, at: 10s, for: 5s}]\n"


def objectives(folder: Path, written: str) -> tuple[ObjectiveSpec, ...]:
    return read(folder, SHOP + FAULT + f"objectives: {written}\n").objectives


def test_a_bare_bound_takes_the_metrics_own_direction(tmp_path: Path) -> None:
    found = objectives(tmp_path, "{buy: {latency_p99: 2s, throughput: 9/s, error_rate: 1%}}")
    assert found == (
        ObjectiveSpec("buy", None, "latency_p99", 2.0, "at_most"),
        ObjectiveSpec("buy", None, "throughput", 9.0, "at_least"),
        ObjectiveSpec("buy", None, "error_rate", 0.01, "at_most"),
    )


def test_a_direction_can_be_written(tmp_path: Path) -> None:
    found = objectives(tmp_path, "{buy: {utilization: {at_least: 20%, at_most: 80%}}}")
    assert [(entry.direction, entry.bound) for entry in found] == [("at_least", 0.2), ("at_most", 0.8)]


def test_counts_and_numbers_per_request_are_numbers_or_shares(tmp_path: Path) -> None:
    found = objectives(tmp_path, "{buy: {breaker_opens: 3, duplicates: 0.01%, retries: 0.5}}")
    assert [entry.bound for entry in found] == [3.0, 0.0001, 0.5]


def test_phases_are_named_as_in_the_tables(tmp_path: Path) -> None:
    phases = "during fire: {error_rate: 5%}, after fire: {recovered: {within: 30s, share: 95%}}"
    _, during, after, healthy = objectives(
        tmp_path, f"{{buy: {{latency_p99: 1s, {phases}, healthy: {{error_rate: 0%}}}}}}"
    )
    assert (during.phase, healthy.phase) == ("during:fire", "healthy")
    assert after == ObjectiveSpec("buy", "after:fire", "recovered", 0.95, "at_least", 30.0, 0.95)


def test_good_has_a_limit_of_its_own(tmp_path: Path) -> None:
    (good,) = objectives(tmp_path, "{buy: {good: {within: 800ms, at_least: 99%}}}")
    assert good == ObjectiveSpec("buy", None, "good", 0.99, "at_least", 0.8)


@pytest.mark.parametrize("name", ["service:bank", "call:shop->bank", "buy"])
def test_objectives_use_the_names_of_the_tables(tmp_path: Path, name: str) -> None:
    assert objectives(tmp_path, f'{{"{name}": {{error_rate: 1%}}}}')[0].operation == name


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{buy: {latency_p98: 2s}}", "did you mean 'latency_p9"),
        ("{buy: {staleness_p98: 1s}}", "did you mean 'staleness_p9"),
        ("{buy: {utilization: 50%}}", "no good direction"),
        ("{buy: {latency_p99: 2}}", "2 has no unit"),
        ("{buy: {latency_p99: {at_mots: 2s}}}", "did you mean 'at_most'"),
        ("{buy: {good: 99%}}", "must be written"),
        ("{buy: {good: {within: 1s}}}", "needs both"),
        ("{buy: {recovered: {within: 30s, share: 95%}}}", "belongs under 'after NAME'"),
        ("{buy: {after fire: {recovered: {within: 30s, share: 95%}}}}", "needs a bound of buy on throughput"),
        ("{buy: {after fire: {recovery_time: 30s, latency_p99: 1s}}}", "needs a bound of buy on throughput"),
        ('{"service:bank": {error_rate: 1%, after fire: {recovery_time: 30s}}}', "does not recover by itself"),
        ("{buy: {during smoke: {error_rate: 1%}}}", "there are: fire"),
        ("{bye: {error_rate: 1%}}", "did you mean 'buy'"),
        ('{"service:bnak": {error_rate: 1%}}', "did you mean 'bank'"),
        ("{buy: 3s}", "mapping of metrics"),
        ("[buy]", "must be a mapping"),
    ],
)
def test_what_is_no_objective_is_refused(tmp_path: Path, written: str, words: str) -> None:
    (only,) = problems(tmp_path, SHOP + FAULT + f"objectives: {written}\n")
    assert words in only
