"""Who charges twice, and why: the table that the page tells its story from, played short."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from experiments.language import load
from tests.support import Played, play_catalog

PLAIN = ("sync", "queue", "saga", "choreography")
IDEMPOTENT = ("idempotent", "idempotent saga")


@cache
def played(variant: str) -> Played:
    """The first replication, as it is written: it takes about a third of a second."""
    return play_catalog("charged-twice", "run.record=summary", variant=variant)


def charges(variant: str) -> Counter[tuple[str, str]]:
    """Units too many of the charge, by cause and place."""
    columns = played(variant).result.effects
    names = ("what", "effect", "cause", "place", "units")
    found: Counter[tuple[str, str]] = Counter()
    for what, effect, cause, place, units in zip(*(columns[name] for name in names), strict=True):
        if (what, effect) == ("more_than_once", "provider.charge") and cause:
            found[cause, place] += units
    return found


def test_it_compares_styles_and_the_remedy() -> None:
    document = load("catalog:charged-twice")
    assert set(document.variants) == {*PLAIN, *IDEMPOTENT}
    assert all("can happen twice" in warning.message for warning in document.warnings)


@pytest.mark.parametrize("variant", PLAIN)
def test_nearly_every_second_charge_follows_a_timeout_whatever_the_style(variant: str) -> None:
    found = charges(variant)
    assert found["retry_after_timeout", "payments.charge -> provider.charge"] > 0.9 * found.total() > 50
    assert found.total() == round(played(variant).figure("order", "duplicates") * _arrived(variant))


@pytest.mark.parametrize("variant", IDEMPOTENT)
def test_a_provider_that_recognises_repetitions_charges_nobody_twice(variant: str) -> None:
    assert charges(variant).total() == 0


def test_only_messages_are_delivered_again_and_only_calls_are_tried_again_from_the_gateway() -> None:
    assert not any(cause.startswith("redelivery") for cause, _ in charges("sync") + charges("saga"))
    assert not any(place.startswith("gateway") for _, place in charges("queue") + charges("choreography"))


def _arrived(variant: str) -> int:
    columns = played(variant).result.effects
    count: int = columns["requests"][columns["what"].index("requests")]
    return count
