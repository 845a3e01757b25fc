"""The catalog's `brokers`, shortened: the same crash, outage and losses on every preset."""

from __future__ import annotations

import pytest

from experiments.language import load
from tests.support import Played, play_catalog

SHORT = ("workload.notice.arrivals.rate=30/s",)
VARIANTS = load("catalog:brokers").variants
AT_MOST_ONCE = ("pubsub", "rabbitmq auto-ack")
IN_ORDER = ("kafka", "sqs fifo", *AT_MOST_ONCE)


def played(variant: str) -> Played:
    return play_catalog("brokers", *SHORT, variant=variant)


@pytest.mark.parametrize("variant", VARIANTS)
def test_who_never_doubles_loses_and_who_never_loses_doubles(variant: str) -> None:
    once = variant in AT_MOST_ONCE
    run = played(variant)
    assert (run.figure("notice", "lost") > 0) == once
    assert (run.figure("notice", "duplicates") == 0) == once
    assert run.figure("notice", "dead_lettered") == 0
    assert run.figure("notice", "unfinished") == 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_order_of_a_customer_holds_where_it_is_promised(variant: str) -> None:
    assert (played(variant).figure("notice", "out_of_order") == 0) == (variant in IN_ORDER)
