"""Percentiles that rest on too little are said to."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

from experiments.api import run

SHOP = """
services: {{desk: {{workers: {workers}, operations: {{serve: {{work: {{dist: exponential, mean: 10ms}}}}}}}}}}
workload: [{{name: visit, call: desk.serve, arrivals: {{process: poisson, rate: 80/s}}}}]
objectives: {objectives}
run: {{duration: {duration}, replications: {replications}}}
"""


def cautions(folder: Path, **values: Any) -> list[Any]:
    file = folder / "shop.yaml"
    file.write_text(dedent(SHOP).format(**values), encoding="utf-8")
    found = run(file).cautions
    return list(found[found["kind"] == "too_few_tail_samples"].itertuples(index=False))


def test_too_few_requests_beyond_are_said_with_what_would_do(tmp_path: Path) -> None:
    """80/s for 5 s in 10 replications: 4000 requests, of which about 4 lie beyond the p99.9 and 40 beyond the p99."""
    objectives = "{visit: {latency_p99: 1s, latency_p999: 1s}}"
    (row,) = cautions(tmp_path, workers=8, objectives=objectives, duration="5s", replications=10)
    assert (row.phase, row.operation, row.metric) == ("all", "visit", "latency_p999")
    assert row.detail.startswith("latency p99.9 rests on 3.9 requests")
    assert "in all 10 replications" in row.detail
    replications = int(row.detail.partition("about ")[2].split()[0])
    assert 20 <= replications <= 30


def test_requests_that_come_in_bursts_are_said_to_be_worth_less(tmp_path: Path) -> None:
    """The same through one worker with load 0.8: the 40 beyond the p99 came in few congestions."""
    (row,) = cautions(tmp_path, workers=1, objectives="{}", duration="5s", replications=10)
    assert row.metric in ("latency_p99", "completion_p99")
    assert "in so few bursts that they are worth" in row.detail
    assert "nothing says how large it may be" in row.detail


def test_enough_requests_are_not_worth_a_word(tmp_path: Path) -> None:
    assert cautions(tmp_path, workers=8, objectives="{}", duration="20s", replications=10) == []
