"""Durable orchestrators: what is repeated after a crash, and that nothing is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.shop import OPERATION, STEPS, fails, shop
from tests.support import Played

DURABLE = "durable: true, resume_after: 2s"
LAST_STEP_FAILS = f"{OPERATION}.server_errors=100%"
TWO = "services.shop.replicas=2"


def saga(folder: Path, settings: str, *overrides: str, kind: str = "saga") -> Played:
    return shop(folder, f"{{kind: {kind}, {settings}}}", *overrides)


def crash(at: str, *, replicas: str = "replicas: 1, ", lasts: str = "20s", name: str = "crash") -> str:
    return f"{{name: {name}, kind: crash, target: shop, {replicas}at: {at}, for: {lasts}}}"


def faults(*written: str) -> str:
    return f"faults=[{', '.join(written)}]"


FAR_BANK = 'network={"shop -> bank": {latency: 10ms}}'
"""The charge is asked for at 10 ms, carried out from 20 to 40 ms, and its answer is there at 50 ms."""


def test_a_step_that_was_completed_but_not_recorded_is_carried_out_again(tmp_path: Path) -> None:
    row = saga(tmp_path, DURABLE, TWO, FAR_BANK, faults(crash("100.045s"))).row()
    assert (row.outcome, row.state, row.duplicates) == ("unreachable", "done", 1)


def test_an_idempotent_step_is_not_done_twice(tmp_path: Path) -> None:
    once = "services.bank.operations.charge.idempotent=true"
    played = saga(tmp_path, DURABLE, TWO, FAR_BANK, once, faults(crash("100.045s")))
    assert (played.row().state, played.row().duplicates) == ("done", 0)
    assert played.count("service:bank") == 2  # it was asked twice all the same


def test_what_was_given_up_in_the_crash_is_no_failed_step(tmp_path: Path) -> None:
    """The charge under way at the crash is carried out again; only its repetition is there to be undone."""
    settings = f"{DURABLE}, undo_failed_step: unknown"
    once = "services.bank.operations.charge.idempotent=true"
    played = saga(tmp_path, settings, TWO, once, LAST_STEP_FAILS, faults(crash("100.025s")))
    assert (played.row().state, played.count("service:bank")) == ("undone", 3)  # charge, charge, refund


@pytest.mark.parametrize("order", ["reverse", "parallel"])
def test_undos_that_were_under_way_are_repeated_and_those_that_had_ended_are_not(tmp_path: Path, order: str) -> None:
    # In reverse: own work until 43 ms, refund until 63 ms. At once: own work until 43, stock until 50, refund until 60.
    settings = f"{DURABLE}, undo_order: {order}"
    played = saga(tmp_path, settings, TWO, LAST_STEP_FAILS, faults(crash("100.055s")))
    assert (played.row().outcome, played.row().state, played.row().stuck) == ("unreachable", "undone", 0)
    assert (played.count("service:bank"), played.count("service:stock")) == (3, 2)


def test_the_wait_before_it_goes_on_is_counted(tmp_path: Path) -> None:
    quick = saga(tmp_path, "durable: true, resume_after: 1s", TWO, faults(crash("100.025s"))).row()
    slow = saga(tmp_path, "durable: true, resume_after: 5s", TWO, faults(crash("100.025s"))).row()
    assert slow.completion - quick.completion == pytest.approx(4)


def test_a_crash_of_all_replicas_is_outlived(tmp_path: Path) -> None:
    everybody = crash("100.025s", replicas="", lasts="30s")
    row = saga(tmp_path, DURABLE, TWO, faults(everybody)).row()
    assert row.state == "done"
    assert 30 < row.completion < 33
    assert saga(tmp_path, "durable: false", TWO, faults(everybody)).row().state == "orphaned"


def test_it_outlives_one_crash_after_another(tmp_path: Path) -> None:
    """Each strikes 5 ms after it was taken up, in the middle of the charge."""
    settings = "durable: true, resume_after: 600ms"
    blows = [
        crash(f"{100.015 + 0.605 * number:.3f}s", replicas="", lasts="0.5s", name=f"c{number}") for number in range(5)
    ]
    once = "services.bank.operations.charge.idempotent=true"
    played = saga(tmp_path, settings, once, faults(*blows))
    assert (played.row().state, played.row().duplicates) == ("done", 0)
    assert played.count("service:bank") == 6


def test_it_is_not_lost_while_it_waits_for_a_worker(tmp_path: Path) -> None:
    """The one worker is busy with somebody else's long request when the saga comes back, and crashes again then."""
    busy = "services.shop.operations.rest.work=10s"
    workload = "workload=[{call: shop.buy, arrivals: {process: renewal, law: 100s}}, "
    workload += "{name: rest, call: shop.rest, arrivals: {process: renewal, law: 100.9s}}]"
    first, second = crash("100.015s", lasts="0.5s"), crash("102s", lasts="0.5s", name="again")
    settings = "durable: true, resume_after: 1s"
    played = saga(tmp_path, settings, "services.shop.workers=1", busy, workload, faults(first, second))
    assert played.row("buy").state == "done"
    assert played.row("buy").completion > 3


def test_the_timeout_spans_the_crash(tmp_path: Path) -> None:
    row = saga(tmp_path, f"{DURABLE}, timeout: 1s", TWO, faults(crash("100.012s"))).row()
    assert (row.state, row.stuck) == ("orphaned", 0)  # only the charge that nobody waited for is there
    settings = f"{DURABLE}, timeout: 1s, undo_failed_step: unknown"
    assert saga(tmp_path, settings, TWO, faults(crash("100.012s"))).row().state == "undone"
    in_time = saga(tmp_path, f"{DURABLE}, timeout: 3s", TWO, faults(crash("100.012s"))).row()
    assert in_time.state == "done"


def test_client_errors_of_the_operation_are_drawn_once(tmp_path: Path) -> None:
    calls = f"{STEPS}=[{{call: stock.take, undo: stock.give}}, {{call: bank.charge, undo: bank.refund}}]"
    stream = ("workload.buy.arrivals={process: constant, rate: 10/s}", "run.duration=101s")
    half = f"{OPERATION}.client_errors=50%"
    settings = "durable: true, resume_after: 1s"
    for more in ((), (faults(crash("50.005s", replicas="", lasts="1s")),)):
        rows = saga(tmp_path, settings, calls, half, *stream, *more).rows()
        refused = [row.arrived for row in rows if row.outcome == "client_error" and not 49.8 < row.arrived < 51.2]
        assert 300 < len(refused) < 700
        states = {row.state for row in rows if row.outcome != "client_error" and row.arrived < 50}
        assert states == {"done"}


def test_a_deploy_lets_a_saga_finish(tmp_path: Path) -> None:
    """A replica on its way out finishes what it has in hand: nothing is resumed, nothing repeated."""
    deploy = "changes=[{at: 100.015s, deploy: shop, one_at_a_time: 5s}]"
    for settings in ("durable: false", DURABLE):
        played = saga(tmp_path, settings, TWO, deploy)
        assert (played.row().outcome, played.row().state, played.count("service:bank")) == ("ok", "done", 1)


def test_a_saga_is_not_resumed_on_a_replica_that_is_leaving(tmp_path: Path) -> None:
    """One replica dies while the other leaves: the saga waits for one that stays."""
    slow = "services.shop.operations.rest.work=30s"
    workload = "workload=[{call: shop.buy, arrivals: {process: renewal, law: 100s}}, "
    workload += "{name: one, call: shop.rest, arrivals: {process: renewal, law: 98s}}, "
    workload += "{name: other, call: shop.rest, arrivals: {process: renewal, law: 99s}}]"
    changes = "changes=[{at: 100.001s, set: {services.shop.replicas: 1}}]"
    played = saga(tmp_path, DURABLE, TWO, slow, workload, changes, faults(crash("100.015s", lasts="5s")))
    assert played.row("buy").state == "done"
    assert 5 < played.row("buy").completion < 10


def test_a_durable_hybrid_hands_over_its_other_steps_after_a_crash(tmp_path: Path) -> None:
    played = saga(tmp_path, DURABLE, TWO, faults(crash("100.025s")), kind="hybrid")
    assert (played.row().outcome, played.row().state) == ("unreachable", "done")
    assert (played.count("topic:sold"), played.count("broker:jobs"), played.count("service:basket")) == (1, 1, 1)


def test_a_durable_hybrid_that_crashes_while_it_hands_over_does_so_again(tmp_path: Path) -> None:
    # The publish goes out at 35 ms; the message with the basket is on its way to the broker from 36 to 37 ms.
    played = saga(tmp_path, DURABLE, TWO, faults(crash("100.0365s")), kind="hybrid")
    assert (played.row().outcome, played.row().state) == ("unreachable", "done")
    assert (played.count("topic:sold"), played.count("service:basket")) == (2, 1)
    lost = saga(tmp_path, "durable: false", TWO, faults(crash("100.0365s")), kind="hybrid")
    assert (lost.count("topic:sold"), lost.count("service:basket")) == (1, 0)


def test_what_follows_a_failure_runs_once(tmp_path: Path) -> None:
    played = saga(tmp_path, DURABLE, TWO, fails("bank.charge"), faults(crash("100.025s")))
    assert (played.row().state, played.count("topic:failed")) == ("undone", 1)
