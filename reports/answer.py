"""The answer in two sentences, drawn from the figures: who meets the objectives; who is best, and at what price.

Nothing is claimed that the intervals do not carry: what is too close to call, or inconclusive against the
baseline, is said to be so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reports.cautions import MARK, reservations
from reports.estimates import Estimate, Estimates, metric_named
from reports.evidence import ALL, Evidence
from reports.objectives import Score, best_setting, scores_of
from reports.words import counted, listed, metric_words, named, point_words

CONTEST = {"error_rate": "the lowest", "latency_p99": "the shortest", "goodput": "the highest"}
"""What the second sentence compares, and what the best of it is called."""

PRICE = ("duplicates", "orphaned", "false_ok", "stuck_sagas", "unfinished")
"""What a variant may pay with; what is unfinished may yet become any of it."""

MOST_NAMES = 3
"""A sentence lists at most so many variants, then says how many."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the second sentence looks: one workload at one point of the sweep."""

    evidence: Evidence
    estimates: Estimates
    workload: str
    point: str

    def of(self, variant: str, metric: str) -> Estimate:
        """Return a figure over the whole window."""
        return self.at(self.workload, variant, metric)

    def at(self, operation: str, variant: str, metric: str) -> Estimate:
        """Return a figure of another workload, or of a component, over the whole window."""
        return self.estimates.get(variant, self.point, operation, metric)

    def measured(self, metric: str) -> list[str]:
        """Return the names of whatever a figure was measured of, in order of name."""
        summary = self.evidence.summary
        return sorted(str(name) for name in summary.loc[summary["metric"] == metric, "operation"].unique())


def answer(evidence: Evidence, estimates: Estimates) -> tuple[str, str]:
    """Return the two sentences, each with its reservations where it rests on figures that cautions concern."""
    scores = scores_of(evidence)
    swept = len(evidence.points) > 1
    first = _sweep_sentence(evidence, scores) if swept else _objectives_sentence(evidence, scores)
    variant, point = best_setting(evidence, estimates)
    workload = worst_hit(evidence, estimates, point)
    if workload is None:
        return first, "There are no figures for any workload."
    place = Place(evidence, estimates, workload, point)
    if swept:
        second, shown = _best_point_sentence(place, variant, scores[variant, point]), [variant]
    else:
        second = _contest_sentence(place) if len(evidence.variants) > 1 else _figures_sentence(place)
        shown = list(evidence.variants)
    return f"{first}{_marked_verdicts(scores)}", f"{second}{_reservations(place, shown)}"


def _marked_verdicts(scores: Mapping[tuple[str, str], Score]) -> str:
    """Say how many verdicts rest on figures that cautions concern; empty where none does."""
    decided = [one for score in scores.values() for one in score.objectives if one.verdict != "undecided"]
    marked = sum(bool(objective.figure.mark) for objective in decided)
    if not marked:
        return ""
    rest = "rests on a figure" if marked == 1 else "rest on figures"
    return f" {MARK} {marked} of {counted(len(decided), 'verdict')} {rest} that the cautions concern."


def _reservations(place: Place, variants: Sequence[str]) -> str:
    """Say what stands against a sentence that rests on the figures of these variants; empty where nothing does."""
    keys = [(variant, place.point, ALL, place.workload, metric) for variant in variants for metric in CONTEST]
    found = [caution for key in keys for caution in place.estimates.cautions.of(*key)]
    told = reservations(dict.fromkeys(found))
    return f" {told}" if told else ""


def worst_hit(evidence: Evidence, estimates: Estimates, point: str) -> str | None:
    """Return the workload with the highest error rate of any variant; of equals the busiest; None without any."""

    def hurt(workload: str) -> tuple[float, float]:
        columns = (
            [estimates.get(variant, point, workload, metric) for variant in evidence.variants] for metric in _HURT
        )
        errors, throughput = (
            max((figure.mean for figure in column if figure.known), default=0.0) for column in columns
        )
        return errors, throughput

    return max(evidence.workload_names, key=hurt, default=None)


_HURT = ("error_rate", "throughput")


def _objectives_sentence(evidence: Evidence, scores: dict[tuple[str, str], Score]) -> str:
    point = evidence.points[0]
    of = {variant: scores[variant, point] for variant in evidence.variants}
    total = max(len(score.objectives) for score in of.values())
    if not total:
        return f"No objectives were set, so none is met or missed by {_all_names(evidence.variants)}."
    best = min(score.rank for score in of.values())
    leaders = [variant for variant, score in of.items() if score.rank == best]
    count = f"{of[leaders[0]].number('met')} of {counted(total, 'objective')}"
    rest = [f"{variant} {score.number('met')}" for variant, score in of.items() if variant not in leaders]
    undecided = [
        f"{score.number('undecided')} of {variant}" for variant, score in of.items() if score.number("undecided")
    ]
    open_ends = f"; undecided: {_few(undecided)}" if undecided else ""
    if len(of) == 1:
        return f"{leaders[0]} meets {count} and misses {of[leaders[0]].number('missed')}{open_ends}."
    if not rest:
        return f"{_all_names(evidence.variants)} {'both' if len(of) == 2 else 'all'} meet {count}{open_ends}."
    verb = "meets" if len(leaders) == 1 else "each meet"
    if any(score.number("met") == of[leaders[0]].number("met") for name, score in of.items() if name not in leaders):
        misses = [
            f"{name} {score.number('met')} and {score.number('missed')}"
            for name, score in of.items()
            if name not in leaders
        ]
        missed = f"{'misses' if len(leaders) == 1 else 'miss'} {of[leaders[0]].number('missed')}"
        others = f"met and missed by the others: {_few(misses)}"
        return f"{_all_names(leaders)} {verb} {count} and {missed}; {others}{open_ends}."
    return f"{_all_names(leaders)} {verb} {count}, more than the others ({_few(rest)}){open_ends}."


def _sweep_sentence(evidence: Evidence, scores: dict[tuple[str, str], Score]) -> str:
    total = max(len(score.objectives) for score in scores.values())
    points = counted(len(evidence.points), "point")
    if not total:
        return f"No objectives were set for the {points} of the sweep."
    parts = []
    for variant in evidence.variants:
        verdicts = [scores[variant, point].verdict for point in evidence.points]
        undecided = f" (undecided at {verdicts.count('undecided')})" if "undecided" in verdicts else ""
        whose = f" for {variant}" if len(evidence.variants) > 1 else ""
        parts.append(f"at {verdicts.count('met')} of {points}{whose}{undecided}")
    return f"All {counted(total, 'objective')} hold {listed(parts)}."


def _best_point_sentence(place: Place, variant: str, score: Score) -> str:
    whose = f" with {variant}" if len(place.evidence.variants) > 1 else ""
    total = len(score.objectives)
    reach = f" ({score.number('met')} of {total} objectives met)" if total else ""
    return (
        f"The best point is {point_words(place.point)}{whose}{reach}: for {place.workload}"
        f" {_figures(place, variant, CONTEST)}; {_price(place, variant)}."
    )


def _figures_sentence(place: Place) -> str:
    variant = place.evidence.variants[0]
    return f"For {place.workload}{_hurt_most(place)} {_figures(place, variant, CONTEST)}; {_price(place, variant)}."


def _contest_sentence(place: Place) -> str:
    """Say who is best at what, how sure that is against the baseline, and what the best pay with."""
    rankings = {metric: ranked for metric in CONTEST if (ranked := _ranked(place, metric))}
    if not rankings:
        return f"For {place.workload} there are no figures to compare."
    won: dict[str, list[str]] = {}
    for metric, ranked in rankings.items():
        prize = f"{CONTEST[metric]} {metric_words(metric)} ({_beside(place, metric, ranked)})"
        won.setdefault(ranked[0], []).append(prize)
    parts = [f"{variant} has {listed(prizes)}" for variant, prizes in won.items()]
    prices = "; ".join(f"{variant}: {_price(place, variant)}" for variant in won)
    sure = _certainty(place, rankings)
    return f"For {place.workload}{_hurt_most(place)} {listed(parts)}{sure}; the price of {prices}."


def _ranked(place: Place, metric: str) -> list[str]:
    """Return the variants that have the figure, best first."""
    known = [variant for variant in place.evidence.variants if place.of(variant, metric).known]
    higher = metric_named(metric).better == "higher"
    return sorted(known, key=lambda variant: place.of(variant, metric).mean, reverse=higher)


def _beside(place: Place, metric: str, ranked: Sequence[str]) -> str:
    """Return the best figure, the baseline's, and who is too close to call: whose interval overlaps the best one's."""
    best, baseline = place.of(ranked[0], metric), place.evidence.baseline
    parts = [str(best)]
    if baseline in ranked[1:]:
        parts.append(f"{baseline} {place.of(baseline, metric)}")
    close = [variant for variant in ranked[1:] if _overlap(best, place.of(variant, metric))]
    if close:
        parts.append(f"too close to call: {named(close) if len(close) <= MOST_NAMES else f'{len(close)} others'}")
    return "; ".join(parts)


def _few(parts: Sequence[str]) -> str:
    shown = list(parts[: 2 * MOST_NAMES])
    joint = "; " if any("," in part for part in shown) else ", "
    return joint.join([*shown, f"{len(parts) - len(shown)} more"] if len(parts) > len(shown) else shown)


def _overlap(one: Estimate, other: Estimate) -> bool:
    return one.mean == other.mean or (one.low <= other.high and other.low <= one.high)


def _certainty(place: Place, rankings: Mapping[str, Sequence[str]]) -> str:
    """Return the clause on the paired comparisons: best with baseline, baseline with next best."""
    sure: list[str] = []
    unsure: list[str] = []
    for metric, ranked in rankings.items():
        rivals = [variant for variant in ranked[:2] if variant != place.evidence.baseline]
        found = place.estimates.versus_baseline(rivals[0], place.point, place.workload, metric) if rivals else None
        if found is not None:
            (sure if found.verdict in {"better", "worse"} else unsure).append(metric_words(metric))
    baseline = place.evidence.baseline
    if not sure and not unsure:
        return ""
    if not unsure:
        return f", significant in the paired comparison with the baseline, {baseline}"
    if not sure:
        return f", but the comparison with the baseline, {baseline}, is inconclusive"
    return f", but in {listed(unsure)} the comparison with the baseline, {baseline}, is inconclusive"


def _price(place: Place, variant: str) -> str:
    """Return what a variant leaves inconsistent or unfinished, of every workload; zeros are not worth a word."""
    workloads = place.evidence.workload_names
    paid = [
        (
            f"{metric_words(metric)}{f' of {workload}' if len(workloads) > 1 else ''}",
            place.at(workload, variant, metric),
        )
        for workload in sorted(workloads, key=lambda name: name != place.workload)
        for metric in PRICE
    ]
    paid += [
        (f"rows of {service.removeprefix('service:')} left wrong", place.at(service, variant, "diverged"))
        for service in place.measured("diverged")
    ]
    known = [(words, figure) for words, figure in paid if figure.known]
    if not known:
        return "consistency was not measured"
    parts = [f"{words} {figure}" for words, figure in known if figure.mean > 0]
    return listed(parts) if parts else "nothing left inconsistent"


def _figures(place: Place, variant: str, metrics: Iterable[str]) -> str:
    return listed([f"{metric_words(metric)} is {place.of(variant, metric)}" for metric in metrics])


def _hurt_most(place: Place) -> str:
    return ", the workload with most errors," if len(place.evidence.workload_names) > 1 else ","


def _all_names(names: Sequence[str]) -> str:
    return named(names) if len(names) <= MOST_NAMES else f"{len(names)} variants"
