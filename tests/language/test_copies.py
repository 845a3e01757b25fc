"""Copies of rows, as a file writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.language import load
from tests.language.building import problems, scenario

SHOP = """
keys: {user: {dist: uniform, n: 10}}
services:
  users:
    workers: 2
    state: {profile: {key: user}, seats: {quantity: 3}}
    operations: {update: {steps: [{read: profile}, {write: profile}]}}
  reader:
    workers: 2
    state: {profile: COPY}
    operations: {refresh: {steps: STEPS}}
workload: [{call: users.update, arrivals: {process: poisson, rate: 1/s}}]
run: {duration: 1m}
"""
STEPS = "[{write: profile}, {read: profile}]"


def text(copy: str = "{copy_of: users.profile}", steps: str = STEPS) -> str:
    return SHOP.replace("COPY", copy).replace("STEPS", steps)


@pytest.mark.parametrize("copy", ["{copy_of: users.profile}", "{copy_of: users.profile, apply: always}", "{key: user}"])
def test_rows_with_keys_and_copies_are_accepted(tmp_path: Path, copy: str) -> None:
    assert problems(tmp_path, text(copy)) == []


@pytest.mark.parametrize(
    ("copy", "said"),
    [
        ("{copy_of: usres.profile}", "there is no service 'usres'; did you mean 'users'?"),
        ("{copy_of: users.profil}", "users has no row 'profil' in its state; did you mean 'profile'?"),
        ("{copy_of: users.seats}", "users.seats is a stock: only rows have copies"),
        ("{copy_of: reader.profile}", "reader.profile cannot be a copy of itself"),
        ("{copy_of: users}", "must be written service.row"),
        ("{copy_of: users.profile, key: user}", "a copy has the key of what it is a copy of"),
        ("{copy_of: users.profile, apply: latest}", "must be one of newest, always"),
        ("{apply: always}", "belongs to a copy"),
        ("{key: usr}", "there are no keys 'usr'; did you mean 'user'?"),
        ("{quantity: 3, key: user}", "belongs to rows"),
        ("{quantity: 3, copy_of: users.profile}", "belongs to rows"),
    ],
)
def test_what_can_be_no_copy_is_refused(tmp_path: Path, copy: str, said: str) -> None:
    steps = "[{take: profile}]" if "quantity" in copy else STEPS
    (only,) = problems(tmp_path, text(copy, steps))
    assert said in only


def test_a_copy_of_a_copy_is_told_what_to_follow(tmp_path: Path) -> None:
    third = "  third: {extends: reader, state: {profile: {copy_of: reader.profile}}}\nworkload:"
    (only,) = problems(tmp_path, text().replace("workload:", third, 1))
    assert "reader.profile is itself a copy: write copy_of: users.profile" in only


def test_a_copy_knows_no_conflict(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, text(steps="[{read: profile}, {write: profile, conflict: client_error}]"))
    assert "there is no conflict" in only


def test_a_variant_may_apply_otherwise(tmp_path: Path) -> None:
    built = scenario(tmp_path, text(), "services.reader.state.profile.apply=always")
    assert built.experiment.services["reader"].state["profile"].apply == "always"


@pytest.mark.parametrize("copy", ["{copy_of: users.profile}", "{}"])
def test_a_batch_may_write_copies_and_nothing_else(tmp_path: Path, copy: str) -> None:
    topic = "{broker: bus, subscribers: [{operation: reader.refresh, batch: {size: 5}}]}"
    bus = f"brokers: {{bus: {{preset: durable_queue}}}}\ntopics: {{updated: {topic}}}\n"
    found = problems(tmp_path, bus + text(copy, "[{write: profile}]"))
    assert len(found) == (0 if "copy_of" in copy else 1)


def test_a_copy_that_nobody_writes_is_worth_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text(text(steps="[{read: profile}]"), encoding="utf-8")
    (only,) = [str(warning) for warning in load(file).warnings]
    assert "no step of reader writes its copy 'profile'" in only


@pytest.mark.parametrize("metric", ["staleness_p99: 1s", "staleness_mean: 10ms", "stale_reads: 1%"])
def test_staleness_has_objectives(tmp_path: Path, metric: str) -> None:
    assert problems(tmp_path, text() + f"objectives: {{update: {{{metric}}}}}\n") == []
