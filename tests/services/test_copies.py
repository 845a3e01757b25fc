"""Steps on originals and copies: what a request carries, what its reads see, and reads through a cache."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import numpy as np
import pytest

from tests.support import Played, play

USERS = """
keys: {user: {dist: uniform, n: KEYS}}
brokers: {bus: {preset: redis_pubsub, publish_latency: 0s, delivery_latency: DELAY}}
topics: {updated: {broker: bus, subscribers: [reader.refresh]}}
services:
  users:
    workers: 99
    state: {profile: {key: user}}
    operations:
      update: {steps: STEPS}
      get: {steps: [{read: profile}]}
  reader:
    workers: 99
    state: {profile: {copy_of: users.profile, apply: APPLY}}
    operations:
      refresh: {steps: HANDLER}
      look: {steps: [{read: profile}]}
workload:
  - {call: users.update, arrivals: {process: renewal, law: 10s}}
  - {call: reader.look, arrivals: {process: constant, rate: 1/s}}
run: {duration: 39s}
"""
EVENT = "[{write: profile}, {publish: updated}]"


def written(text: str = USERS, **words: str) -> str:
    """The file, with words filled in."""
    usual = {"STEPS": EVENT, "KEYS": "1", "DELAY": "2.5s", "APPLY": "newest", "HANDLER": "[{write: profile}]"}
    for word, value in {**usual, **words}.items():
        text = text.replace(word, value)
    return text


def played(folder: Path, steps: str = EVENT, *overrides: str, **words: str) -> Played:
    return play(folder, written(STEPS=steps, **words), *overrides)


def staleness(run: Played, operation: str = "look") -> list[float]:
    """Of each request in order of arrival, rounded; NaN where it read nothing."""
    columns = run.result.requests
    assert columns is not None
    chosen = [name == operation for name in columns["operation"]]
    return [round(float(value), 9) for value in np.asarray(columns["staleness"])[chosen]]


def test_readers_of_a_copy_see_old_values_until_the_event_has_come(tmp_path: Path) -> None:
    """Written at 10, 20 and 30 s, the events come 2.5 s later; readers come every second."""
    run = played(tmp_path)
    after = {10: 0.0, 11: 1.0, 12: 2.0, 13: 0.0}
    arrivals = [row.arrived for row in run.rows("look")]
    expected = [after.get(10 + int(time) % 10, 0.0) if time > 9 else 0.0 for time in arrivals]
    assert staleness(run) == expected
    assert run.figure("look", "staleness_mean") == pytest.approx(sum(expected) / len(expected))
    assert run.figure("look", "stale_reads") == sum(value > 0 for value in expected) / len(expected)
    assert run.figure("service:reader", "behind") == pytest.approx(3 * 2.5 / 39)
    assert run.figure("service:reader", "diverged") == 0
    assert all(isnan(value) for value in staleness(run, "update"))


def test_a_copy_written_in_the_request_is_never_stale(tmp_path: Path) -> None:
    run = played(tmp_path, "[{write: profile}, {call: reader.refresh}]")
    assert set(staleness(run)) == {0.0}
    assert run.figure("service:reader", "behind") == 0


def test_an_event_that_is_lost_leaves_the_copy_behind_until_the_next_write(tmp_path: Path) -> None:
    down = "faults=[{kind: crash, target: reader, at: 9s, for: 6s}]"
    run = played(tmp_path, EVENT, down)
    late = [value for value, row in zip(staleness(run), run.rows("look"), strict=True) if row.outcome == "ok"]
    assert max(late) == 12.0  # at 22 s, since 10 s
    assert run.figure("service:reader", "diverged") == 0
    forever = played(tmp_path, EVENT, "faults=[{kind: crash, target: reader, at: 29s, for: 6s}]")
    assert forever.figure("service:reader", "diverged") == 1
    assert forever.figure("service:reader", "behind_end") == 1


def test_a_thin_event_brings_the_copy_to_what_its_handler_looks_up(tmp_path: Path) -> None:
    pull = {"HANDLER": "[{call: users.get}, {write: profile}]"}
    assert staleness(played(tmp_path, EVENT, **pull)) == staleness(played(tmp_path, EVENT))


def test_a_write_that_carries_nothing_changes_nothing(tmp_path: Path) -> None:
    run = played(tmp_path, "[{publish: updated}, {pause: 1s}, {write: profile}]", DELAY="0s")
    assert run.figure("service:reader", "diverged") == 1


def test_of_two_writes_of_one_request_each_event_carries_its_own(tmp_path: Path) -> None:
    """The second event overtakes the first: with `always` the old value comes back, with `newest` it does not."""
    steps = "[{write: profile}, {publish: updated}, {pause: 1s}, {write: profile}, {publish: updated}]"
    handler = {"HANDLER": "[{pause: 1s}, {write: profile}]", "DELAY": "0s"}
    slow = "faults=[{kind: latency, target: bus -> reader, add: 5s, at: 29.5s, for: 1s}]"
    figures = {}
    for apply in ("newest", "always"):
        run = played(tmp_path, steps, slow, APPLY=apply, **handler)
        figures[apply] = run.figure("service:reader", "diverged")
    assert figures == {"newest": 0, "always": 1}


def test_a_saga_that_is_undone_does_not_take_a_write_back(tmp_path: Path) -> None:
    text = written(USERS.replace("update: {steps: STEPS}", "update: {style: saga, steps: STEPS, server_errors: 100%}"))
    run = play(tmp_path, text)
    assert run.outcomes("update") == ["server_error"] * 3
    assert run.figure("service:reader", "diverged") == 0


@pytest.mark.parametrize("style", ["sync", "queue", "saga", "choreography", "hybrid"])
@pytest.mark.parametrize("critical", ["true", "false"])
def test_every_style_carries_what_was_written(tmp_path: Path, style: str, critical: str) -> None:
    """The write is one step or message, the copy's update another one."""
    update = f"{{style: {style}, steps: [{{write: profile}}, {{call: reader.refresh, critical: {critical}}}]}}"
    run = play(tmp_path, written(USERS.replace("{steps: STEPS}", update), KEYS="3"))
    assert run.figure("update", "done") == 1
    assert run.figure("service:reader", "diverged") == 0
    messages = style in ("queue", "choreography") or (style, critical) == ("hybrid", "false")
    assert (run.figure("service:reader", "behind") > 0) == (messages and style != "queue")


def test_a_batch_brings_the_copy_up_to_date_for_each_of_its_messages(tmp_path: Path) -> None:
    text = written(DELAY="0s", KEYS="20").replace("redis_pubsub", "durable_queue")
    text = text.replace("subscribers: [reader.refresh]", "subscribers: [{operation: reader.refresh, batch: BATCH}]")
    text = text.replace("{process: renewal, law: 10s}", "{process: constant, rate: 2/s}")
    run = play(tmp_path, text.replace("BATCH", "{size: 8, linger: 10s}"))
    assert run.figure("service:reader", "throughput") < 0.5 + 1.0  # readers, and a batch now and then
    assert run.figure("service:reader", "diverged") == 0
    assert run.figure("look", "stale_reads") > 0.1


def test_a_row_without_keys_has_copies_too(tmp_path: Path) -> None:
    keyed, single = (
        staleness(play(tmp_path, written(USERS.replace("profile: {key: user}", f"profile: {row}"))))
        for row in ("{key: user}", "{}")
    )
    assert keyed == single
    assert max(single) > 0


CACHE = """
keys: {user: {dist: uniform, n: 1}}
services:
  users:
    workers: 99
    state: {profile: {key: user}}
    operations:
      update: {steps: [{write: profile}]}
      get: {steps: [{read: profile}, {pause: FETCH}]}
  app:
    workers: 99
    operations:
      show: {key: user, steps: [{cached: {name: profiles, ttl: 4.2s, single_flight: true, steps: [{call: users.get}]}}]}
workload:
  - {call: users.update, arrivals: {process: renewal, law: 8.3s}}
  - {call: app.show, arrivals: {process: constant, rate: 1/s}}
run: {duration: 20s}
"""


def test_an_answer_from_a_cache_is_as_stale_as_the_rows_that_it_was_made_of(tmp_path: Path) -> None:
    """Written at 8.3 and 16.6 s; asked for every second from 1 s, fetched at 1, 6, 11 and 16 s."""
    rows = staleness(play(tmp_path, CACHE.replace("FETCH", "0s")), "show")
    stale = {9: 0.7, 10: 1.7, 17: 0.4, 18: 1.4, 19: 2.4}
    assert rows == [stale.get(second, 0.0) for second in range(1, 20)]


def test_who_waits_for_somebody_elses_fetch_reads_what_that_has_read(tmp_path: Path) -> None:
    """Fetches take 1.7 s: who joins at 8 s the one of 7 s is told at 8.7 s what was true at 7 s."""
    rows = staleness(play(tmp_path, CACHE.replace("FETCH", "1.7s")), "show")
    stale = {8: 0.4, 9: 0.7, 10: 1.7, 11: 2.7, 12: 3.7, 17: 0.4, 18: 1.4}
    assert rows == [stale.get(second, 0.0) for second in range(1, 20)]


def test_the_example_of_the_page_reads_as_stale_as_it_says(tmp_path: Path) -> None:
    """Every event takes 2.5 s, each key is written 0.4 times a second."""
    page = (Path(__file__).parents[2] / "docs" / "messages" / "staleness.md").read_text(encoding="utf-8")
    run = play(tmp_path, page.partition("```yaml\n")[2].partition("```")[0])
    assert run.figure("recommend", "stale_reads") == pytest.approx(0.632, abs=0.05)
    assert run.figure("recommend", "staleness_p999") <= 2.5
