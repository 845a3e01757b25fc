"""Steps on state, as a file writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.building import problems, scenario

DESK = """
services:
  desk:
    workers: 2
    state: {row: {}, seats: {quantity: 3}}
    operations: {run: {steps: STEPS}}
workload: [{call: desk.run, arrivals: {process: poisson, rate: 1/s}}]
run: {duration: 1m}
"""


@pytest.mark.parametrize(
    "steps",
    [
        "[{read: row}, {work: 1ms}, {write: row}]",
        "[{read: row}, {pause: 1ms}, {write: row, conflict: retry}]",
        "[{write: row}, {take: seats}, {give: seats}]",
        "[{parallel: {steps: [[{read: row}, {write: row, conflict: retry}], {take: seats}]}}]",
    ],
)
def test_steps_on_state_are_accepted(tmp_path: Path, steps: str) -> None:
    assert problems(tmp_path, DESK.replace("STEPS", steps)) == []


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("[{read: rwo}]", "desk has no row 'rwo' in its state; did you mean 'row'?"),
        ("[{take: seat}]", "desk has no stock 'seat' in its state; did you mean 'seats'?"),
        ("[{write: seats}]", "'seats' is a stock, not a row"),
        ("[{give: row}]", "'row' is a row, not a stock: it has no quantity"),
        ("[{write: row, conflict: retry}]", "needs a 'read: row' before it"),
        ("[{parallel: {steps: [{read: row}, {write: row, conflict: retry}]}}]", "needs a 'read: row' before it"),
        ("[{read: row}, {choose: [{share: 1, steps: [{write: row, conflict: retry}]}]}]", "needs a 'read: row'"),
        ("[{write: row, conflict: wait}]", "must be one of client_error, retry"),
        ("[{read: row, write: row}]", "read and write in one step"),
    ],
)
def test_steps_that_cannot_be_carried_out_are_refused(tmp_path: Path, steps: str, said: str) -> None:
    (only,) = problems(tmp_path, DESK.replace("STEPS", steps))
    assert said in only


def test_a_chance_takes_its_common_part_by_path(tmp_path: Path) -> None:
    text = DESK.replace("{steps: STEPS}", "{work: 1ms, client_errors: 5%}")
    built = scenario(tmp_path, text, "services.desk.operations.run.client_errors.per_request=60%")
    chance = built.experiment.services["desk"].operations["run"].client_errors
    assert (chance.share, chance.per_request) == (0.05, 0.6)
