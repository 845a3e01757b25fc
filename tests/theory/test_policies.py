"""Retries, breakers, sagas and fan-out against closed forms. Each check raises a false alarm on one seed in a thousand.

Sources: J. R. Jackson 1957 and E. Reich 1957 (tandem queues); L. Flatto and S. Hahn 1984, R. Nelson and A. Tantawi 1988
(fork and join); H. A. David, Order Statistics; renewal-reward arguments for the breaker; J. D. C. Little 1961.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import play
from tests.theory.agreement import agree, each, figures, replications

# -- retries ---------------------------------------------------------------------------------------------------

FAILING = """
services:
  a: {workers: 64, operations: {run: {steps: [{call: b.run}]}}}
  b: {workers: 64, operations: {run: {work: 1ms, server_errors: 50%}}}
calls: {a -> b: {retry: {max_retries: 3}}}
workload: [{call: a.run, arrivals: {process: poisson, rate: 100/s}}]
run: {duration: 10s, record: summary, window: 10s, seed: 5}
"""


@pytest.mark.parametrize(("failing", "retries"), [(0.5, 3), (0.2, 2), (0.75, 3)])
def test_retries_raise_success_and_load(tmp_path: Path, failing: float, retries: int) -> None:
    """K retries of what fails with probability f: success 1 - f^(k+1), attempts (1 - f^(k+1)) / (1 - f)."""
    settings = (f"services.b.operations.run.server_errors={failing}", f'calls."a -> b".retry.max_retries={retries}')
    played = replications(tmp_path, FAILING, *settings)
    success = 1 - failing ** (retries + 1)
    assert agree(each(played, lambda one: 1 - one.figure("run", "error_rate")), success, precision=0.03)
    attempts = success / (1 - failing)
    assert agree(each(played, lambda one: one.figure("run", "calls_per_request") - 1), attempts, precision=0.03)


def test_layers_of_retries_multiply(tmp_path: Path) -> None:
    """Three layers that try four times each: 64 attempts at the bottom, exactly."""
    layers = """
    services:
      a: {workers: 8, operations: {run: {steps: [{call: b.run}]}}}
      b: {workers: 8, operations: {run: {steps: [{call: c.run}]}}}
      c: {workers: 8, operations: {run: {steps: [{call: d.run}]}}}
      d: {workers: 8, operations: {run: {work: 1ms, server_errors: 100%}}}
    calls: {default: {retry: {attempts: 4}}}
    workload: [{call: a.run, arrivals: {process: renewal, law: 100s}}]
    run: {duration: 199s}
    """
    assert play(tmp_path, layers).count("service:d") == 64


# -- breaker ---------------------------------------------------------------------------------------------------

DEAD = """
services:
  b: {workers: 64, operations: {run: {work: 0ms, server_errors: 100%}}}
calls: {client -> b: {breaker: {preset: strict, max_failures: 5, open_for: 10s}}}
workload: [{call: b.run, arrivals: {process: poisson, rate: 2/s}}]
run: {duration: 30m, warmup: 1m, record: summary, seed: 5}
"""


@pytest.mark.parametrize(("probe", "share"), [("0ms", 1 / 21), ("500ms", 1 / 22)])
def test_a_breaker_before_a_dead_service_lets_its_probes_through(tmp_path: Path, probe: str, share: float) -> None:
    """A cycle is the open time, the wait for the next call, and the probe itself: 1 / (1 + lambda (T + D))."""
    played = replications(tmp_path, DEAD, f"services.b.operations.run.work={probe}", number=10)
    through = each(played, lambda one: one.figure("service:b", "throughput") / 2)
    assert agree(through, share, precision=0.03)


# -- saga ------------------------------------------------------------------------------------------------------

STEPS = ", ".join(f"{{call: b.do{k}, undo: b.undo}}" for k in range(4))
SAGA = f"""
services:
  a: {{workers: 64, operations: {{run: {{style: saga, steps: [{STEPS}]}}}}}}
  b:
    workers: 64
    operations:
      do0: {{work: 1ms, server_errors: 5%, effect: true}}
      do1: {{work: 1ms, server_errors: 5%, effect: true}}
      do2: {{work: 1ms, server_errors: 5%, effect: true}}
      do3: {{work: 1ms, server_errors: 5%, effect: true}}
      undo: {{work: 1ms}}
workload: [{{call: a.run, arrivals: {{process: poisson, rate: 50/s}}}}]
run: {{duration: 20s, record: summary, window: 10s, seed: 5}}
"""


def test_a_saga_commits_and_undoes_as_often_as_it_must(tmp_path: Path) -> None:
    """Four steps that fail with 5 % each: (1-p)^4 commit; 0.26636 undos and 3.70988 forward steps are expected."""
    played = replications(tmp_path, SAGA)
    assert agree(figures(played, "run", "done"), 0.95**4, precision=0.02)
    assert agree(figures(played, "run", "undone"), 1 - 0.95**4, precision=0.12)
    calls = each(played, lambda one: one.figure("run", "calls_per_request") - 1)
    assert agree(calls, 3.709875 + 0.26635625, precision=0.01)
    assert figures(played, "run", "orphaned") == [0.0] * 20


def test_a_saga_whose_steps_are_retried(tmp_path: Path) -> None:
    played = replications(tmp_path, SAGA, 'calls={"a -> b": {retry: {max_retries: 2}}}', number=10)
    assert agree(figures(played, "run", "done"), (1 - 0.05**3) ** 4, precision=0.003)


# -- networks --------------------------------------------------------------------------------------------------

TANDEM = """
services:
  front:
    workers: 64
    holds_worker: false
    operations: {run: {steps: [{call: s1.run}, {call: s2.run}, {call: s3.run}]}}
  s1: {workers: 1, operations: {run: {work: {dist: exponential, mean: 10ms}}}}
  s2: {workers: 1, operations: {run: {work: {dist: exponential, mean: 12.5ms}}}}
  s3: {workers: 1, operations: {run: {work: {dist: exponential, mean: 14.2857142857ms}}}}
workload: [{call: front.run, arrivals: {process: poisson, rate: 50/s}}]
run: {duration: 44s, warmup: 4s, record: summary, window: 10s, seed: 5}
"""


def test_three_queues_in_a_row(tmp_path: Path) -> None:
    """Jackson: the means add up, 1/(mu - lambda) each; Reich: the stays are independent."""
    played = replications(tmp_path, TANDEM)
    assert agree(figures(played, "run", "latency_mean"), 0.10333333, precision=0.10)
    assert agree(figures(played, "run", "latency_p95"), 0.2246842, precision=0.15)


def test_requests_in_a_service_are_its_rate_times_their_stay(tmp_path: Path) -> None:
    """Little's law holds for each service: in every run, not only on average (but for those across the ends)."""
    for played in replications(tmp_path, TANDEM, number=4):
        for name in ("s1", "s2", "s3"):
            service = f"service:{name}"
            inside = played.figure(service, "queue_length") + played.figure(service, "utilization")
            rate, stay = (
                played.figure(f"call:front->{name}", metric) for metric in ("throughput", "answer_latency_mean")
            )
            assert inside == pytest.approx(rate * stay, rel=0.02)


FORK = """
services:
  front:
    workers: 100000
    operations: {run: {steps: [{parallel: {steps: [{call: s1.run}, {call: s2.run}]}}]}}
  s1: {workers: 1, operations: {run: {work: {dist: exponential, mean: 10ms}}}}
  s2: {workers: 1, operations: {run: {work: {dist: exponential, mean: 10ms}}}}
workload: [{call: front.run, arrivals: {process: poisson, rate: 50/s}}]
run: {duration: 34s, warmup: 4s, record: summary, window: 10s, seed: 5}
"""


def test_a_request_that_forks_waits_for_the_slower_branch(tmp_path: Path) -> None:
    """Two M/M/1 branches at load 0.5: (12 - rho) / 8 times the mean stay in one of them."""
    assert agree(figures(replications(tmp_path, FORK), "run", "latency_mean"), 0.02875, precision=0.10)


def test_a_quorum_waits_for_an_order_statistic(tmp_path: Path) -> None:
    """Three of five exponential branches that never queue: 1/5 + 1/4 + 1/3 of a mean."""
    branches = "[" + ", ".join("{call: s1.run}" for _ in range(5)) + "]"
    settings = (
        f"services.front.operations.run.steps=[{{parallel: {{steps: {branches}, until: 3}}}}]",
        "services.s1.workers=1000",
    )
    played = replications(tmp_path, FORK, *settings, "run.duration=14s")
    assert agree(figures(played, "run", "latency_mean"), 0.010 * (1 / 5 + 1 / 4 + 1 / 3), precision=0.04)
