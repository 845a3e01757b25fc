"""Other people's sagas, from the file that docs/messages/sagas.md shows: each product does what its row says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import Played, play

PAGE = (Path(__file__).parents[2] / "docs" / "messages" / "sagas.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(FILE,) = [text for text in EXAMPLES if "Eventuate" in text]
PRODUCTS = ["the document", "Temporal", "Eventuate", "MicroProfile LRA", "Axon", "events"]

ONE = ("workload.place.arrivals={process: renewal, law: 100s}", "run.duration=199s", "run.drain=400s")
"""One order at 100 s: reserved until 10 ms, charged until 30, booked until 40."""
REFUSED = "services.courier.operations.book.client_errors=100%"
NO_REFUND = "services.bank.operations.refund.client_errors=100%"
DOWN = "faults=[{kind: errors, target: courier.book, share: 100%, at: 0s, for: 103s}]"
CRASH = 'faults=[{kind: crash, target: "orders[0]", at: 100.025s, for: 5s}]'


def order(folder: Path, product: str, *overrides: str) -> Played:
    return play(folder, FILE, *ONE, *overrides, variant=product)


def undone(played: Played) -> dict[str, int]:
    """How many undos each service was asked for, beyond the one forward step of each."""
    asked = {name: played.count(f"service:{name}") - 1 for name in ("courier", "bank", "stock")}
    return {name: number for name, number in asked.items() if number}


def test_the_page_shows_every_product() -> None:
    for product in PRODUCTS:
        assert re.search(rf"^  {product}:$", FILE, re.MULTILINE)
        assert re.search(rf"^\| {product}", PAGE, re.MULTILINE)


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_refusal_is_undone(tmp_path: Path, product: str) -> None:
    played = order(tmp_path, product, REFUSED)
    too = {"courier": 1} if product == "MicroProfile LRA" else {}
    assert undone(played) == {**too, "bank": 1, "stock": 1}
    assert (played.row().state, played.row().stuck) == ("undone", 0)


def test_undos_take_turns_but_for_lras(tmp_path: Path) -> None:
    times = {product: order(tmp_path, product, REFUSED).row().latency for product in PRODUCTS}
    one_after_the_other, at_once = 0.040 + 0.020 + 0.010, 0.040 + 0.020
    for product in ("the document", "Temporal", "Eventuate", "Axon"):
        assert times[product] == pytest.approx(one_after_the_other)
    assert times["MicroProfile LRA"] == pytest.approx(at_once)
    assert times["events"] < 0.010  # accepted, and undone later


@pytest.mark.parametrize(
    ("product", "released"),
    [("the document", 1), ("Temporal", 0), ("Eventuate", 0), ("MicroProfile LRA", 1), ("Axon", 1), ("events", 1)],
)
def test_an_undo_that_is_refused(tmp_path: Path, product: str, released: int) -> None:
    played = order(tmp_path, product, REFUSED, NO_REFUND)
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
def test_a_participant_that_is_down_for_a_while(tmp_path: Path, product: str, expected: Ended) -> None:
    assert ended(order(tmp_path, product, DOWN)) == expected


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
def test_an_orchestrator_that_crashes(tmp_path: Path, product: str, expected: Ended, by: float | None) -> None:
    played = order(tmp_path, product, CRASH)
    assert ended(played) == expected
    assert played.row().duplicates == 0
    if by is not None:
        assert by - 1.1 < played.row().completion < by


@pytest.mark.parametrize("text", [text for text in EXAMPLES if text.startswith("services:")])
def test_the_pages_examples_run(tmp_path: Path, text: str) -> None:
    variant = "the document" if text is FILE else None
    played = play(tmp_path, text, "run.duration=2s", variant=variant)
    assert {row.state for row in played.rows()} == {"done"}
