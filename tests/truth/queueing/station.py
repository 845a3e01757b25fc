"""One station, from which most models are made: theory's second is a second, and a service takes one on average."""

from __future__ import annotations

from tests.truth.figures import derived, metric

STATION = """
services:
  server:
    workers: 1
    operations: {work: {work: {dist: exponential, mean: 1s}}}
workload: [{call: server.work, arrivals: {process: poisson, rate: 0.8/s}}]
run: {duration: 150000s, warmup: 2000s, drain: 2000s, record: summary, replications: 20}
"""
REQUESTS = "run.record=requests"

MEAN = metric("work", "latency_mean")
P50, P95 = metric("work", "latency_p50"), metric("work", "latency_p95")
P99, P999 = metric("work", "latency_p99"), metric("work", "latency_p999")
LOSS = metric("work", "rejected_rate")
SERVED = metric("service:server", "throughput")
BUSY = metric("service:server", "utilization")
WAIT = derived(lambda waiting, served: waiting / served, metric("service:server", "queue_length"), SERVED)
"""Mean wait before service, by Little's law."""
LITTLE = "mean number waiting over throughput"


def rate(per_second: float) -> str:
    """Return the override of the rate of arrivals."""
    return f"workload.work.arrivals.rate={per_second!r}/s"


def arrivals(process: str) -> tuple[str, str]:
    """Return the overrides for another arrival process, a YAML mapping."""
    return "workload.work.arrivals=none", f"workload.work.arrivals={process}"


def workers(number: int) -> str:
    """Return the override of the number of servers."""
    return f"services.server.workers={number}"


def room(waiting: int) -> str:
    """Return the override of how many may wait; whoever comes then is lost."""
    return f"services.server.queue.capacity={waiting}"


def work(law: str) -> str:
    """Return the override of the law of a service."""
    return f"services.server.operations.work.work={law}"


def length(seconds: int, warmup: int = 2000) -> str:
    """Return the override of how long arrivals come, the warm-up included."""
    return f"run={{duration: {seconds}s, warmup: {warmup}s}}"


def users(number: int, think: str) -> tuple[str, str]:
    """Return the overrides for a closed number of users who think between two requests (a law)."""
    return arrivals(f"{{process: closed, users: {number}, think: {think}}}")
