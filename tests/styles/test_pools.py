"""What a `with` step is to every style: its steps are the operation's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.shop import OPERATION, SHOP, STEPS, STREAM, STYLES
from tests.support import play

HELD = """[{with: {pool: db, steps: [
  {call: stock.take, undo: stock.give},
  {call: bank.charge, undo: bank.refund},
  {work: 5ms, effect: true, undo: 3ms}]}}]"""
POOL = (f"{STEPS}={HELD}", "services.shop.pools={db: {size: 1, wait: 1s}}")


@pytest.mark.parametrize("style", STYLES)
def test_effects_inside_are_expected_and_left(tmp_path: Path, style: str) -> None:
    row = play(tmp_path, SHOP, *POOL, f"{OPERATION}.style={style}").row()
    assert (row.outcome, row.state) == ("ok", "done")


def test_a_saga_takes_back_what_was_done_inside(tmp_path: Path) -> None:
    """The payment fails: the stock's 10 ms are taken back, and the permit has come back before."""
    failing = "services.bank.operations.charge.server_errors=100%"
    played = play(tmp_path, SHOP, *POOL, f"{OPERATION}.style=saga", failing)
    assert (played.row().outcome, played.row().state) == ("server_error", "undone")
    assert played.row().latency == pytest.approx(0.010 + 0.020 + 0.010)
    held = played.figure("pool:shop/db", "utilization") * 199
    assert held == pytest.approx(0.030)


@pytest.mark.parametrize("style", ["sync", "saga"])
def test_without_a_permit_the_operation_fails_and_nothing_is_done(tmp_path: Path, style: str) -> None:
    """Ten at once, one permit, no wait: one is served, and the others leave nothing behind."""
    ten = "workload.buy.arrivals={process: constant, rate: 1000/s}"
    impatient = ("services.shop.pools.db.wait=0", "services.shop.workers=20", "run={duration: 10ms, drain: 5s}")
    played = play(tmp_path, SHOP, *POOL, f"{OPERATION}.style={style}", ten, *impatient)
    rows = played.rows()
    assert [row.outcome for row in rows].count("ok") == 1
    assert {(row.reason, row.state) for row in rows if row.outcome != "ok"} == {("pool_exhausted", "undone")}


def test_a_queue_tries_again_and_a_choreography_keeps_its_steps_together(tmp_path: Path) -> None:
    """With accepted requests a refused permit is a failed handling: redelivered after a second, and done then."""
    for style in ("queue", "choreography"):
        both = "workload.buy.arrivals={process: constant, rate: 1/s}"
        impatient = ("services.shop.pools.db.wait=0", "run={duration: 3s, drain: 60s}")
        slow = "services.bank.operations.charge.work=1500ms"
        played = play(tmp_path, SHOP, *POOL, f"{OPERATION}.style={style}", both, *impatient, slow)
        assert {row.state for row in played.rows()} == {"done"}
        assert played.figure("pool:shop/db", "rejected_rate") > 0


def test_figures_of_a_pool_are_in_its_row(tmp_path: Path) -> None:
    played = play(tmp_path, SHOP, *POOL, STREAM, "run.duration=100s")
    assert played.figure("pool:shop/db", "utilization") == pytest.approx(0.035, rel=0.02)
    assert played.figure("pool:shop/db", "wait_mean") == 0
    assert played.figure("pool:shop/db", "queue_length_max") == 0
    shown = played.timeline("pool:shop/db", "utilization")
    assert max(shown.values()) == pytest.approx(0.035)
