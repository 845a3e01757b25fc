"""Experiments in which something is overloaded say so, and stable ones do not."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from experiments.api import run
from experiments.results.cautions import Caution

ONE_SERVER = """\
services:
  server:
    workers: 1
    operations:
      answer: {work: {dist: exponential, mean: 50ms}}
workload:
  - {call: server.answer, arrivals: {process: poisson, rate: RATE}}
run: {duration: 600s, drain: 0s, replications: 3, record: summary, seed: SEED}
"""


def cautions(folder: Path, text: str, *overrides: str) -> list[Caution]:
    file = folder / "experiment.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    found = run(file, overrides=overrides).cautions
    rows = [Caution(*map(str, row)) for row in found.itertuples(index=False)]
    return [row for row in rows if row.kind == "unstable_queue"]


def raised(folder: Path, load: float, seed: int, replications: int = 3) -> bool:
    text = ONE_SERVER.replace("RATE", f"{20 * load:g}/s").replace("SEED", str(seed))
    return bool(cautions(folder, text, f"run.replications={replications}"))


@pytest.mark.parametrize(("load", "expected"), [(0.9, False), (0.95, False), (1.05, True), (1.2, True)])
def test_a_queue_is_called_unstable_where_more_comes_than_goes(tmp_path: Path, load: float, expected: bool) -> None:
    assert raised(tmp_path, load, seed=1) is expected


@pytest.mark.stat
@pytest.mark.parametrize("load", [0.9, 0.95])
def test_stable_queues_raise_it_in_less_than_one_experiment_of_fifty(tmp_path: Path, load: float) -> None:
    """Of 100 experiments. None raised it when this was written; the seeds are fixed, so none will by chance."""
    assert sum(raised(tmp_path, load, seed) for seed in range(100)) < 100 / 50


@pytest.mark.stat
@pytest.mark.parametrize(("load", "at_least"), [(1.05, 38), (1.2, 40)])
def test_overloaded_queues_are_nearly_always_caught(tmp_path: Path, load: float, at_least: int) -> None:
    assert sum(raised(tmp_path, load, seed) for seed in range(40)) >= at_least


TOPIC = """\
services:
  mail: {workers: 10, operations: {send: {work: {dist: exponential, mean: 100ms}}}}
brokers: {post: {preset: durable_queue}}
topics: {notices: {broker: post, subscribers: [{operation: mail.send, consumers: 2}]}}
workload:
  - {name: notice, publish: notices, arrivals: {process: poisson, rate: 30/s}}
run: {duration: 60s, drain: 1s, replications: 3, record: summary}
"""


def test_a_backlog_names_its_topic_and_how_fast_it_grows(tmp_path: Path) -> None:
    (found,) = cautions(tmp_path, TOPIC)
    assert (found.variant, found.operation, found.metric) == ("base", "topic:notices", "backlog")
    assert "messages a minute" in found.detail
    assert "load about 1.5" in found.detail


def test_a_queue_that_fills_in_a_fault_and_drains_is_stable(tmp_path: Path) -> None:
    slow = "faults=[{kind: slowdown, target: server, factor: 8, at: 200s, for: 60s}]"
    text = ONE_SERVER.replace("RATE", "12/s").replace("SEED", "3")
    assert cautions(tmp_path, text, slow) == []


def test_a_queue_with_a_bound_is_stable(tmp_path: Path) -> None:
    text = ONE_SERVER.replace("RATE", "30/s").replace("SEED", "3")
    assert cautions(tmp_path, text, "services.server.queue.capacity=20") == []


def test_a_run_of_few_windows_is_called_overloaded_where_that_was_known_beforehand(tmp_path: Path) -> None:
    short = ONE_SERVER.replace("RATE", "40/s").replace("SEED", "3")
    for window in ("1s", "8s"):
        (found,) = cautions(tmp_path, short, "run.duration=8s", f"run.window={window}")
        assert (found.operation, found.metric) == ("service:server", "queue_length")
        assert "load about 2.00" in found.detail


def test_a_short_run_that_turns_the_excess_away_is_stable(tmp_path: Path) -> None:
    short = ONE_SERVER.replace("RATE", "40/s").replace("SEED", "3")
    assert cautions(tmp_path, short, "run.duration=8s", "services.server.queue.capacity=140") == []


STICKY = """\
keys: {item: {dist: zipf, n: 2, s: 3}}
services:
  desk:
    workers: 1
    replicas: 2
    balancing: {kind: round_robin, sticky: item}
    operations:
      ask: {work: {dist: exponential, mean: 50ms}}
workload:
  - {call: desk.ask, key: item, arrivals: {process: poisson, rate: RATE}}
run: {duration: 120s, drain: 0s, replications: 2, record: summary}
"""


def test_one_replica_that_gets_more_than_it_can_do_is_seen_though_the_other_is_idle(tmp_path: Path) -> None:
    """Eight of nine requests are for one key: loads of 1.33 and 0.17, or both keys at one replica and 1.5."""
    (found,) = cautions(tmp_path, STICKY.replace("RATE", "30/s"))
    assert found.operation == "service:desk"
    assert "not all are loaded alike" in found.detail


@pytest.mark.stat
def test_a_hot_replica_that_can_just_do_it_is_stable(tmp_path: Path) -> None:
    """Its load is 0.84, or 0.95 where both keys go there; the mean is 0.48, so only the growth itself can tell."""
    text = STICKY.replace("RATE", "19/s").replace("120s", "600s")
    assert sum(bool(cautions(tmp_path, text, f"run.seed={seed}")) for seed in range(100)) < 100 / 50


CORES = "workers: unlimited, holds_worker: false, cores: 1"
SHARED = "workers: 1, queue: {discipline: ps}"
INSIDE = """\
services:
  desk: {SERVERS, operations: {ask: {work: {cpu: {dist: exponential, mean: 20ms}}}}}
workload:
  - {call: desk.ask, arrivals: {process: poisson, rate: 65/s}}
run: {duration: 60s, replications: 3, record: summary}
"""


@pytest.mark.parametrize(("servers", "metric"), [(CORES, "cpu_utilization"), (SHARED, "utilization")])
@pytest.mark.parametrize(
    "change", ["run.seed=1", "run.drain=0s", "run.window=60s", 'calls={"client -> desk": {timeout: 500ms}}']
)
def test_requests_that_pile_up_where_nobody_queues_are_seen(
    tmp_path: Path, servers: str, metric: str, change: str
) -> None:
    """By latencies; by what was not carried out where answers do not come in time, or there is but one window."""
    (found,) = cautions(tmp_path, INSIDE.replace("SERVERS", servers), change)
    assert (found.operation, found.metric) == ("service:desk", metric)
    assert "1.30 times what they can do" in found.detail


@pytest.mark.parametrize(
    "change",
    [
        "workload[0].arrivals.rate=45/s",
        "services.desk.adaptive_limit={kind: aimd, min: 1, max: 20}",
        'calls={"client -> desk": {bulkhead: {limit: 10}}}',
        "workload[0].arrivals={process: closed, users: 20, think: 10ms}",
    ],
)
@pytest.mark.parametrize("servers", [CORES, SHARED])
def test_servers_that_are_only_busy_are_stable(tmp_path: Path, servers: str, change: str) -> None:
    """Loaded to 0.9, with a bound on who is inside, or with users who wait for their answers."""
    assert cautions(tmp_path, INSIDE.replace("SERVERS", servers), change) == []
