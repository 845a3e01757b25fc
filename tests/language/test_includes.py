from __future__ import annotations

from pathlib import Path

import pytest

from experiments.language import ExperimentError, load
from tests.language.building import SHOP, write

BANK = """
services:
  bank:
    workers: 4
    operations:
      charge: {work: 2ms}
"""
REST = SHOP.replace("  bank:\n    replicas: 2\n    workers: 4\n    operations:\n      charge: {work: 2ms}\n", "")


def test_a_fragment_adds_its_names(tmp_path: Path) -> None:
    write(tmp_path, BANK, "parts/bank.yaml")
    document = load(write(tmp_path, "include: [parts/bank.yaml]\n" + REST))
    (only,) = document.scenarios()
    assert sorted(only.experiment.services) == ["bank", "shop", "stock"]
    assert list(document.included) == ["parts/bank.yaml"]


def test_a_mistake_in_a_fragment_names_the_fragment(tmp_path: Path) -> None:
    write(tmp_path, BANK.replace("workers: 4", "workers: 0"), "parts/bank.yaml")
    with pytest.raises(ExperimentError) as caught:
        load(write(tmp_path, "include: [parts/bank.yaml]\n" + REST))
    assert [(problem.file, problem.line) for problem in caught.value.problems] == [("parts/bank.yaml", 4)]


def test_lists_of_fragments_are_joined(tmp_path: Path) -> None:
    write(tmp_path, "faults: [{kind: crash, target: bank, at: 1s, for: 1s}]\n", "a.yaml")
    write(tmp_path, "faults: [{kind: pause, target: bank, at: 1s, for: 1s}]\n", "b.yaml")
    (only,) = load(write(tmp_path, "include: [a.yaml, b.yaml]\n" + SHOP)).scenarios()
    assert [fault.name for fault in only.experiment.faults] == ["crash", "pause"]


@pytest.mark.parametrize(
    "second",
    ["services: {bank: {workers: 1, operations: {charge: {work: 1ms}}}}\n", "run: {duration: 2m}\n", "name: other\n"],
)
def test_a_name_defined_twice_is_refused(tmp_path: Path, second: str) -> None:
    write(tmp_path, second, "part.yaml")
    with pytest.raises(ExperimentError, match="defined twice"):
        load(write(tmp_path, "name: mine\ninclude: [part.yaml]\n" + SHOP))


@pytest.mark.parametrize("name", ["../other.yaml", "/etc/hostname", "parts/../../other.yaml"])
def test_files_outside_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, BANK, "other.yaml")
    with pytest.raises(ExperimentError, match="below the experiment file's folder"):
        load(write(tmp_path / "here", f"include: [{name}]\n" + SHOP))


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, BANK, "other.yaml")
    file = write(tmp_path / "here", "include: [link.yaml]\n" + REST)
    (tmp_path / "here" / "link.yaml").symlink_to(tmp_path / "other.yaml")
    with pytest.raises(ExperimentError, match="below the experiment file's folder"):
        load(file)


def test_measured_times_are_read_from_a_file(tmp_path: Path) -> None:
    write(tmp_path, "# measured on a Monday\n1ms\n\n3ms  # slow\n", "times.txt")
    text = SHOP.replace("charge: {work: 2ms}", "charge: {work: {dist: empirical, file: times.txt}}")
    (only,) = load(write(tmp_path, text)).scenarios()
    (step,) = only.experiment.services["bank"].operations["charge"].steps
    assert step.work.values == (0.001, 0.003)  # type: ignore[union-attr]


def test_a_wrong_measured_time_is_told_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "1ms\n3\n", "times.txt")
    text = SHOP.replace("charge: {work: 2ms}", "charge: {work: {dist: empirical, file: times.txt}}")
    with pytest.raises(ExperimentError) as caught:
        load(write(tmp_path, text))
    assert [(problem.file, problem.line) for problem in caught.value.problems] == [("times.txt", 2)]
