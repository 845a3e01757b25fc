"""Rows and stock that requests share: who may write, who gets the last unit, what an undo gives back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.ledger import Path as Place
from simulator.services.state import Row, Stock
from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge
from tests.kernel.making import make_root
from tests.services.bench import Bench
from tests.support import play

# -- rows --------------------------------------------------------------------------------------------------------


def test_a_row_is_written_only_by_who_saw_its_last_version() -> None:
    row = Row()
    assert row.write(0)
    assert not row.write(0)
    assert row.write(1)
    assert row.write(None)
    assert row.version == 3


def table(*steps: dict[str, Any], workers: int = 10) -> Bench:
    """A service with one row, whose operation has these steps."""
    return Bench({"workers": workers, "state": {"row": {}}, "operations": {"serve": {"steps": list(steps)}}})


READ, WRITE, AGAIN = {"read": "row"}, {"write": "row"}, {"write": "row", "conflict": "retry"}
THINK = {"pause": 1.0}


def test_of_two_that_read_the_same_version_only_the_first_writes() -> None:
    bench = table(READ, THINK, WRITE)
    bench.ask("ann", at=0.0)
    bench.ask("bob", at=0.5)
    bench.ask("cid", at=1.2)
    assert bench.run() == {"ann": (1.0, "ok"), "bob": (1.5, "client_error"), "cid": (2.2, "ok")}


def test_a_write_without_a_read_always_succeeds() -> None:
    bench = table(THINK, WRITE)
    bench.ask("ann", "bob", at=0.0)
    bench.run()
    assert set(bench.times) == {"ann", "bob"}


def test_who_has_written_may_write_again() -> None:
    bench = table(READ, WRITE, THINK, WRITE)
    bench.ask("ann")
    assert bench.run() == {"ann": (1.0, "ok")}


def test_a_second_look_makes_a_write_good_again() -> None:
    bench = table(READ, THINK, READ, WRITE)
    bench.ask("ann", "bob")
    assert set(bench.run().values()) == {(1.0, "ok")}


def test_conflict_retry_goes_back_to_the_read_until_it_succeeds() -> None:
    bench = table(THINK, READ, THINK, AGAIN)
    bench.ask("ann", "bob", "cid")
    assert bench.run() == {"ann": (2.0, "ok"), "bob": (3.0, "ok"), "cid": (4.0, "ok")}


def test_only_what_lies_between_read_and_write_is_repeated() -> None:
    bench = table({"work": 1.0}, READ, THINK, AGAIN, {"work": 1.0})
    bench.ask("ann", "bob")
    assert bench.run() == {"ann": (3.0, "ok"), "bob": (4.0, "ok")}


def test_repeats_of_two_rows_may_interlock() -> None:
    rows = {"workers": 10, "state": {"a": {}, "b": {}}}
    steps = [
        {"read": "a"},
        {"read": "b"},
        THINK,
        {"write": "a", "conflict": "retry"},
        THINK,
        {"write": "b", "conflict": "retry"},
    ]
    bench = Bench({**rows, "operations": {"serve": {"steps": steps}}})
    bench.ask("ann", "bob")
    assert all(how == "ok" for _, how in bench.run().values())
    versions = {name: row.version for name, row in bench.world.services["back"].state.items() if isinstance(row, Row)}
    assert versions["b"] == 2
    assert versions["a"] >= 2


def test_a_branch_writes_by_what_its_execution_read() -> None:
    bench = table(READ, THINK, {"parallel": {"steps": [[WRITE], [{"pause": 2.0}]]}})
    bench.ask("ann", at=0.0)
    bench.ask("bob", at=0.5)
    assert {name: how for name, (_, how) in bench.run().items()} == {"ann": "ok", "bob": "client_error"}


def test_a_row_outlives_the_executions_of_all_replicas(tmp_path: Path) -> None:
    """Two replicas share one row: of requests 0.5 s apart that think for 1 s every second one is refused."""
    text = """
    services:
      db:
        workers: 9
        replicas: 2
        state: {row: {}}
        operations: {update: {steps: [{read: row}, {pause: 0.9s}, {write: row}]}}
    workload: [{call: db.update, arrivals: {process: constant, rate: 2/s}}]
    run: {duration: 20s}
    """
    outcomes = play(tmp_path, text).outcomes()
    assert outcomes == ["ok" if number % 2 == 0 else "client_error" for number in range(len(outcomes))]


# -- stock -------------------------------------------------------------------------------------------------------


def place(name: str = "take", above: Place | None = None) -> Place:
    return (Place(None, "buy") if above is None else above).child(name)


def test_no_unit_is_taken_twice() -> None:
    stock, here = Stock(2), place()
    assert [stock.take(make_root(number), here, 0.0, None) for number in range(3)] == [True, True, False]
    assert (stock.left, stock.out) == (0, 2)


def test_an_undo_gives_back_what_its_own_request_took_there_and_nothing_else() -> None:
    stock, step = Stock(5), Place(None, "call")
    mine, other = make_root(1), make_root(2)
    assert stock.take(mine, place("a", step), 0.0, None)
    assert stock.take(mine, place("b"), 0.0, None)
    assert stock.take(other, place("a", step), 0.0, None)
    stock.give_back(mine, step)
    assert stock.left == 3
    stock.give_back(mine, step)
    assert stock.left == 3


def test_a_recognised_repetition_takes_nothing_more() -> None:
    stock, root, here = Stock(1), make_root(), place()
    assert stock.take(root, here, 0.0, 10.0)
    assert stock.take(root, here, 10.0, 10.0)
    assert stock.out == 1
    assert not stock.take(root, here, 10.1, 10.0)


def test_a_stock_never_holds_more_than_it_began_with() -> None:
    stock = Stock(1)
    stock.give(make_root())
    assert stock.left == 1
    assert stock.take(make_root(1), place(), 0.0, None)
    stock.give(make_root(2))
    stock.give(make_root(2))
    assert (stock.left, stock.out) == (1, 0)


@given(
    st.lists(st.tuples(st.sampled_from(["take", "give", "undo"]), st.integers(0, 3), st.integers(0, 1)), max_size=60)
)
def test_left_and_out_are_always_the_quantity(actions: list[tuple[str, int, int]]) -> None:
    stock, places = Stock(3), [place("a"), place("b")]
    roots = [make_root(number) for number in range(4)]
    for what, who, where in actions:
        before = stock.left
        if what == "take":
            assert stock.take(roots[who], places[where], 0.0, None) == (before > 0)
        elif what == "give":
            stock.give(roots[who])
            assert stock.left == min(before + 1, 3)
        else:
            stock.give_back(roots[who], places[where])
            assert before <= stock.left <= before + 1
        assert 0 <= stock.left <= 3
        assert stock.left + stock.out == 3


SHOP = """
services:
  shop:
    workers: 50
    operations:
      buy:
        style: STYLE
        broker: jobs
        steps:
          - {call: store.take, undo: store.give}
          - {call: bank.charge}
  store:
    workers: 50
    state: {items: {quantity: 6}}
    operations:
      take: {steps: [{work: 1ms}, {take: items}], effect: true}
      give: {steps: [{work: 1ms}, {give: items}]}
  bank: {workers: 50, operations: {charge: {work: 1ms, client_errors: 50%, effect: true}}}
brokers: {jobs: {preset: durable_queue}}
workload: [{call: shop.buy, arrivals: {process: constant, rate: 1/s}}]
run: {duration: 60s}
"""


@pytest.mark.parametrize("style", ["sync", "saga", "choreography", "hybrid"])
def test_only_who_paid_keeps_a_unit_where_takes_are_undone(tmp_path: Path, style: str) -> None:
    rows = play(tmp_path, SHOP.replace("STYLE", style)).rows()
    states = Counter(row.state for row in rows)
    if style == "sync":
        assert states["done"] + states["orphaned"] == 6
        assert states["orphaned"] > 0
    else:
        assert states["done"] == 6
        assert states["orphaned"] == 0


def test_a_retry_of_a_lost_answer_takes_a_second_unit_unless_it_is_recognised(tmp_path: Path) -> None:
    text = """
    services:
      shop: {workers: 9, operations: {buy: {steps: [{call: store.take}]}}}
      store:
        workers: 9
        state: {items: {quantity: 5}}
        operations: {take: {steps: [{take: items}, {work: 2s}], effect: true, idempotent: KNOWN}}
    calls: {shop -> store: {timeout: 1s, retry: {max_retries: 1}}}
    workload: [{call: shop.buy, arrivals: {process: constant, rate: 0.1/s}}]
    run: {duration: 100s}
    """

    def sold_out(known: str) -> int:
        rows = play(tmp_path, text.replace("KNOWN", known)).rows()
        return next(number for number, row in enumerate(rows) if row.outcome == "client_error")

    assert (sold_out("false"), sold_out("true")) == (2, 5)


def test_a_saga_gives_its_own_take_back_when_it_turns_round() -> None:
    """The only unit is out from 0 s to 2 s: who comes at 1 s is refused at once, who comes at 3 s is not."""
    refusing = {"workers": 5, "operations": {"fail": {"work": 1.0, "client_errors": 1.0}}}
    serve = {"style": "saga", "steps": [{"take": "items"}, {"work": 1.0}, {"call": "other.fail"}]}
    bench = Bench(
        {"workers": 5, "state": {"items": {"quantity": 1}}, "operations": {"serve": serve}},
        more_edges={Edge("back", "other", "fail"): EdgePolicies()},
        services={"other": refusing},
    )
    bench.ask("ann", at=0.0)
    bench.ask("bob", at=1.0)
    bench.ask("cid", at=3.0)
    answers = {name: time for name, (time, _) in bench.run().items()}
    assert answers == {"ann": 2.0, "bob": 1.0, "cid": 5.0}
