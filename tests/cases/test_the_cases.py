"""What every case of the document has in common: it is valid, repeated often enough, and compares what it says."""

from __future__ import annotations

import pytest

from experiments.language import load

VARIANTS = {
    "authentication": {
        "ask first",
        "ask first, wait 250 ms",
        "token cache",
        "act first, ask later",
        "act first, publish",
    },
    "validation": {
        "validate first",
        "validate first, both at once",
        "catalogue kept for a minute",
        "accept, then validate",
        "queue",
        "hybrid",
    },
    "notifications": {
        "call",
        "call, and go on anyway",
        "publish",
        "publish, two listeners",
        "durable queue",
        "impatient queue",
        "outbox",
        "hybrid",
    },
    "price-calculation": {
        "one after the other",
        "all at once",
        "one for all",
        "prices kept for 30 s",
        "later",
    },
    "reservation": {
        "sync",
        "queue",
        "saga",
        "choreography",
        "hybrid",
        "hybrid, published",
        "hybrid, no breaker",
        "hybrid, with care",
    },
    "long-workflow": {
        "sync",
        "queue, visible again after 30 s",
        "queue",
        "saga",
        "durable saga",
        "durable saga, by message",
        "durable saga, acknowledged at once",
        "choreography",
    },
    "logs-and-analytics": {
        "in the request",
        "in the request, passed over",
        "publish",
        "durable queue",
        "durable queue, in batches",
        "durable queue, prefetch 1",
    },
}
WARNED = {"notifications", "reservation", "logs-and-analytics"}
"""What is warned about, and meant: an effect that is retried and not idempotent."""


@pytest.mark.parametrize("name", VARIANTS)
def test_a_case_compares_its_variants_on_replications_enough(name: str) -> None:
    document = load(f"catalog:{name}")
    assert set(document.variants) == VARIANTS[name]
    assert document.run.replications >= 5
    assert document.objectives


@pytest.mark.parametrize("name", VARIANTS)
def test_a_case_is_warned_about_what_it_shows_and_nothing_else(name: str) -> None:
    warnings = [warning.message for warning in load(f"catalog:{name}").warnings]
    assert bool(warnings) == (name in WARNED)
    assert all("can happen twice" in warning for warning in warnings)
