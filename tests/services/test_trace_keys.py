"""Keys that a trace gives its requests are those that a cache tells them apart by."""

from __future__ import annotations

from pathlib import Path

from tests.support import play

TRACE = """
keys: {item: {dist: uniform, n: 1000}}
services:
  app:
    workers: 9
    operations: {view: {key: item, steps: [{cached: {name: seen, steps: [{work: 1ms}]}}]}}
workload: [{call: app.view, key: item, arrivals: {process: trace, file: seen.csv}}]
run: {duration: 10s}
"""


def test_a_key_that_came_before_is_a_hit(tmp_path: Path) -> None:
    (tmp_path / "seen.csv").write_text("time,key\n1,tea\n2,jam\n3,tea\n4,tea\n5,ham\n", encoding="utf-8")
    played = play(tmp_path, TRACE)
    assert [row.latency for row in played.rows()] == [0.001, 0.001, 0.0, 0.0, 0.001]
    assert played.figure("cache:seen", "hit_ratio") == 0.4
