"""Whatever happens, the books balance: `run_once` raises where a request, message or worker is unaccounted for."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest

from simulator import causes
from tests.styles.storm import STORM
from tests.support import Played, play

DURABLE = "{kind: saga, durable: true, on_undo_failure: retry, undo_failed_step: unknown, timeout: 300ms}"
AT_ONCE = """{kind: saga, durable: true, resume_after: 50ms, timeout: 200ms, undo_order: parallel,
  on_undo_failure: retry, undo_retry: {max_retries: 2, backoff: {kind: exponential, base: 20ms, jitter: full}}}"""
EVENTS_AT_ONCE = "{kind: choreography, undo_order: parallel, undo_failed_step: unknown, timeout: 300ms}"
STYLES = ["sync", "queue", "saga", DURABLE, AT_ONCE, "choreography", EVENTS_AT_ONCE, "hybrid"]
CAUSES = {value for name, value in vars(causes).items() if name.isupper() and isinstance(value, str)}
CAUSES |= set(causes.RETRY_AFTER.values())
CANCELS = ["never", "at_dequeue", "queued", "always"]


def storm(folder: Path, style: str, cancel: str, holds: str, *more: str) -> Played:
    return play(
        folder,
        STORM,
        f"services.shop.operations.buy.style={style}",
        f"policies.hard.cancel={cancel}",
        f'calls."client -> gateway".cancel={cancel}',
        *(f"services.{name}.holds_worker={holds}" for name in ("gateway", "shop", "bank")),
        *more,
    )


def check(played: Played) -> None:
    rows = played.rows()
    assert len(rows) > 200
    assert len({row.outcome for row in rows}) >= 3  # the storm does blow
    for row in rows:
        assert row.state in {"done", "undone", "orphaned", "unfinished"}
        assert row.outcome or row.state == "unfinished"
        assert not row.answered < row.arrived
        assert math.isnan(row.completed) == (row.state in {"orphaned", "unfinished"})
    states = Counter(row.state for row in rows)
    for state in ("done", "undone", "orphaned", "unfinished"):
        shares = [played.figure(name, state) for name in ("buy", "path")]
        sizes = [len(played.rows(name)) for name in ("buy", "path")]
        whole = sum(share * size for share, size in zip(shares, sizes, strict=True))
        assert whole == pytest.approx(states[state])
    check_wrongs(played)


def check_wrongs(played: Played) -> None:
    """Every unit above one, every half-done request and every false answer has one cause, and a known one."""
    rows = played.rows()
    columns = played.result.effects
    found: Counter[str] = Counter()
    for what, cause, units in zip(columns["what"], columns["cause"], columns["units"], strict=True):
        if cause:
            found[what] += units
            assert cause in CAUSES or cause.startswith("answered_"), cause
    settled = [row for row in rows if row.state != "unfinished"]
    assert found["more_than_once"] == sum(row.duplicates for row in rows)
    assert found["orphaned"] == sum(row.state == "orphaned" for row in settled)
    assert found["false_ok"] == sum(row.outcome == "ok" and row.state != "done" for row in settled)
    assert found["false_error"] == sum(row.outcome not in ("ok", "") and row.state == "done" for row in settled)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("cancel", "holds"), [("never", "true"), ("queued", "false"), ("always", "true")])
def test_in_a_storm(tmp_path: Path, style: str, cancel: str, holds: str) -> None:
    check(storm(tmp_path, style, cancel, holds))


@pytest.mark.parametrize("style", ["queue", "choreography", "hybrid"])
@pytest.mark.parametrize("when_down", ["block", "{kind: buffer, wait: 200ms, limit: 20}"])
def test_when_publishers_wait_for_their_broker_or_keep_what_it_cannot_take(
    tmp_path: Path, style: str, when_down: str
) -> None:
    waiting = [f"brokers.{name}.when_down={when_down}" for name in ("jobs", "bus")]
    handling = [
        "topics.noted.subscribers[0].batch={size: 4, linger: 10ms}",
        "topics.sold.subscribers[0].deduplicate=true",
    ]
    check(storm(tmp_path, style, "never", "true", *waiting, *handling, "brokers.jobs.capacity=200/s"))


@pytest.mark.parametrize("style", ["queue", "saga", "choreography"])
def test_when_the_run_is_cut_off_in_the_middle(tmp_path: Path, style: str) -> None:
    played = storm(tmp_path, style, "queued", "true", "run.drain=0s", "run.duration=1900ms", "run.seed=4")
    assert any(row.state == "unfinished" for row in played.rows())


BUY = """[
  {with: {pool: db, steps: [
    {work: {cpu: {dist: exponential, mean: 3ms}, io: 2ms}, effect: true, undo: 1ms},
    {call: stock.take, undo: stock.give, times: 2}]}},
  {parallel: {on_failure: fail_fast, steps: [
    [{with: {pool: db, steps: [{call: bank.charge, undo: bank.refund}, {with: {pool: disk, steps: [{work: 1ms}]}}]}}],
    [{with: {pool: disk, steps: [{call: stock.look}]}}, {pause: 5ms}]]}},
  {publish: sold, critical: false}]"""
SHARED = (
    f"services.shop.operations.buy.steps={BUY}",
    "services.shop.cores=1",
    "services.shop.pools={db: {size: 2, wait: 40ms}, disk: {size: 1}}",
    "services.stock.queue={discipline: ps, capacity: 6}",
    "services.bank.queue={discipline: priority, capacity: 9}",
    "services.provider.queue={discipline: priority, preemptive: true, capacity: 5}",
    "services.mail.workers=unlimited",
    "services.mail.cores=1",
    "services.gateway.workers=unlimited",
    "workload.path.priority=2",
)
"""The same storm over everything that requests can share."""


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("cancel", "holds"), [("queued", "false"), ("always", "true")])
def test_in_a_storm_over_shared_resources(tmp_path: Path, style: str, cancel: str, holds: str) -> None:
    check(storm(tmp_path, style, cancel, holds, *SHARED))
    storm(tmp_path, style, cancel, holds, *SHARED, "run.drain=0s", "run.duration=2600ms")


@pytest.mark.stat
@pytest.mark.parametrize("seed", range(100, 110))
@pytest.mark.parametrize("holds", ["true", "false"])
@pytest.mark.parametrize("cancel", CANCELS)
@pytest.mark.parametrize("style", STYLES)
def test_in_many_storms(tmp_path: Path, style: str, cancel: str, holds: str, seed: int) -> None:
    check(storm(tmp_path, style, cancel, holds, f"run.seed={seed}"))
    storm(tmp_path, style, cancel, holds, f"run.seed={seed}", "run.drain=0s")
    check(storm(tmp_path, style, cancel, holds, *SHARED, f"run.seed={seed}"))
