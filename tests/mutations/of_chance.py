"""Mutations of chance: whose luck is whose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simulator.kernel.random import Streams
from tests.invariance import test_strangers
from tests.mutations.catching import law
from tests.mutations.changing import Mutation, replacing


def _by_order_of_creation(original: Any) -> Any:
    def key(streams: Streams, name: str) -> Any:
        opened = vars(streams)
        opened["opened"] = opened.get("opened", 0) + 1
        return original(streams, str(opened["opened"]))

    return key


def _strangers(folder: Path) -> None:
    test_strangers.test_strangers_change_no_other_row("brokers", "kafka", folder)


MUTATIONS = [
    Mutation(
        "streams of chance are told apart by the order in which they are opened",
        replacing(Streams, "key", _by_order_of_creation),
        law("strangers change no other row (tests/invariance)", _strangers),
        "kafka : metrics",
    ),
]
