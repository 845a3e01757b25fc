"""Messages are known again by their request and their place, also where nothing leaves an effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import play

TWICE = """
services:
  front: {workers: 9, operations: {ask: {steps: [{call: shop.tell}]}}}
  shop: {workers: 9, operations: {tell: {steps: [{publish: news}, {publish: news}]}}}
  desk: {workers: 9, operations: {note: {work: 1ms}}}
brokers: {bus: {preset: durable_queue}}
topics: {news: {broker: bus, subscribers: [{operation: desk.note}]}}
workload: [{call: front.ask, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 10s}
"""


@pytest.mark.parametrize(
    "setting",
    [
        "topics.news.subscribers=[desk.note]",
        "topics.news.subscribers=[{operation: desk.note, deduplicate: true}]",
        "brokers.bus={preset: sqs, queue_type: fifo}",
    ],
)
def test_two_messages_of_one_request_are_two(tmp_path: Path, setting: str) -> None:
    played = play(tmp_path, TWICE, setting)
    assert played.count("topic:news") == 2 * played.count("call:client->front") > 0
