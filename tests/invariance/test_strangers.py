"""What has nothing to do with an experiment changes none of its rows: no service of its own, no call, no message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from experiments.language import Document, load
from simulator.run import run_once
from tests.invariance.shortened import SHIPPED, changed, rows, short

QUICK = [("checkout", "saga"), ("brokers", "kafka"), ("reservation", "choreography"), ("zone-outage", "")]


def with_strangers(content: dict[str, Any]) -> dict[str, Any]:
    """The experiment with two more services, first and last by name, that call each other and gossip by message."""
    if "run" not in content:
        return content  # a fragment
    ask = {"steps": [{"call": "zz_stranger.think"}, {"publish": "stranger.gossip"}], "server_errors": "5%"}
    services: dict[str, Any] = {
        "a_stranger": {"workers": 2, "operations": {"ask": ask, "hear": {"work": "2ms", "effect": True}}},
        "zz_stranger": {"workers": 1, "operations": {"think": {"work": {"dist": "exponential", "mean": "9ms"}}}},
    }
    asked = {"name": "strangers", "call": "a_stranger.ask", "arrivals": {"process": "poisson", "rate": "30/s"}}
    return {
        **content,
        "services": {"a_stranger": services["a_stranger"], **content.get("services", {}), **services},
        "brokers": {"a_stranger": {"preset": "durable_queue"}, **content.get("brokers", {})},
        "topics": {
            **content.get("topics", {}),
            "stranger.gossip": {"broker": "a_stranger", "subscribers": ["a_stranger.hear"]},
        },
        "workload": [asked, *content.get("workload", [])],
    }


def of_strangers(row: tuple[Any, ...]) -> bool:
    return any("stranger" in field for field in row)


def same_rows(alone: Document, joined: Document, variant: str) -> None:
    for one, other in zip(alone.scenarios([variant]), joined.scenarios([variant]), strict=True):
        without, with_them = rows(run_once(one, 1)), rows(run_once(other, 1))
        for table, found in with_them.items():
            assert [row for row in found if not of_strangers(row)] == without[table], f"{variant} {one.point}: {table}"
        assert sum(map(of_strangers, with_them["metrics"])) > 50
        assert sum(map(of_strangers, with_them["requests"])) > 20


@pytest.mark.parametrize(("name", "variant"), QUICK)
def test_strangers_change_no_other_row(name: str, variant: str, tmp_path: Path) -> None:
    alone = load(f"catalog:{name}", short(name))
    same_rows(alone, changed(name, with_strangers, tmp_path), variant or alone.baseline)


@pytest.mark.stat
@pytest.mark.parametrize("name", SHIPPED)
def test_strangers_change_no_row_of_any_shipped_experiment(name: str, tmp_path: Path) -> None:
    alone, joined = load(f"catalog:{name}", short(name)), changed(name, with_strangers, tmp_path)
    for variant in alone.variants:
        same_rows(alone, joined, variant)
