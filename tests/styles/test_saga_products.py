"""Other people's sagas, from the catalog: each product does what its row in docs/messages/sagas.md says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from experiments.language import load
from tests.support import Played, play, play_catalog

PAGE = (Path(__file__).parents[2] / "docs" / "messages" / "sagas.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PRODUCTS = ["the document", "Temporal", "Eventuate", "MicroProfile LRA", "Axon", "events"]

ONE = (
    "workload.place.arrivals={process: renewal, law: 100s}",
    "run.duration=199s",
    "run.drain=400s",
    "run.record=requests",
    "run.window=1s",
)
QUIET = (
    "faults=[]",
    "services.courier.operations.book.client_errors=0",
    "services.bank.operations.refund.client_errors=0",
)
"""One order at 100 s: reserved until 50 ms, charged until 250, booked until 350."""
REFUSED = "services.courier.operations.book.client_errors=100%"
NO_REFUND = "services.bank.operations.refund.client_errors=100%"
DOWN = "faults=[{kind: errors, target: courier.book, share: 100%, at: 0s, for: 103s}]"
CRASH = 'faults=[{kind: crash, target: "orders[0]", at: 100.1s, for: 5s}]'


def order(product: str, *overrides: str) -> Played:
    return play_catalog("saga-products", *ONE, *QUIET, *overrides, variant=product)


def undone(played: Played) -> dict[str, int]:
    """How many undos each service was asked for, beyond the one forward step of each."""
    asked = {name: played.count(f"service:{name}") - 1 for name in ("courier", "bank", "stock")}
    return {name: number for name, number in asked.items() if number}


def test_the_page_shows_every_product() -> None:
    assert set(load("catalog:saga-products").variants) == set(PRODUCTS)
    for product in PRODUCTS:
        assert re.search(rf"^\| {product}", PAGE, re.MULTILINE)


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_refusal_is_undone(product: str) -> None:
    played = order(product, REFUSED)
    too = {"courier": 1} if product == "MicroProfile LRA" else {}
    assert undone(played) == {**too, "bank": 1, "stock": 1}
    assert (played.row().state, played.row().stuck) == ("undone", 0)


def test_undos_take_turns_but_for_lras() -> None:
    times = {product: order(product, REFUSED).row().latency for product in PRODUCTS}
    one_after_the_other, at_once = 0.350 + 0.200 + 0.050, 0.350 + 0.200
    for product in ("the document", "Temporal", "Eventuate", "Axon"):
        assert times[product] == pytest.approx(one_after_the_other)
    assert times["MicroProfile LRA"] == pytest.approx(at_once)
    assert times["events"] < 0.010  # accepted, and undone later


@pytest.mark.parametrize(
    ("product", "released"),
    [("the document", 1), ("Temporal", 0), ("Eventuate", 0), ("MicroProfile LRA", 1), ("Axon", 1), ("events", 1)],
)
def test_an_undo_that_is_refused(product: str, released: int) -> None:
    played = order(product, REFUSED, NO_REFUND)
    assert undone(played).get("stock", 0) == released
    row = played.row()
    if product == "MicroProfile LRA":
        assert row.state == "unfinished"  # it never ceases to ask
        assert undone(played)["bank"] >= 10
    else:
        assert (row.state, row.stuck, undone(played)["bank"]) == ("orphaned", 1, 1)


class Ended(NamedTuple):
    """What the client was told, and what there is."""

    outcome: str
    state: str


def ended(played: Played) -> Ended:
    return Ended(played.row().outcome, played.row().state)


@pytest.mark.parametrize(
    ("product", "expected"),
    {
        "the document": Ended("server_error", "undone"),
        "Temporal": Ended("ok", "done"),
        "Eventuate": Ended("server_error", "undone"),
        "MicroProfile LRA": Ended("server_error", "undone"),
        "Axon": Ended("ok", "orphaned"),
        "events": Ended("ok", "done"),
    }.items(),
)
def test_a_participant_that_is_down_for_a_while(product: str, expected: Ended) -> None:
    assert ended(order(product, DOWN)) == expected


@pytest.mark.parametrize(
    ("product", "expected", "by"),
    [
        ("the document", Ended("unreachable", "orphaned"), None),
        ("Temporal", Ended("unreachable", "done"), 11),
        ("Eventuate", Ended("unreachable", "done"), 1),
        ("MicroProfile LRA", Ended("unreachable", "undone"), 21),
        ("Axon", Ended("unreachable", "done"), 1),
        ("events", Ended("ok", "done"), 1),
    ],
)
def test_an_orchestrator_that_crashes(product: str, expected: Ended, by: float | None) -> None:
    played = order(product, CRASH)
    assert ended(played) == expected
    assert played.row().duplicates == 0
    if by is not None:
        assert by - 1.1 < played.row().completion < by


def test_the_pages_example_runs(tmp_path: Path) -> None:
    played = play(tmp_path, EXAMPLE, "run.duration=2s")
    assert {row.state for row in played.rows()} == {"done"}


def whole_day(product: str) -> Played:
    return play_catalog("saga-products", variant=product)


def test_on_a_bad_day_they_leave_behind_what_the_page_says() -> None:
    days = {product: whole_day(product) for product in PRODUCTS}
    orphaned = {product: day.figure("place", "orphaned") for product, day in days.items()}
    done = {product: day.figure("place", "done") for product, day in days.items()}
    assert orphaned["Axon"] > orphaned["the document"] > orphaned["Eventuate"] > orphaned["MicroProfile LRA"] == 0
    assert min(done["Temporal"], done["events"]) > max(done[other] for other in ("the document", "Eventuate", "Axon"))
    assert {day.figure("place", "duplicates") for day in days.values()} == {0.0}
    assert {product for product, day in days.items() if day.figure("place", "false_ok")} == {"Axon", "events"}
