"""Every recorded sequence of events of a real circuit breaker gives the same verdicts and states here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.replay.breakers import PREFIX, BreakerPlayer

VECTORS: list[dict[str, Any]] = [
    vector
    for vector in json.loads(Path(__file__).with_name("policy_vectors.json").read_text(encoding="utf-8"))["vectors"]
    if vector["policy"].startswith(PREFIX)
]


def test_every_library_is_there() -> None:
    libraries = {vector["policy"].removeprefix(PREFIX) for vector in VECTORS}
    assert len(VECTORS) == 46
    assert libraries == {
        *("r4j", "polly", "hystrix", "gobreaker"),
        *("pybreaker", "aiobreaker", "purgatory", "circuitbreaker"),
    }


def decisions_and_states(player: BreakerPlayer, events: list[Any]) -> list[tuple[Any, Any]]:
    return [player.play(event).found for event in events]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_recorded(vector: dict[str, Any]) -> None:
    player = BreakerPlayer(vector["policy"], vector["params"])
    assert decisions_and_states(player, vector["events"]) == [tuple(entry) for entry in vector["expect"]]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_woken_or_not_the_verdicts_are_the_same(vector: dict[str, Any]) -> None:
    """In a model a breaker is woken when it asked for it; on its own it catches up. Nobody can tell which."""
    player = BreakerPlayer(vector["policy"], vector["params"])
    alarms: list[float] = []
    player.breaker.wake_by(alarms.append)
    seen = []
    for event in vector["events"]:
        while alarms and min(alarms) <= event[0]:
            alarms.remove(alarm := min(alarms))
            player.breaker.tick(alarm)
        seen += decisions_and_states(player, [event])
    assert seen == [tuple(entry) for entry in vector["expect"]]
