"""The brief's e-commerce flows on the checkout that ships: who is asked in which order, and what a failure sets off."""

from __future__ import annotations

import pytest

from tests.support import Played, play_catalog

STEPS = "services.orders.operations.checkout.steps"
SERVICES = (
    "analytics",
    "cart",
    "inventory",
    "notifications",
    "orders",
    "payments",
    "products",
    "provider",
    "users",
)
ONE_SECOND = (
    "defaults.network.latency=0ms",
    "services.users.operations.validate_token.work=1s",
    "services.products.operations.get.work=1s",
    "services.cart.operations.add_item.steps[2].work=1s",
    "services.cart.operations.items.work=1s",
    "services.cart.operations.clear.work=1s",
    "services.inventory.operations.check.work=1s",
    "services.inventory.operations.reserve={work: 1s, client_errors: 0%, effect: true, idempotent: true}",
    "services.inventory.operations.release.work=1s",
    "services.inventory.operations.settle.work=1s",
    "services.payments.operations.charge.steps[0].work=1s",
    "services.provider.operations.charge={work: 1s, server_errors: 0%, effect: true}",
    "services.provider.operations.refund={work: 1s, server_errors: 0%}",
    f"{STEPS}[3].work=1s",
    f"{STEPS}[3].undo=1s",
    "services.notifications.operations.remind.work=1s",
    "services.notifications.operations.confirm={work: 1s, server_errors: 0%}",
    "services.notifications.operations.apologise.work=1s",
    "services.analytics.operations.record.work=1s",
    # Event loops: a service is at work only while it works itself, not while it waits for others.
    *(f"services.{name}.holds_worker=false" for name in ("gateway", "orders", "cart", "payments")),
    "brokers.bus.publish_latency=0ms",
    "brokers.bus.delivery_latency=0ms",
    "faults=none",
    "objectives=none",
    "variants=none",
    "baseline=none",
    "run={duration: 199s, window: 1s}",
)
"""Every piece of work takes a second, nothing else takes time: a timeline of seconds is the record of calls."""


def once(call: str) -> str:
    return f"workload=[{{call: gateway.{call}, arrivals: {{process: renewal, law: 100s}}}}]"


def checkout(*overrides: str, style: str = "sync") -> Played:
    chosen = f"services.orders.operations.checkout.style={style}"
    return play_catalog("checkout", *ONE_SECOND, once("checkout"), chosen, *overrides)


def work_order(played: Played) -> list[str]:
    return played.work_order(SERVICES)


def test_add_to_cart_visits_the_services_in_the_briefs_order() -> None:
    played = play_catalog("checkout", *ONE_SECOND, once("add_to_cart"))
    assert work_order(played) == ["users", "products", "inventory", "cart", "notifications"]
    assert (played.row().outcome, played.row().latency) == ("ok", 4.0)  # the reminder comes after the answer


def test_checkout_visits_the_services_in_the_briefs_order() -> None:
    played = checkout()
    before = ["users", "cart", "inventory", "payments", "provider", "orders"]
    after = [
        "analytics",
        "cart",
        "inventory",
        "notifications",
    ]  # order.created to three, the cart cleared
    assert work_order(played) == before + after
    assert (played.row().outcome, played.row().state, played.row().latency) == ("ok", "done", 7.0)


def test_checkout_asks_each_service_once() -> None:
    played = checkout()
    edges = {"client->gateway", "gateway->users", "gateway->orders", "orders->inventory", "orders->payments"}
    assert {edge: played.count(f"call:{edge}") for edge in sorted(edges)} == dict.fromkeys(sorted(edges), 1)
    assert played.count("call:payments->provider") == 1
    assert played.count("call:orders->cart") == 2  # its items, and the clearing
    assert played.row().calls == 8


NO_STOCK = "services.inventory.operations.reserve={work: 1s, client_errors: 100%, effect: true}"


@pytest.mark.parametrize("style", ["sync", "saga", "hybrid"])
def test_insufficient_stock_is_a_client_error_that_is_not_retried_and_is_notified(style: str) -> None:
    played = checkout(NO_STOCK, style=style)
    row = played.row()
    assert (row.outcome, row.state, row.retries) == ("client_error", "undone", 0)
    assert row.latency == 3.0  # the answer does not wait for the notification
    assert work_order(played) == ["users", "cart", "inventory", "notifications"]
    assert played.count("topic:checkout.failed") == 1
    assert played.count("topic:order.created") == 0


@pytest.mark.parametrize("style", ["queue", "choreography"])
def test_insufficient_stock_behind_a_queue_is_accepted_and_notified_once(style: str) -> None:
    """Nobody waits for the stock any more: the answer was ok, and the brief's promise is broken later."""
    played = checkout(NO_STOCK, style=style)
    row = played.row()
    assert (row.outcome, row.state, row.retries, row.dead_lettered) == ("ok", "undone", 0, 0)
    assert played.figure("checkout", "false_ok") == 1.0
    assert played.count("service:inventory") == 1
    assert played.count("topic:checkout.failed") == 1


def test_insufficient_stock_does_not_trip_the_retries_but_counts_at_the_documents_breaker() -> None:
    rate = "workload=[{call: gateway.checkout, arrivals: {process: constant, rate: 0.1/s}}]"
    outcomes = checkout(NO_STOCK, rate, "services.orders.replicas=1", "services.gateway.replicas=1").outcomes()
    # document_v2 counts every error, a 4xx included: after five the gateway's breaker refuses (server_error upwards).
    assert outcomes[:5] == ["client_error"] * 5
    assert outcomes[5] == "server_error"


SAVE_FAILS = (
    f"{STEPS}=[{{call: cart.items}}, {{call: inventory.reserve, undo: inventory.release}}, "
    "{call: payments.charge, undo: payments.refund}, {call: orders.save, undo: orders.cancel}]",
    "services.orders.operations.save={work: 1s, server_errors: 100%, effect: true}",
    "services.orders.operations.cancel={work: 1s}",
    "calls=none",
)


def test_a_saga_that_fails_in_its_third_step_refunds_then_releases() -> None:
    played = checkout(*SAVE_FAILS, style="saga")
    forward = ["users", "cart", "inventory", "payments", "provider", "orders"]
    backward = ["provider", "inventory", "notifications"]  # refund, then release, then the answer and checkout.failed
    assert work_order(played) == forward + backward
    row = played.row()
    assert (row.outcome, row.state, row.stuck, row.latency) == ("server_error", "undone", 0, 8.0)


def test_without_a_saga_the_customer_has_paid_for_nothing() -> None:
    played = checkout(*SAVE_FAILS)
    assert (played.row().outcome, played.row().state) == ("server_error", "orphaned")
