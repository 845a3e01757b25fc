"""Requests of clients without a timeout whose messages are lost: nobody tells them, so they wait for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import play

LOSING = """
services: {a: {workers: 100, operations: {go: {work: 1ms}}}}
network: {"client -> a": {loss: 30%}}
workload: [{call: a.go, arrivals: {process: constant, rate: 20/s}}]
run: {duration: 50.01s, drain: 5s}
"""


@pytest.mark.parametrize("process", ["constant, rate: 20/s", "closed, users: 20, think: 1s"])
def test_they_are_unfinished_and_the_books_balance(tmp_path: Path, process: str) -> None:
    played = play(tmp_path, LOSING, f"workload.go.arrivals={{process: {process}}}")
    waiting = [row for row in played.rows() if row.outcome == ""]
    assert waiting
    assert {row.state for row in waiting} == {"unfinished"}
    assert played.figure("go", "error_rate") == 0


def test_both_ways_lose_their_share(tmp_path: Path) -> None:
    """Of 1,000 requests 0.7 · 0.7 come back: within four standard deviations."""
    rows = play(tmp_path, LOSING).rows()
    assert len(rows) == 1000
    assert sum(row.outcome == "ok" for row in rows) == pytest.approx(490, abs=64)


def test_a_timeout_notices(tmp_path: Path) -> None:
    played = play(tmp_path, LOSING, 'calls={"client -> a": {timeout: 1s}}')
    assert set(played.outcomes()) == {"ok", "timeout"}
