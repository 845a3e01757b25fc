"""Sagas, messages that are handled more than once or never, and caches by time."""

from __future__ import annotations

from collections.abc import Sequence

from tests.truth.cases import Check, Figure, Model, Section
from tests.truth.figures import derived, metric
from tests.truth.pooling import counted


def saga(failing: Sequence[float], more: str = "") -> str:
    """An experiment whose saga's steps fail with these probabilities; the completed ones are then undone."""
    numbers = range(len(failing))
    steps = ", ".join(f"{{call: steps.s{number}, undo: undos.u{number}}}" for number in numbers)
    forward = ", ".join(
        f"s{number}: {{work: 1ms, effect: true, server_errors: {failing[number]}}}" for number in numbers
    )
    back = ", ".join(f"u{number}: {{work: 1ms}}" for number in numbers)
    return f"""
services:
  shop: {{workers: unlimited, operations: {{buy: {{style: saga, steps: [{steps}]}}}}}}
  steps: {{workers: unlimited, operations: {{{forward}}}}}
  undos: {{workers: unlimited, operations: {{{back}}}}}
workload: [{{call: shop.buy, arrivals: {{process: poisson, rate: 500/s}}}}]
run: {{duration: 40s, replications: 20, record: summary, window: 40s}}
{more}"""


def _per_saga(service: str) -> Figure:
    """Executions at a service, per saga."""
    return derived(
        lambda executed, sagas: executed / sagas,
        metric(f"service:{service}", "throughput"),
        metric("buy", "throughput"),
    )


FOUR = (0.05, 0.05, 0.05, 0.05)
COMMITTED = metric("buy", "done")

SAGAS = (
    Model(
        name="saga_of_4",
        text=saga(FOUR),
        checks=(
            Check("saga_4_0.05_commit", COMMITTED, precision=0.006),
            Check("saga_4_0.05_comp", _per_saga("undos"), precision=0.035),
            Check("saga_4_0.05_steps", _per_saga("steps"), precision=0.003),
        ),
    ),
    Model(
        name="saga_of_5",
        text=saga((0.01, 0.02, 0.05, 0.1, 0.02)),
        checks=(Check("saga_5_0.01_comp", _per_saga("undos"), precision=0.03),),
    ),
    Model(
        name="saga_with_retries",
        text=saga(FOUR, 'calls: {"shop -> steps": {retry: {max_retries: 2}}}'),
        checks=(Check("saga_retry_commit", COMMITTED, precision=0.0003, interval=counted("buy", "done")),),
    ),
)

MESSAGES = """
services: {desk: {workers: unlimited, operations: {handle: {work: 1ms, effect: true}}}}
brokers: {mail: {preset: durable_queue, publish_latency: 0ms, delivery_latency: 0ms, redelivery_delay: 0s}}
topics: {news: {broker: mail, subscribers: [{operation: desk.handle, consumers: 1000}]}}
workload: [{name: news, publish: news, arrivals: {process: poisson, rate: 1000/s}}]
run: {duration: 40s, drain: 400s, replications: 20, record: summary, window: 40s}
"""

QUEUES = (
    Model(
        name="dead_letters",
        text=MESSAGES,
        overrides=("services.desk.operations.handle.server_errors=20%",),
        checks=(Check("mq_dlq", metric("topic:news", "dead_lettered"), precision=0.45),),
    ),
    Model(
        name="lost_acknowledgements",
        text=MESSAGES,
        overrides=(
            "network={desk -> mail: {loss: 5%}, mail -> desk: {loss: 0%}}",
            "brokers.mail={visibility_timeout: 2s, max_deliveries: 1000}",
            "workload.news.arrivals.rate=200/s",
        ),
        checks=(
            Check(
                "mq_dup",
                derived(lambda twice: 1 + twice, metric("news", "duplicates")),
                precision=0.006,
                note="one and the duplicated effects: each delivery leaves one",
            ),
        ),
    ),
)

CACHES = Model(
    name="caches_by_time",
    text="""
keys: {item: {dist: uniform, n: 100}}
services:
  app:
    workers: unlimited
    operations: {view: {steps: [{cached: {name: goods, ttl: 10s, steps: [{pause: 0s}]}}]}}
workload: [{call: app.view, key: item, arrivals: {process: poisson, rate: 20/s}}]
run: {duration: 1200s, warmup: 200s, replications: 20, record: summary, window: 1000s}
baseline: fixed
variants: {fixed: {}, sliding: {"services.app.operations.view.steps[0].cached.sliding": true}}
""",
    checks=(
        Check(
            "ttl_cache",
            metric("cache:goods", "hit_ratio", variant="fixed"),
            precision=0.006,
            note="100 keys that are alike, 0.2/s each",
        ),
        Check(
            "ttl_cache_sliding",
            metric("cache:goods", "hit_ratio", variant="sliding"),
            precision=0.005,
            note="the same",
        ),
    ),
)

SECTION = Section(title="Sagas, messages and caches", models=(*SAGAS, *QUEUES, CACHES))
