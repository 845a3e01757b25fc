"""What went wrong with effects, in sentences: money first, who how often and why, and what never happened."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from reports.cause_words import cause_words
from reports.consistency import Consistency, consistency_of
from reports.consistency_tables import COLUMNS as COLUMNS_OF_THE_TABLE
from reports.consistency_tables import consistency_table, loss_table
from reports.estimates import estimates_of
from reports.evidence import Evidence
from reports.markdown import render_markdown
from reports.page import render_page
from simulator import causes
from tests.reports import sample
from tests.reports.test_texts import printed

CHARGE = ("provider.charge", "gateway.checkout > orders.checkout > provider.charge")
COLUMNS = (
    *(
        "variant",
        "point",
        "operation",
        "what",
        "effect",
        "path",
        "without",
        "cause",
        "place",
        "requests",
        "units",
        "of",
    ),
    *("mean", "ci_low", "ci_high", "replications", "replication", "arrived", "first", "repeated", "again"),
)
NEVER = math.nan


def row(variant: str, what: str, requests: int, *, of: int = 12_000, units: int | None = None, **more: Any) -> Any:
    """One row of effects.csv; its interval is a tenth of its share to either side."""
    texts = {name: more.get(name, "") for name in ("effect", "path", "without", "cause", "place")}
    share = requests / of
    moments = more.get("moments", (NEVER, NEVER, NEVER, NEVER))
    counts = (requests, requests if units is None else units, of, share, 0.9 * share, 1.1 * share, 20, 0)
    return (variant, "", "checkout", what, *texts.values(), *counts, *moments)


def twice(variant: str, requests: int, *reasons: tuple[int, str, str], effect: tuple[str, str] = CHARGE) -> list[Any]:
    """An effect that was left more than once, as a whole and by cause."""
    name: dict[str, Any] = {"effect": effect[0], "path": effect[1]}
    whole = row(variant, "more_than_once", requests, **name)
    moments = (180.0, 182.3, 181.1, 183.5)
    parts = [
        row(variant, "more_than_once", number, cause=cause, place=place, moments=moments, **name)
        for number, cause, place in reasons
    ]
    return [whole, *parts]


def half_done(variant: str, requests: int) -> list[Any]:
    """Requests that are half done, as a whole and by cause."""
    one = row(variant, "orphaned", requests, effect="provider.charge", without="orders.save", cause="undo_failed")
    return [row(variant, "orphaned", requests), one]


def evidence(*rows: Any, variants: tuple[str, ...] = ("sync", "queue", "hybrid"), **more: Any) -> Evidence:
    everybody = [row(variant, "requests", 12_000) for variant in variants]
    frame = pd.DataFrame([*everybody, *rows], columns=list(COLUMNS))
    return replace(sample.only("checkout", sample.checkout(variants)), **{"effects": frame, **more})


def told(found: Evidence) -> Consistency:
    return consistency_of(found, "")


TIMEOUT = (139, "retry_after_timeout", "payments.charge -> provider.charge")
GATE = (5, "retry_after_timeout", "client -> gateway.checkout")
CRASH = (3, "redelivery_after_crash", "orders.checkout")


def test_money_that_was_charged_twice_comes_first_however_little_it_was() -> None:
    found = told(
        evidence(
            *twice("sync", 900, (900, "hedge", "a.b -> stock.take"), effect=("stock.take", "checkout > stock.take")),
            *half_done("sync", 700),
            *twice("hybrid", 37, (37, *TIMEOUT[1:])),
        )
    )
    assert found.alarms[0] == (
        "Charged twice (provider.charge, checkout), of 12,000 requests: "
        "hybrid in 37 (0.31 % [0.28, 0.34]); sync and queue never."
    )
    assert [story.title.split(" (")[0] for story in found.stories] == [
        "Charged twice",
        "Left half done, money among it",
        "Done more than once",
    ]
    assert len(found.alarms) == 2


def test_every_variant_says_how_often_and_why_worst_first() -> None:
    (story,) = told(evidence(*twice("queue", 3, CRASH), *twice("sync", 144, TIMEOUT, GATE))).stories
    sync, queue = story.told
    assert sync.text == (
        "in 144 of 12,000 requests (1.20 % [1.08, 1.32]): in 139 payments.charge gave up waiting for provider.charge "
        "and tried again, though the earlier attempt was carried out; in 5 the client gave up waiting for "
        "gateway.checkout and tried again, though the earlier attempt was carried out."
    )
    assert queue.text == (
        "in 3 of 12,000 requests (0.0250 % [0.0225, 0.0275]): each time a consumer of orders.checkout crashed after it "
        "had done it, and the message was delivered again."
    )
    assert story.clean == "hybrid: none in 12,000 requests."


def test_an_example_is_told_in_the_order_of_its_moments_from_the_arrival_on() -> None:
    (story,) = told(evidence(*twice("sync", 139, TIMEOUT))).stories
    assert story.told[0].example == (
        "For example, of a request that arrived at 180.0 s, provider.charge was begun once more after 1.10 s, "
        "done after 2.30 s and done again after 3.50 s."
    )


def test_one_is_one() -> None:
    (story,) = told(evidence(*twice("sync", 1, (1, *TIMEOUT[1:])))).stories
    assert "in 1 of 12,000 requests" in story.told[0].text
    assert ": payments.charge gave up" in story.told[0].text


def test_of_many_causes_the_commonest_are_told_and_the_rest_counted() -> None:
    many = [(10 - place, "retry_after_timeout", f"a{place} -> b") for place in range(7)]
    (story,) = told(evidence(*twice("sync", 49, *many))).stories
    assert "in 10 a0 gave up" in story.told[0].text
    assert story.told[0].text.endswith("in 15 for other reasons.")


def test_one_effect_on_different_ways_in_different_variants_is_one_story() -> None:
    other = ("provider.charge", "checkout > jobs > provider.charge")
    (story,) = told(evidence(*twice("sync", 144, TIMEOUT), *twice("queue", 3, CRASH, effect=other))).stories
    assert [one.variant for one in story.told] == ["sync", "queue"]


def test_one_effect_on_two_ways_in_one_variant_is_two_stories_told_apart_by_the_way() -> None:
    other = ("provider.charge", "checkout > jobs > provider.charge")
    stories = told(evidence(*twice("sync", 144, TIMEOUT), *twice("sync", 3, CRASH, effect=other))).stories
    assert [story.title for story in stories] == [f"Charged twice ({path})" for path in sorted((CHARGE[1], other[1]))]


def test_names_that_hold_commas_are_told_apart() -> None:
    variants = ("sync", "sync, twice", "saga")
    found = evidence(*twice("sync", 144, TIMEOUT), *twice("sync, twice", 144, TIMEOUT), variants=variants)
    assert "sync in 144 (1.20 % [1.08, 1.32]); sync, twice in 144" in told(found).alarms[0]
    (story,) = told(found).stories
    assert (story.told[0].variant, story.told[0].text[:16]) == ("sync; sync, twice", "each in 144 of 1")


def test_what_is_half_done_says_what_is_there_what_is_not_and_why() -> None:
    (story,) = told(evidence(*half_done("queue", 12))).stories
    assert story.told[0].text == (
        "in 12 of 12,000 requests (0.100 % [0.090, 0.110]): each time provider.charge in place without orders.save: "
        "its undo failed for good."
    )


def test_one_of_several_repetitions_is_not_said_to_be_there_and_missing() -> None:
    half: dict[str, Any] = {"effect": "stock.reserve", "without": "bank.charge, stock.reserve", "cause": "not_undone"}
    (story,) = told(evidence(row("queue", "orphaned", 12), row("queue", "orphaned", 12, **half))).stories
    assert "stock.reserve in place without bank.charge and another stock.reserve: the request" in story.told[0].text


def test_a_refund_that_was_made_twice_is_money() -> None:
    found = told(evidence(*twice("saga", 3, CRASH, effect=("bank.refund", "buy > bank.refund")), variants=("saga",)))
    assert found.alarms[0].startswith("Refunded twice (bank.refund, checkout)")


def test_where_nothing_went_wrong_it_says_of_how_many_requests_that_is_known() -> None:
    found = told(evidence())
    assert found.stories == ()
    assert found.clean == (
        "checkout: of 36,000 requests none was done more than once, left half done, answered ok and not done or "
        "answered with an error and done.",
    )


def test_what_is_unfinished_is_said_where_nothing_was_found() -> None:
    summary = evidence().summary.copy()
    late = (summary["metric"] == "unfinished") & (summary["variant"] == "queue")
    summary.loc[late, ["mean", "ci_low", "ci_high"]] = (0.04, 0.03, 0.05)
    (line,) = told(evidence(summary=summary)).clean
    assert line.endswith("answered with an error and done; unfinished when the run ended: queue 4.0 % [3.0, 5.0].")


def test_a_variant_with_unfinished_requests_is_not_said_never_to_have_left_any_half_done() -> None:
    summary = evidence().summary.copy()
    late = (summary["metric"] == "unfinished") & (summary["variant"] == "hybrid")
    summary.loc[late, ["mean", "ci_low", "ci_high"]] = (0.04, 0.03, 0.05)
    found = told(evidence(*half_done("queue", 12), *twice("queue", 3, CRASH), summary=summary))
    charged, orphaned = found.stories
    assert charged.headline.endswith("; sync and hybrid never.")
    assert charged.clean == "sync and hybrid: none in 12,000 requests each."
    assert orphaned.headline.endswith("; sync never; hybrid never, but for the unfinished.")
    assert orphaned.clean == "sync and hybrid: none in 12,000 requests each (but for the unfinished of hybrid)."


def test_one_request_is_one_request() -> None:
    frame = pd.DataFrame([row("sync", "requests", 1, of=1), row("sync", "false_ok", 1, of=1)], columns=list(COLUMNS))
    (story,) = told(evidence(variants=("sync",), effects=frame)).stories
    assert "of 1 request:" in story.headline
    assert "of 1 request (" in story.told[0].text


def test_an_idempotent_variant_without_duplicates_is_named_as_the_remedy() -> None:
    charge = {variant: {"idempotent": variant == "hybrid"} for variant in ("sync", "queue", "hybrid")}
    played = {
        variant: {"": {"services": {"provider": {"operations": {"charge": spec}}}}} for variant, spec in charge.items()
    }
    found = evidence(*twice("sync", 144, TIMEOUT))
    (story,) = told(replace(found, manifest={**found.manifest, "experiment": played})).stories
    assert story.remedy == (
        "Where provider.charge recognises a repetition (idempotent: hybrid): none in 12,000 requests."
    )
    assert told(found).stories[0].remedy == ""


def test_the_remedy_is_found_of_a_handler_that_goes_by_its_subscription_too() -> None:
    played = {
        variant: {"": {"services": {"bank": {"operations": {"charge": {"idempotent": variant == "hybrid"}}}}}}
        for variant in ("sync", "queue", "hybrid")
    }
    effect = ("bank.charge (books)", "buy > bank.charge (books)")
    found = evidence(*twice("sync", 144, TIMEOUT, effect=effect))
    (story,) = told(replace(found, manifest={**found.manifest, "experiment": played})).stories
    assert story.title.startswith("Charged twice")
    assert story.remedy.startswith("Where bank.charge (books) recognises a repetition (idempotent: hybrid)")


def test_money_stands_before_the_answer_on_the_page_and_the_reasons_after_the_table() -> None:
    page = render_page(evidence(*twice("sync", 144, TIMEOUT, GATE)), [])
    order = [
        'class="alarm"',
        "Charged twice (provider.charge",
        'class="answer"',
        "What went wrong where",
        'id="why"',
        "payments.charge gave up waiting",
        "For example, of a request",
    ]
    places = [page.index(text) for text in order]
    assert places == sorted(places)


def test_a_page_without_money_lost_has_no_alarm() -> None:
    assert 'class="alarm"' not in render_page(evidence(), [])
    old = render_page(sample.checkout(("sync",)), [])
    assert 'id="why"' not in old  # a folder of before there was such a table


def test_terminal_and_summary_say_the_same_in_a_line() -> None:
    found = evidence(*twice("sync", 144, TIMEOUT), *half_done("queue", 12))
    text = printed(found)
    assert "Charged twice (provider.charge, checkout), of 12,000 requests: sync in 144" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert "- Left half done, money among it (checkout), of 12,000 requests: queue in 12" in render_markdown(found)


def test_every_cause_has_words_and_an_unknown_one_is_shown_as_it_stands() -> None:
    words = {value for name, value in vars(causes).items() if name.isupper() and isinstance(value, str)}
    retries = {cause for outcome, cause in causes.RETRY_AFTER.items() if outcome.label not in ("ok", "cancelled")}
    for cause in sorted((words | retries) - {*causes.WRONGS, causes.REDELIVERY}):
        told = [cause_words(what, cause, "a -> b") for what in causes.WRONGS[:3]]
        assert any(not text.startswith(cause.replace("_", " ")) for text in told), cause
    assert cause_words(causes.MORE_THAN_ONCE, "moon_phase", "a -> b") == "moon phase (a -> b)"


def test_the_page_on_consistency_names_every_cause_and_metric() -> None:
    text = (Path(__file__).parents[2] / "docs/messages/consistency.md").read_text(encoding="utf-8")
    words = {value for name, value in vars(causes).items() if name.isupper() and isinstance(value, str)}
    assert [word for word in sorted(words - {causes.REDELIVERY}) if word not in text] == []
    table = [metric for metric in COLUMNS_OF_THE_TABLE if not metric.startswith(("inconsistency", "staleness"))]
    assert [metric for metric in table if f"`{metric}`" not in text] == []


def test_lost_messages_are_tabled_by_reason() -> None:
    columns = "variant point operation reason messages of mean ci_low ci_high replications".split()
    rows = [("queue", "", "topic:sold", "replica_down", 767, 56_652, 0.0135, 0.012, 0.015, 20)]
    found = evidence(losses=pd.DataFrame(rows, columns=columns))
    table = loss_table(found, "")
    assert table is not None
    assert table.rows == (("topic: sold", "replica down", "queue", "767 of 56,652", "1.35 % [1.20, 1.50]"),)
    assert loss_table(evidence(), "") is None


def test_the_consistency_table_holds_what_was_measured() -> None:
    found = sample.checkout(("sync", "queue"))
    table = consistency_table(found, estimates_of(found), "checkout", "")
    assert table is not None
    assert table.columns[:4] == ("variant", "done", "undone", "orphaned")
    assert [line[0] for line in table.rows] == ["sync", "queue"]
