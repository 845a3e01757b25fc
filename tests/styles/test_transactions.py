"""Transactions and calls over queues in every style, in the storm: the books balance."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.messaging.ledgers import MODES
from tests.styles.storm import STORM
from tests.styles.test_books_balance import check
from tests.support import Played, play

STYLES = ("sync", "queue", "saga", "choreography", "hybrid")


def storm(folder: Path, style: str, mode: str, *more: str) -> Played:
    relay = ", relay: {every: 30ms, batch: 3, mtbf: 1s, mttr: 50ms}" if mode == "outbox" else ""
    note = f"{{work: 2ms, publish: noted, mode: {mode}, undo: 1ms, commit_errors: 3%{relay}}}"
    steps = (
        f"[{{transaction: {note}}}, {{call: stock.take, undo: stock.give}}, {{call: bank.charge, undo: bank.refund}},"
        f" {{transaction: {note}, critical: false}}, {{publish: sold, critical: false}}]"
    )
    return play(
        folder,
        STORM,
        f"services.shop.operations.buy.style={style}",
        f"services.shop.operations.buy.steps={steps}",
        'calls."shop -> stock"={via: jobs, cancel: at_dequeue, breaker: {scope: edge}}',
        'calls."bank -> provider".via=jobs',
        *more,
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("style", STYLES)
def test_in_a_storm(tmp_path: Path, style: str, mode: str) -> None:
    check(storm(tmp_path, style, mode))


@pytest.mark.parametrize("mode", MODES)
def test_when_the_run_is_cut_off_in_the_middle(tmp_path: Path, mode: str) -> None:
    played = storm(tmp_path, "saga", mode, "run.drain=0s", "run.duration=1900ms", "run.seed=4")
    assert any(row.state == "unfinished" for row in played.rows())


BROKERS = {
    "redis_pubsub": "{preset: redis_pubsub}",
    "redis_streams": "{preset: redis_streams, visibility_timeout: 400ms, max_deliveries: 3}",
    "rabbitmq": "{preset: rabbitmq, queue_type: quorum, visibility_timeout: 400ms}",
    "sqs": "{preset: sqs, queue_type: fifo, visibility_timeout: 400ms, max_deliveries: 3}",
    "kafka": "{preset: kafka, session_timeout: 400ms, heartbeat: 100ms}",
}


@pytest.mark.parametrize("broker", BROKERS)
def test_in_a_storm_over_every_broker(tmp_path: Path, broker: str) -> None:
    """The subscriptions leave out what not every broker has."""
    plain = "topics.noted.subscribers=[mail.note]"
    check(storm(tmp_path, "saga", "outbox", f"brokers.jobs={BROKERS[broker]}", plain))


@pytest.mark.stat
@pytest.mark.parametrize("seed", range(100, 106))
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("style", STYLES)
def test_in_many_storms(tmp_path: Path, style: str, mode: str, seed: int) -> None:
    check(storm(tmp_path, style, mode, f"run.seed={seed}"))
    check(
        storm(
            tmp_path,
            style,
            mode,
            f"run.seed={seed}",
            *(f"services.{name}.holds_worker=false" for name in ("gateway", "shop", "bank")),
        )
    )
    storm(tmp_path, style, mode, f"run.seed={seed}", "run.drain=0s")
