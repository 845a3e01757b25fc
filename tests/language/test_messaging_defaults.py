from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.building import SHOP, scenario

TOPIC = "brokers: {{b: {{preset: {preset}}}}}\ntopics: {{sold: {{broker: b, subscribers: [{subscriber}]}}}}\n"


@pytest.mark.parametrize(
    ("preset", "handling", "deliver_to"),
    [("redis_pubsub", "concurrent", "every_replica"), ("durable_queue", "workers", "one_replica")],
)
def test_a_subscription_follows_its_brokers_kind(tmp_path: Path, preset: str, handling: str, deliver_to: str) -> None:
    text = SHOP + TOPIC.format(preset=preset, subscriber="stock.take")
    (entry,) = scenario(tmp_path, text).experiment.topics["sold"].subscribers
    assert (entry.name, entry.operation, entry.handling, entry.deliver_to) == (
        "take",
        "stock.take",
        handling,
        deliver_to,
    )


def test_what_a_subscription_writes_stays(tmp_path: Path) -> None:
    subscriber = "{operation: stock.take, handling: sequential, from: 5s}"
    text = SHOP + TOPIC.format(preset="redis_pubsub", subscriber=subscriber)
    (entry,) = scenario(tmp_path, text).experiment.topics["sold"].subscribers
    assert (entry.handling, entry.deliver_to, entry.from_) == ("sequential", "every_replica", 5.0)
