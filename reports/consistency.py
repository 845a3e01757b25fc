"""What went wrong with effects in sentences: money first, then what was done twice, left half done, answered wrongly.

Every number is a count over all replications, every share has its interval, and every reason is one that the run
recorded. Where nothing went wrong it is said of how many requests that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from reports.cause_words import cause_words
from reports.estimates import Estimate, estimates_of
from reports.evidence import Evidence
from reports.numbers import plain
from reports.words import counted, listed, named
from reports.wrongs import Wrong, arrived_of, moves_money, wrongs_of
from simulator.causes import FALSE_ERROR, FALSE_OK, MORE_THAN_ONCE, ORPHANED, WRONGS

UNFINISHED = "unfinished"

MOST_CAUSES = 4
"""So many causes are told of one variant, the commonest first; how many requests are left is said."""

_VERBS = {"charge": "Charged", "pay": "Paid", "debit": "Debited", "bill": "Billed", "refund": "Refunded"}
_NOTHING = {
    MORE_THAN_ONCE: "done more than once",
    ORPHANED: "left half done",
    FALSE_OK: "answered ok and not done",
    FALSE_ERROR: "answered with an error and done",
}


class Told(NamedTuple):
    """What a variant did, or several alike: in how many requests and why, and one of them (may be empty)."""

    variant: str
    text: str
    example: str


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of wrong in one workload, variant by variant.

    Attributes:
        title: what it is.
        headline: who did it how often, in one line.
        told: the variants that did, worst first.
        clean: of the others, how many requests they had of which none went wrong so; may be empty.
        remedy: a variant in which it did not happen because the effect is idempotent; may be empty.
        of_money: whether money was moved.
    """

    title: str
    headline: str
    told: tuple[Told, ...]
    clean: str
    remedy: str
    of_money: bool


@dataclass(frozen=True, slots=True)
class Consistency:
    """Everything that is told of one sweep point.

    Attributes:
        stories: in order of gravity. clean: of each workload, what never happened in how many requests.
    """

    stories: tuple[Story, ...]
    clean: tuple[str, ...]

    @property
    def alarms(self) -> tuple[str, ...]:
        """The headlines of money that was moved twice, or left moved without the rest."""
        return tuple(story.headline for story in self.stories if story.of_money)

    @property
    def headlines(self) -> tuple[str, ...]:
        """Of what was done twice or left half done."""
        grave = [story for story in self.stories if not story.title.startswith("Answered")]
        return tuple(story.headline for story in grave)


class _Case(NamedTuple):
    """One kind of wrong: of the requests of a workload, with an effect's name where it is one effect's, and the way to
    it where the name does not tell."""

    workload: str
    what: str
    effect: str = ""
    path: str = ""


def consistency_of(evidence: Evidence, point: str) -> Consistency:
    """Return what there is to tell of one point of the sweep (empty without a sweep)."""
    found = {variant: wrongs_of(evidence, variant, point) for variant in evidence.variants}
    arrived = {variant: arrived_of(evidence, variant, point) for variant in evidence.variants}
    stories = [_story(evidence, case, found, arrived, point) for case in _cases(evidence, found)]
    stories.sort(key=lambda story: not story.of_money)  # a stable sort: the cases come in order of gravity
    return Consistency(tuple(stories), tuple(_clean_workloads(evidence, found, arrived, point)))


def _cases(evidence: Evidence, found: Mapping[str, Sequence[Wrong]]) -> list[_Case]:
    every = [wrong for variant in evidence.variants for wrong in found[variant]]
    cases = []
    for what in WRONGS:
        for workload in evidence.workload_names:
            if what == MORE_THAN_ONCE:
                cases += [_Case(workload, what, *effect) for effect in _effects(evidence, found, workload)]
            elif any((wrong.operation, wrong.what) == (workload, what) for wrong in every):
                cases.append(_Case(workload, what))
    return cases


def _effects(evidence: Evidence, found: Mapping[str, Sequence[Wrong]], workload: str) -> list[tuple[str, str]]:
    """What was done more than once, money first: by name, and by the way to it where one variant has several."""
    ways: dict[str, set[str]] = {}
    several: set[str] = set()
    for variant in evidence.variants:
        mine: dict[str, set[str]] = {}
        for wrong in found[variant]:
            if (wrong.operation, wrong.what) == (workload, MORE_THAN_ONCE):
                mine.setdefault(wrong.effect, set()).add(wrong.path)
        for effect, paths in mine.items():
            ways.setdefault(effect, set()).update(paths)
            if len(paths) > 1:
                several.add(effect)
    pairs = [(effect, path) for effect in ways for path in (ways[effect] if effect in several else {""})]
    return sorted(pairs, key=lambda pair: (not moves_money(pair[0]), pair))


def _story(
    evidence: Evidence,
    case: _Case,
    found: Mapping[str, Sequence[Wrong]],
    arrived: Mapping[str, Mapping[str, int]],
    point: str,
) -> Story:
    of = {variant: [wrong for wrong in found[variant] if _belongs(wrong, case)] for variant in evidence.variants}
    guilty = sorted((variant for variant in of if of[variant]), key=lambda name: -_share(of[name]))
    clean = [variant for variant in of if not of[variant]]
    money = any(wrong.of_money for variant in guilty for wrong in of[variant]) and case.what in (
        MORE_THAN_ONCE,
        ORPHANED,
    )
    title = _title(case, money=money)
    late = [] if case.what == MORE_THAN_ONCE else list(_unfinished(evidence, clean, case.workload, point))
    return Story(
        title=title,
        headline=_headline(title, {variant: of[variant] for variant in guilty}, clean, late),
        told=tuple(_alike(Told(variant, _told(case, of[variant]), _example(of[variant])) for variant in guilty)),
        clean=_none_of({variant: arrived[variant].get(case.workload, 0) for variant in clean}, late),
        remedy=_remedy(evidence, case, guilty, arrived, point),
        of_money=money,
    )


def _belongs(wrong: Wrong, case: _Case) -> bool:
    same = (wrong.operation, wrong.what) == (case.workload, case.what)
    return same and case.effect in ("", wrong.effect) and case.path in ("", wrong.path)


def _title(case: _Case, *, money: bool) -> str:
    if case.what == MORE_THAN_ONCE:
        name = case.effect.rpartition(".")[2]
        verb = next((verb for word, verb in _VERBS.items() if name.startswith(word)), "Money moved")
        where = case.path or f"{case.effect}, {case.workload}"
        return f"{verb if money else 'Done'} {'twice' if money else 'more than once'} ({where})"
    if case.what == ORPHANED:
        return f"{'Left half done, money among it' if money else 'Left half done'} ({case.workload})"
    return f"Answered {'ok, yet not done' if case.what == FALSE_OK else 'with an error, yet done'} ({case.workload})"


def _whole(wrongs: Sequence[Wrong]) -> Wrong:
    """The row that counts all causes together: every kind of wrong has one."""
    return next(wrong for wrong in wrongs if not wrong.cause)


def _share(wrongs: Sequence[Wrong]) -> float:
    return _whole(wrongs).share.mean


def _in_how_many(wrongs: Sequence[Wrong]) -> str:
    """Of how many requests: ``93 of 16,210 requests (0.57 % [0.41, 0.73])``."""
    whole = _whole(wrongs)
    return f"{whole.requests:,} of {counted(whole.of, 'request')} ({whole.share})"


def _headline(title: str, guilty: Mapping[str, Sequence[Wrong]], clean: Sequence[str], late: Sequence[str]) -> str:
    """Say who did it how often, in one line; of how many requests is said once if it was as many for all.

    Of those that are clean some are `late`: they have unfinished requests, of which nobody can tell.
    """
    totals = {wrongs[0].of for wrongs in guilty.values()}
    said = {variant: _in_how_many(wrongs) for variant, wrongs in guilty.items()}
    if len(totals) == 1:
        of = f" of {counted(totals.pop(), 'request')}"
        said = {variant: text.replace(of, "") for variant, text in said.items()}
        title = f"{title},{of}"
    brief = [f"{variant} in {text}" for variant, text in said.items()]
    told = "; ".join(brief) if _hold_commas([*guilty, *clean]) else listed(brief)
    sure = [variant for variant in clean if variant not in late]
    never = f"; {named(sure)} never" if sure else ""
    so_far = f"; {named(late)} never, but for the unfinished" if late else ""
    return f"{title}: {told}{never}{so_far}."


def _hold_commas(variants: Iterable[str]) -> bool:
    return any("," in variant for variant in variants)


def _told(case: _Case, wrongs: Sequence[Wrong]) -> str:
    whole = _whole(wrongs)
    extra = f", {_times(whole.units)} too many" if case.what == MORE_THAN_ONCE and whole.units > whole.requests else ""
    causes = sorted((wrong for wrong in wrongs if wrong.cause), key=lambda wrong: (-wrong.requests, wrong))
    return f"in {_in_how_many(wrongs)}{extra}: {_causes(case, causes)}."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"


def _alike(told: Iterable[Told]) -> Iterator[Told]:
    """Variants of which the very same is to be told are told of together."""
    together: dict[tuple[str, str], list[str]] = {}
    for one in told:
        together.setdefault((one.text, one.example), []).append(one.variant)
    for (text, example), variants in together.items():
        yield Told(named(variants), text if len(variants) == 1 else f"each {text}", example)


def _causes(case: _Case, causes: Sequence[Wrong]) -> str:
    shown, rest = causes[:MOST_CAUSES], sum(wrong.requests for wrong in causes[MOST_CAUSES:])
    if len(causes) == 1:
        lead = "" if causes[0].requests == 1 else "each time "
        return f"{lead}{_clause(case, causes[0])}"
    clauses = [f"in {wrong.requests:,} {_clause(case, wrong)}" for wrong in shown]
    return "; ".join([*clauses, *([f"in {rest:,} for other reasons"] if rest else [])])


def _clause(case: _Case, wrong: Wrong) -> str:
    why = cause_words(case.what, wrong.cause, wrong.place)
    if case.what == ORPHANED:
        there = wrong.effect.split(", ")
        missing = [f"another {name}" if name in there else name for name in wrong.without.split(", ")]
        return f"{listed(there)} in place without {listed(missing)}: {why}"
    return why


def _example(wrongs: Sequence[Wrong]) -> str:
    """One request with its moments, counted from its arrival: of the commonest cause."""
    timed = [wrong for wrong in wrongs if wrong.timed]
    if not timed:
        return ""
    wrong = max(timed, key=lambda wrong: wrong.requests)
    arrived, first, repeated, again = wrong.moments
    events = sorted([(first, "done"), (repeated, "begun once more"), (again, "done again")])
    told = listed([f"{word} after {plain(time - arrived, 's')}" for time, word in events])
    return f"For example, of a request that arrived at {arrived:.1f} s, {wrong.effect} was {told}."


def _none_of(arrived: Mapping[str, int], late: Sequence[str]) -> str:
    """Say of how many requests it is known that none went wrong so, by variant."""
    if not arrived:
        return ""
    but = f" (but for the unfinished of {named(late)})" if late else ""
    totals = sorted(set(arrived.values()))
    if len(totals) == 1:
        each = " each" if len(arrived) > 1 else ""
        return f"{named(list(arrived))}: none in {counted(totals[0], 'request')}{each}{but}."
    brief = [f"{variant} in {counted(total, 'request')}" for variant, total in arrived.items()]
    return f"None: {'; '.join(brief) if _hold_commas(arrived) else listed(brief)}{but}."


def _remedy(
    evidence: Evidence,
    case: _Case,
    guilty: Sequence[str],
    arrived: Mapping[str, Mapping[str, int]],
    point: str,
) -> str:
    """Say where the same effect is idempotent and was never there twice."""
    if case.what != MORE_THAN_ONCE or any(_idempotent(evidence, variant, point, case.effect) for variant in guilty):
        return ""
    safe = [
        variant
        for variant in evidence.variants
        if variant not in guilty and _idempotent(evidence, variant, point, case.effect)
    ]
    if not safe:
        return ""
    total = sum(arrived[variant].get(case.workload, 0) for variant in safe)
    where = f"Where {case.effect} recognises a repetition (idempotent: {named(safe)})"
    return f"{where}: none in {counted(total, 'request')}."


def _idempotent(evidence: Evidence, variant: str, point: str, effect: str) -> bool:
    """Whether an operation recognises repetitions, by the experiment as played."""
    service, _, operation = effect.partition(" ")[0].partition(".")
    place: Any = evidence.manifest
    for key in ("experiment", variant, point, "services", service, "operations", operation, "idempotent"):
        place = place.get(key) if isinstance(place, Mapping) else None
    return bool(place)


def _clean_workloads(
    evidence: Evidence, found: Mapping[str, Iterable[Wrong]], arrived: Mapping[str, Mapping[str, int]], point: str
) -> Iterator[str]:
    """Say of each workload what happened in no variant, and in how many requests it did not; what is unfinished may
    yet come to be half done."""
    for workload in evidence.workload_names:
        total = sum(arrived[variant].get(workload, 0) for variant in evidence.variants)
        happened = {
            wrong.what for variant in evidence.variants for wrong in found[variant] if wrong.operation == workload
        }
        never = [words for what, words in _NOTHING.items() if what not in happened]
        if total and never:
            rest = _but_for_unfinished(evidence, workload, point)
            yield f"{workload}: of {counted(total, 'request')} none was {listed(never, 'or')}{rest}."


def _but_for_unfinished(evidence: Evidence, workload: str, point: str) -> str:
    """Say whose requests were still under way when the run ended, and which share of them; empty where none were."""
    shares = _unfinished(evidence, evidence.variants, workload, point)
    left = [f"{variant} {share}" for variant, share in shares.items()]
    return f"; unfinished when the run ended: {'; '.join(left)}" if left else ""


def _unfinished(evidence: Evidence, variants: Iterable[str], workload: str, point: str) -> dict[str, Estimate]:
    """Return the share of requests that were still under way when the run ended, of variants that had any."""
    rows = evidence.summary
    estimates = estimates_of(replace(evidence, summary=rows[rows["metric"] == UNFINISHED]))
    shares = {variant: estimates.get(variant, point, workload, UNFINISHED) for variant in variants}
    return {variant: share for variant, share in shares.items() if share.known and share.mean > 0}
