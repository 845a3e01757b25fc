"""A choreography over every broker whose deliveries end: done, turned round by a refusal or a dead letter, or stuck."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.styles.shop import OPERATION, fails, refuses, shop
from tests.support import Played

PRESETS = ["durable_queue", "redis_streams", "rabbitmq", "sqs", "kafka"]
ENDLESS = ["redis_streams", "rabbitmq"]
"""Their own defaults know no last delivery: XAUTOCLAIM and a classic queue's requeue go on for ever."""

every_broker = pytest.mark.parametrize("preset", PRESETS)


def over(folder: Path, preset: str, *overrides: str) -> Played:
    """The shop with a second between deliveries at the most, and three deliveries."""
    own = ("visibility_timeout", "redelivery_delay", "max_deliveries")
    forgotten = [f"brokers.jobs.{key}=none" for key in own]
    queue = "rabbitmq, queue_type: quorum" if preset == "rabbitmq" else preset
    limits = [f"brokers.jobs={{preset: {queue}, max_deliveries: 3}}"]
    if preset in ("sqs", "redis_streams"):
        limits.append("brokers.jobs.visibility_timeout=1s")
    return shop(folder, "choreography", *forgotten, *limits, "run.drain=500s", *overrides)


@every_broker
def test_it_is_done(tmp_path: Path, preset: str) -> None:
    row = over(tmp_path, preset).row()
    assert (row.outcome, row.state, row.duplicates, row.dead_lettered) == ("ok", "done", 0, 0)


@every_broker
def test_a_refusal_turns_it_round(tmp_path: Path, preset: str) -> None:
    played = over(tmp_path, preset, refuses("bank.charge"))
    assert (played.row().state, played.row().dead_lettered, played.row().stuck) == ("undone", 0, 0)
    assert (played.count("service:stock"), played.count("topic:failed")) == (2, 1)


@every_broker
def test_a_dead_letter_turns_it_round(tmp_path: Path, preset: str) -> None:
    played = over(tmp_path, preset, fails("bank.charge"))
    assert (played.row().state, played.row().dead_lettered, played.row().stuck) == ("undone", 1, 0)
    assert (played.count("service:bank"), played.count("topic:failed")) == (3, 1)


@every_broker
def test_an_undo_whose_last_delivery_fails_is_stuck(tmp_path: Path, preset: str) -> None:
    played = over(tmp_path, preset, f"{OPERATION}.server_errors=100%", fails("bank.refund"))
    assert (played.row().state, played.row().stuck, played.row().dead_lettered) == ("orphaned", 1, 1)
    assert played.count("service:stock") == 2


@pytest.mark.parametrize("preset", ENDLESS)
def test_where_deliveries_have_no_end_a_step_that_fails_turns_nothing_round(tmp_path: Path, preset: str) -> None:
    endless = [f"brokers.jobs.{key}=none" for key in ("visibility_timeout", "redelivery_delay", "max_deliveries")]
    endless += [f"brokers.jobs.preset={preset}", "run.drain=20s"]
    row = shop(tmp_path, "choreography", *endless, fails("bank.charge")).row()
    assert (row.state, row.dead_lettered) == ("unfinished", 0)
