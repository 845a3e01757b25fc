"""Whatever is cut off, lost or crashes, wherever: books of small zoned experiments balance, runs can be repeated."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import columns_of, play

WORLD = """
services:
  front:
    replicas: {{a: 1, b: 1}}
    workers: 4
    operations:
      buy: {{style: {style}, broker: jobs, steps: [{{call: back.pay, undo: back.repay}}, {{publish: news}}]}}
  back:
    replicas: {{a: 1, b: 1, c: 1}}
    workers: 2
    queue: {{capacity: 5}}
    balancing: {{kind: {kind}{prefer}}}
    discovery: {{health_check: {{every: 500ms, failures: 1}}}}
    operations:
      pay: {{work: {{dist: exponential, mean: 30ms}}, effect: true, request_size: 2kB, response_size: 1kB}}
      repay: {{work: 5ms}}
  mail: {{replicas: {{b: 1, c: 1}}, workers: 2, operations: {{send: {{work: 20ms, effect: true}}}}}}
brokers: {{jobs: {{preset: durable_queue, visibility_timeout: 1s}}, bus: {{preset: {broker}}}}}
topics: {{news: {{broker: bus, message_size: 1kB, subscribers: [mail.send]}}}}
defaults: {{network: {{latency: 1ms}}}}
network:
  "zone:a -> zone:b": {{latency: 5ms, loss: 1%, bandwidth: 1Mbit/s}}
  "zone:b -> zone:b": {{latency: 0ms}}
calls:
  default: {{timeout: 200ms, retry: {{max_retries: 1}}, cancel: {cancel}}}
workload:
  - {{call: front.buy, arrivals: {{process: poisson, rate: 30/s}}}}
  - {{publish: news, name: news, arrivals: {{process: poisson, rate: 5/s}}}}
faults: [{faults}]
run: {{duration: 3s, drain: 60s, window: 1s}}
"""

ZONE = st.sampled_from(["zone:a", "zone:b", "zone:c"])
BETWEEN = st.builds("{} {} {}".format, ZONE, st.sampled_from(["->", "<->"]), ZONE)
NAMED = st.sampled_from(["front -> back", "back <-> front", "client -> front", "bus -> mail", "front <-> jobs"])
LINKS = ZONE | BETWEEN | NAMED
FAULT = st.one_of(
    st.builds("kind: partition, mode: {}, target: '{}'".format, st.sampled_from(["drop", "refuse"]), LINKS),
    st.builds("kind: loss, share: 50%, target: '{}'".format, LINKS),
    st.builds("kind: latency, add: 30ms, target: '{}'".format, LINKS),
    st.builds("kind: {}, target: '{}'".format, st.sampled_from(["crash", "pause", "errors, share: 50%"]), ZONE),
)
WHEN = st.tuples(st.integers(0, 25), st.integers(1, 25))


@settings(deadline=None, max_examples=20)
@given(
    faults=st.lists(st.tuples(FAULT, WHEN), max_size=4),
    style=st.sampled_from(["sync", "queue", "saga", "choreography", "hybrid"]),
    kind=st.sampled_from(["round_robin", "random", "least_outstanding", "power_of_two"]),
    prefer=st.sampled_from(["", ", prefer: same_zone"]),
    broker=st.sampled_from(["durable_queue", "redis_pubsub"]),
    cancel=st.sampled_from(["never", "queued", "always"]),
)
def test_the_books_balance_and_the_run_can_be_repeated(
    faults: list[tuple[str, tuple[int, int]]], style: str, kind: str, prefer: str, broker: str, cancel: str
) -> None:
    written = ", ".join(
        f"{{name: f{number}, {text}, at: {at / 10}s, for: {seconds / 10}s}}"
        for number, (text, (at, seconds)) in enumerate(faults)
    )
    text = WORLD.format(faults=written, style=style, kind=kind, prefer=prefer, broker=broker, cancel=cancel)
    with TemporaryDirectory() as folder:
        first, again = (play(Path(folder), text) for _ in range(2))
    assert len(first.rows()) > 40
    assert repr(columns_of(first.result)) == repr(columns_of(again.result))  # where nothing happened there are NaNs
