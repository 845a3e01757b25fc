from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.building import SHOP, problems, read


def values(folder: Path, written: str, path: str = "services.bank.workers") -> tuple[str, ...]:
    document = read(folder, SHOP + f"sweep:\n  axis: {{path: {path}, values: {written}}}\n")
    return document.axes["axis"]


def test_a_grid_varies_its_last_axis_fastest_in_the_files_order(tmp_path: Path) -> None:
    text = (
        SHOP
        + """
sweep:
  wait: {path: 'calls."shop -> bank".timeout', values: [1s, 500ms]}
  services.bank.workers: [4, 8]
"""
    )
    document = read(tmp_path, text)
    assert document.axes == {"wait": ("1s", "500ms"), "services.bank.workers": ("4", "8")}
    assert document.points == (
        "wait=1s;services.bank.workers=4",
        "wait=1s;services.bank.workers=8",
        "wait=500ms;services.bank.workers=4",
        "wait=500ms;services.bank.workers=8",
    )
    found = [(s.point, s.experiment.services["bank"].workers) for s in document.scenarios()]
    assert found == list(zip(document.points, [4, 8, 4, 8], strict=True))


def test_without_a_sweep_there_is_one_point_without_a_name(tmp_path: Path) -> None:
    assert read(tmp_path, SHOP).points == ("",)


def test_variants_come_before_points(tmp_path: Path) -> None:
    text = SHOP + "variants: {b: {}, a: {}}\nsweep: {services.bank.workers: [1, 2]}\n"
    found = [(s.variant, s.point[-1]) for s in read(tmp_path, text).scenarios()]
    assert found == [("b", "1"), ("b", "2"), ("a", "1"), ("a", "2")]


def test_scenarios_of_one_variant_can_be_asked_for(tmp_path: Path) -> None:
    document = read(tmp_path, SHOP + "variants: {b: {}, a: {}}\n")
    assert [scenario.variant for scenario in document.scenarios(["a"])] == ["a"]
    with pytest.raises(ValueError, match="there is no variant 'c'; there are: b, a"):
        document.scenarios(["c"])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{from: 1, to: 9, steps: 5}", ("1", "3", "5", "7", "9")),
        ("{from: 1, to: 16, steps: 5, log: true}", ("1", "2", "4", "8", "16")),
        ("{from: 2, to: 1, steps: 2}", ("2", "1")),
    ],
)
def test_numbers_are_spread_evenly_or_by_factors(tmp_path: Path, written: str, expected: tuple[str, ...]) -> None:
    assert values(tmp_path, written) == expected


def test_durations_and_rates_are_spread_in_their_unit(tmp_path: Path) -> None:
    assert values(tmp_path, "{from: 500ms, to: 2s, steps: 4}", "'run.warmup'") == ("500ms", "1s", "1.5s", "2s")
    assert values(tmp_path, "{from: 10/s, to: 20/s, steps: 3}", "'workload.buy.arrivals.rate'") == (
        "10/s",
        "15/s",
        "20/s",
    )


def test_excluded_points_are_not_played(tmp_path: Path) -> None:
    text = (
        SHOP
        + """
sweep:
  workers: {path: services.bank.workers, values: [1, 2, 3]}
  replicas: {path: services.bank.replicas, values: [1, 2]}
  exclude: [{workers: [1, 2], replicas: 2}]
"""
    )
    assert read(tmp_path, text).points == (
        "workers=1;replicas=1",
        "workers=2;replicas=1",
        "workers=3;replicas=1",
        "workers=3;replicas=2",
    )


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        ("{axis: {path: services.bank.workers, value: [1]}}", "did you mean 'values'"),
        ("{axis: {path: services.bank.workers, values: []}}", "list of single values"),
        ("{axis: {path: services.bank.workers, values: [1, 1]}}", "twice"),
        ("{axis: {path: services.bank.workers, values: {from: 1, to: 2}}}", "are needed"),
        ("{axis: {path: services.bank.workers, values: {from: 0, to: 2, steps: 3, log: true}}}", "above 0"),
        ("{axis: {path: services.bank.workers, values: {from: 1s, to: 2/s, steps: 3}}}", "must be durations"),
        ("{services.bank.workers: [1], exclude: [{services.bank.workers: 1}]}", "leaves no point"),
        ("{services.bank.workers: [1, 2], exclude: [{services.bank.worker: 1}]}", "did you mean"),
        ("{services.bank.workers: [1, 2], exclude: [{services.bank.workers: 3}]}", "has no value 3"),
        ("[1, 2]", "mapping of axes"),
        ("{services.bank.workers: {from: 1, to: 100000, steps: 100000}}", "unknown key 'from'"),
    ],
)
def test_what_is_no_sweep_is_refused(tmp_path: Path, sweep: str, words: str) -> None:
    found = problems(tmp_path, SHOP + f"sweep: {sweep}\n")
    assert len(found) == 1
    assert words in found[0]


def test_every_point_is_checked_before_anything_runs(tmp_path: Path) -> None:
    found = problems(tmp_path, SHOP + "sweep:\n  services.bank.workers: [1, 0, 2, -1]\n")
    assert [entry.split(": ")[-1] for entry in found] == ["must be at least 1", "must be at least 1"]
