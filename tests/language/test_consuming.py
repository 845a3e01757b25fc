"""What consumers and publishers ask for and cannot have is said at its line; what they can have is accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.language.building import problems

FILE = """
services:
  desk: {workers: 1, operations: {send: {steps: [{publish: sold}]}}}
  mail:
    workers: 1
    operations:
      note: {work: 1ms, effect: true}
      many: {steps: [{work: 1ms}, {call: store.look}]}
  store:
    workers: 1
    operations:
      look: {work: 1ms}
      save: {work: 1ms, effect: true}
      forward: {steps: [{call: store.save}]}
brokers: {bus: {preset: durable_queue}}
topics: {sold: {broker: bus, subscribers: [{operation: mail.note}]}}
workload: [{call: desk.send, arrivals: {process: poisson, rate: 1/s}}]
run: {duration: 1m}
"""
ENTRY = "topics.sold.subscribers[0]"
NOTE = "services.mail.operations.note"
BATCH = f"{ENTRY}.batch={{size: 10}}"


@pytest.mark.parametrize("preset", ["durable_queue", "kafka", "rabbitmq", "redis_pubsub", "redis_streams", "sqs"])
@pytest.mark.parametrize(
    "written",
    [
        f"{ENTRY}.retry={{max_retries: 2, backoff: {{kind: fixed, base: 1s}}}}",
        f"{ENTRY}.deduplicate=true",
        f"{ENTRY}.deduplicate={{window: 24h}}",
        f"{ENTRY}.batch={{size: 10, linger: 5ms}}",
        f"{ENTRY}.poison=0.01%",
        "brokers.bus.capacity=300/s",
        "brokers.bus.when_down=block",
        "brokers.bus.when_down={kind: buffer, wait: 30s, limit: 1000}",
    ],
)
def test_what_every_broker_can_do_is_accepted(tmp_path: Path, preset: str, written: str) -> None:
    assert problems(tmp_path, FILE, f"brokers.bus.preset={preset}", written) == []


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ([f"{ENTRY}.poison=2"], "a share is at most 100%"),
        ([f"{ENTRY}.batch={{linger: 1s}}"], "size"),
        ([f"{ENTRY}.batch={{size: 0}}"], "must be at least 1"),
        ([f"{ENTRY}.deduplicate=sometimes"], "must be true, false or {window: 24h}"),
        ([f"{ENTRY}.retry={{backoff: {{kind: fixed, base: 1s}}}}"], "'max_retries' is missing"),
        ([f"{ENTRY}.retry={{max_retries: unlimited}}"], "unlimited retries need a backoff"),
        ([f"{ENTRY}.retry={{max_retries: 2, budget: {{kind: grpc}}}}"], "a budget belongs to calls between services"),
        (["brokers.bus.overload=reject"], "write capacity too"),
        (["brokers.bus.capacity=0"], "must be above 0"),
        (["brokers.bus.when_down=panic"], "must be one of error, block, buffer"),
        (["brokers.bus.when_down={kind: block, limit: 5}"], "only a buffer has a limit"),
        (["brokers.bus.when_down={wait: 5s}"], "write kind: block or kind: buffer"),
        ([f"{NOTE}.style=queue", f"{ENTRY}.retry={{max_retries: 1}}"], "retry needs style: sync"),
        ([f"{NOTE}.style={{kind: saga}}", f"{ENTRY}.deduplicate=true"], "deduplicate needs style: sync"),
        ([BATCH, f"{NOTE}={{work: none, steps: [{{publish: sold}}]}}"], "'publish' is no step for it"),
        ([BATCH, f"{NOTE}={{work: none, steps: [{{work: 1ms, effect: true}}]}}"], "give the operation the effect"),
        ([BATCH, f"{NOTE}={{work: none, steps: [{{call: store.save}}]}}"], "store.save leaves an effect"),
        ([BATCH, f"{NOTE}={{work: none, steps: [{{call: store.forward}}]}}"], "store.forward leaves an effect"),
        (
            ["brokers.bus.preset=redis_pubsub", "services.desk.operations.send.steps[0].delay=5s"],
            "redis_pubsub hands messages out at once",
        ),
        (
            ["brokers.bus.preset=kafka", "services.desk.operations.send.steps[0].delay=5s"],
            "kafka cannot keep a message back",
        ),
        (
            ["brokers.bus={preset: rabbitmq, delivery_latency: 0}", f"{ENTRY}.poison=1%"],
            "would go round for ever in no time",
        ),
        (["brokers.bus={preset: redis_pubsub, cut_off: {hard: 5s}}"], "size"),
    ],
)
def test_what_cannot_be_had_is_said_where_it_stands(tmp_path: Path, overrides: list[str], said: str) -> None:
    found = problems(tmp_path, FILE, *overrides)
    assert [line for line in found if said in line], found


@pytest.mark.parametrize(
    "overrides",
    [
        [BATCH],
        [BATCH, f"{ENTRY}.operation=mail.many"],
        ["brokers.bus={preset: rabbitmq}", f"{ENTRY}.poison=1%"],
        ["brokers.bus={preset: rabbitmq, queue_type: quorum, delivery_latency: 0}", f"{ENTRY}.poison=1%"],
        [f"{NOTE}.style=queue", f"{ENTRY}.deduplicate=false"],
        ["services.desk.operations.send.steps[0].delay={dist: exponential, mean: 5s}"],
        ["brokers.bus.when_down=block", "brokers.bus.when_down.wait=5s"],
    ],
)
def test_what_only_looks_like_it_is_accepted(tmp_path: Path, overrides: list[str]) -> None:
    assert problems(tmp_path, FILE, *overrides) == []
