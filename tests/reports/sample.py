"""Made-up but plausible results, so that reports can be drawn and looked at without a simulation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

import pandas as pd

from reports.estimates import rows_of
from reports.evidence import CAUTION_COLUMNS, MODE_COLUMNS, RUN_SERIES_COLUMNS, Evidence
from simulator.metrics.names import METRICS

STYLES = ("sync", "queue", "saga", "choreography", "hybrid")
FAULTS = (("slow_provider", 180.0, 270.0), ("failing_provider", 360.0, 420.0), ("lost_inventory", 480.0, 510.0))
PHASES = ("all", "healthy", *(f"{kind}:{name}" for name, _, _ in FAULTS for kind in ("during", "after")))
RATES = {"checkout": 30.0, "add_to_cart": 60.0}
BREAKER = "call:payments->provider"

# style: (errors while the provider fails, duplicates, orphaned, false ok, latency p50, answers before the work is done)
_STYLES = {
    "sync": (0.31, 0.08, 0.09, 0.0, 0.095, False),
    "queue": (0.0002, 0.21, 0.012, 0.034, 0.006, True),
    "saga": (0.29, 0.07, 0.021, 0.0, 0.097, False),
    "choreography": (0.0003, 0.06, 0.008, 0.041, 0.006, True),
    "hybrid": (0.28, 0.07, 0.018, 0.0, 0.091, False),
}
_WEIGHT = {"all": 0.3, "healthy": 0.005, "during:slow_provider": 0.8, "after:slow_provider": 0.1}
_WEIGHT |= {"during:failing_provider": 1.0, "after:failing_provider": 0.15, "during:lost_inventory": 0.2}
_WEIGHT |= {"after:lost_inventory": 0.02}

EXPERIMENT = """name: checkout
services:
  gateway: {workers: 512}   # <b>not</b> markup & never executed
objectives:
  checkout: {latency_p99: 2s, error_rate: 1%, duplicates: 0.01%}
"""


def checkout(variants: Sequence[str] = STYLES, replications: int = 20) -> Evidence:
    """Five styles, two workloads, three faults."""
    figures = {
        (variant, "", phase, workload, metric): value
        for variant in variants
        for phase in PHASES
        for workload in RATES
        for metric, value in _figures(variant, workload, phase).items()
    }
    summary = summary_of(figures, replications)
    bounds = [("checkout", "latency_p99", 2.0), ("checkout", "error_rate", 0.01), ("checkout", "duplicates", 0.0001)]
    bounds += [("add_to_cart", "latency_p99", 0.2), ("add_to_cart", "error_rate", 0.01)]
    return Evidence(
        name="checkout",
        description="One checkout, five ways to communicate.",
        variants=variants,
        baseline=variants[0],
        points=("",),
        axes={},
        phases=FAULTS,
        warmup=60.0,
        duration=600.0,
        replications=replications,
        summary=summary,
        comparisons=comparisons_of(summary, variants[0]),
        objectives=objectives_of(summary, bounds),
        timeline=_timeline(variants),
        distributions=_distributions(variants),
        breaker_states=_breakers(variants),
        manifest=MANIFEST,
        experiment_text=EXPERIMENT,
        command="callsim run checkout.yaml --replications 20 --seed 42",
        workloads=tuple(RATES),
    )


CAUTIONS = (
    ("sync", "", "all", "service:provider", "", "unstable_queue", "The queue grows by 2.1 requests a second."),
    ("queue", "", "all", "checkout", "latency_p999", "too_few_tail_samples", "3 of 20 replications have 10 beyond it."),
    ("queue", "", "all", "checkout", "goodput", "bimodal", "14 replications are near 31 /s, 6 near 2 /s."),
    ("saga", "", "all", "checkout", "", "too_few_replications", "With 20 replications nothing of 5 % is seen."),
    ("saga", "", "during:slow_provider", "checkout", "error_rate", "bimodal", "Half of them never recover."),
)
"""One of a kind, as in ``cautions.csv``, and a second of one."""

GROUPS = (
    ("queue", "", "all", "checkout", "goodput", "1/s", 6, 2.0, 14, 31.0),
    ("saga", "", "during:slow_provider", "checkout", "error_rate", "share", 10, 0.01, 10, 0.9),
)


def cautioned(
    evidence: Evidence,
    rows: Sequence[tuple[str, ...]] = CAUTIONS,
    groups: Sequence[tuple[str | float, ...]] = GROUPS,
) -> Evidence:
    """The same results with cautions, and with figures whose replications fall into two groups."""
    cautions = pd.DataFrame(list(rows), columns=list(CAUTION_COLUMNS))
    runs = [
        ("queue", "", number, "checkout", metric, 5.0 * window, 31.0 if number < 14 or window < 50 else 2.0)
        for number in range(20)
        for metric in ("goodput", "throughput")
        for window in range(120)
    ]
    return replace(
        evidence,
        cautions=cautions,
        modes=pd.DataFrame(list(groups), columns=list(MODE_COLUMNS)),
        run_series=pd.DataFrame(runs, columns=list(RUN_SERIES_COLUMNS)),
    )


MANIFEST = {
    "name": "checkout",
    "seed": 42,
    "hash": "sha256:4f1c0a",
    "versions": {"callsim": "0.1.0", "python": "3.11.7", "numpy": "2.4.6"},
    "machine": {"system": "Linux", "processor": "x86_64", "cores": 2},
    "wall_time": 184.2,
}


def only(workload: str, evidence: Evidence) -> Evidence:
    """The same results, of one workload."""
    frames = {
        name: getattr(evidence, name)[getattr(evidence, name)["operation"] == workload]
        for name in ("summary", "comparisons", "objectives", "timeline", "distributions")
    }
    return replace(evidence, workloads=(workload,), **frames)


def one_variant() -> Evidence:
    """The results of a file without variants and without faults, in which no breaker ever opened."""
    evidence = checkout(("base",), replications=10)
    healthy = evidence.summary[evidence.summary["phase"].isin(["all", "healthy"])]
    return replace(
        evidence, name="base only", phases=(), summary=healthy, breaker_states=evidence.breaker_states.iloc[:0]
    )


def many_variants(count: int = 10) -> Evidence:
    """More variants than colours, with names longer than there is room for."""
    return checkout(tuple(f"breaker opens after {3 + index} failures for {5 * index + 5} s" for index in range(count)))


def sweep(axes: Mapping[str, Sequence[str]], variants: Sequence[str] = ("base",)) -> Evidence:
    """A grid over one or two axes in which goodput, errors and duplicates change smoothly with the position."""
    names, points = list(axes), [""]
    for name in names:
        points = [f"{point};{name}={value}".lstrip(";") for point in points for value in axes[name]]
    figures = {
        (variant, point, "all", "checkout", metric): value
        for number, variant in enumerate(variants)
        for point in points
        for metric, value in _swept(_place(point, axes), number).items()
    }
    summary = summary_of(figures, 10)
    bounds = [("checkout", "latency_p99", 2.0), ("checkout", "error_rate", 0.08), ("checkout", "duplicates", 0.03)]
    return replace(
        checkout(variants, replications=10),
        name="payment breaker",
        points=tuple(points),
        axes=axes,
        phases=(),
        summary=summary,
        comparisons=comparisons_of(summary, variants[0]),
        objectives=objectives_of(summary, bounds),
        breaker_states=_breakers(()),
        timeline=_timeline(()),
        distributions=_distributions(()),
        workloads=("checkout",),
    )


def two_axes() -> Evidence:
    """Breaker threshold against open time."""
    return sweep({"failures": ("2", "3", "5", "8", "13"), "open_for": ("1s", "5s", "10s", "30s", "1m")})


def summary_of(figures: Mapping[tuple[str, str, str, str, str], float], replications: int) -> pd.DataFrame:
    """Frame the figures as in ``summary.csv``, each with an interval of a few per cent."""
    random = Random(7)
    rows = []
    for (variant, point, phase, operation, metric), mean in figures.items():
        half = abs(mean) * random.uniform(0.01, 0.08) if math.isfinite(mean) else math.nan
        unit = METRICS[metric].unit
        rows.append((variant, point, phase, operation, metric, unit, mean, mean - half, mean + half, replications))
    names = "variant point phase operation metric unit mean ci_low ci_high replications"
    return pd.DataFrame(rows, columns=names.split())


def comparisons_of(summary: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Frame the differences against the baseline; what differs by less than the intervals is inconclusive."""
    every = rows_of(summary)
    base = {(row.point, row.phase, row.operation, row.metric): row for row in every if row.variant == baseline}
    rows = []
    for row in (row for row in every if row.variant != baseline):
        other = base[row.point, row.phase, row.operation, row.metric]
        difference = 0.0 if row.mean == other.mean else row.mean - other.mean  # never minus never is no NaN
        half = (row.ci_high - row.ci_low + other.ci_high - other.ci_low) / 2
        sure = abs(difference) > half
        worse = (difference > 0) != (METRICS[row.metric].better == "higher")
        verdict = "inconclusive" if not sure else "worse" if worse else "better"
        ends = (difference, difference - half, difference + half, 0.001 if sure else 0.4, verdict)
        rows.append((row.variant, baseline, row.point, row.phase, row.operation, row.metric, row.unit, *ends))
    names = "variant_a variant_b point phase operation metric unit difference ci_low ci_high p_value verdict"
    return pd.DataFrame(rows, columns=names.split())


def objectives_of(summary: pd.DataFrame, bounds: Iterable[tuple[str, str, float]]) -> pd.DataFrame:
    """Frame upper bounds on figures of the whole window."""
    rows = []
    for operation, metric, bound in bounds:
        chosen = summary[(summary["operation"] == operation) & (summary["metric"] == metric)]
        for row in rows_of(chosen[chosen["phase"] == "all"]):
            low, high = row.ci_low, row.ci_high
            verdict = "met" if high <= bound else "missed" if low > bound else "undecided"
            ends = (bound, row.mean, row.ci_low, row.ci_high, verdict)
            rows.append((row.variant, row.point, "all", operation, metric, *ends))
    names = "variant point phase operation metric bound mean ci_low ci_high verdict"
    return pd.DataFrame(rows, columns=names.split())


def _figures(variant: str, workload: str, phase: str) -> dict[str, float]:
    known = _STYLES.get(variant)
    number = sum(map(ord, variant)) % 7
    style = known or (0.05 + 0.03 * number, 0.01 * number, 0.01 * number, 0.0, 0.08 + 0.004 * number, False)
    fails, duplicates, orphaned, false_ok, median, early = style
    weight = _WEIGHT[phase] * (1.0 if workload == "checkout" else 0.02)
    errors = fails * weight
    rate = RATES[workload]
    median = median if workload == "checkout" else 0.011
    slow = 1 + 60 * weight * (not early)
    stuck = 0.004 * weight if variant in {"saga", "hybrid"} else 0.0
    completion = {"completion_p50": 0.1, "completion_p90": 0.3 + weight, "completion_p95": 0.5 + 3 * weight}
    completion |= {
        "completion_p99": math.inf if orphaned * weight > 0.01 else 1 + 40 * weight,
        "completion_p999": math.inf,
    }
    if workload != "checkout":
        completion = {name: 0.012 * (1 + place) for place, name in enumerate(completion)}
    tail = {"latency_p50": median, "latency_p90": median * 2, "latency_p95": median * 2.5 * (1 + weight)}
    tail |= {"latency_p99": median * 4 * slow, "latency_p999": median * 7 * slow}
    outcomes = {"server_error_rate": errors * 0.55, "timeout_rate": errors * 0.25, "unreachable_rate": errors * 0.05}
    outcomes |= {"rejected_rate": errors * 0.15, "cancelled_rate": 0.0, "client_error_rate": 0.0 if early else 0.0101}
    faulty = duplicates * weight if workload == "checkout" else 0.0
    undone = {"sync": 0.2, "saga": 0.9, "hybrid": 0.85}.get(variant, 0.05) * fails * weight + 0.01
    mixed = orphaned * weight if workload == "checkout" else 0.0
    ledger = {"duplicates": faulty, "orphaned": mixed, "undone": undone, "done": 1 - undone - mixed}
    ledger |= {"false_ok": false_ok * weight, "false_error": fails * 0.2 * weight, "stuck_sagas": stuck}
    ledger |= {"dead_lettered": 0.002 * weight * early, "lost": 0.001 * weight, "unfinished": 0.0}
    return {
        "throughput": rate * (1 - 0.02 * weight),
        "goodput": rate * (ledger["done"] - outcomes["client_error_rate"] - 0.3 * errors),
        "error_rate": errors,
        **outcomes,
        **tail,
        **completion,
        **ledger,
    }


def _place(point: str, axes: Mapping[str, Sequence[str]]) -> list[float]:
    values = [part.split("=", 1) for part in point.split(";")]
    return [list(axes[name]).index(value) / max(1, len(axes[name]) - 1) for name, value in values]


def _swept(place: list[float], number: int) -> dict[str, float]:
    x, y = (*place, 0.5)[:2]
    errors = 0.02 + 0.2 * (x - 0.4) ** 2 + 0.15 * (y - 0.3) ** 2 + 0.02 * number
    return {
        "throughput": 30.0,
        "goodput": 30 * (1 - errors),
        "error_rate": errors,
        "latency_p50": 0.08 + 0.01 * number,
        "latency_p99": 0.6 + 2.2 * x * (1 - 0.5 * y),
        "completion_p99": math.inf if x > 0.9 else 1.0 + 3 * x,
        "duplicates": 0.005 + 0.05 * x * x + 0.01 * number,
        "orphaned": 0.002 + 0.03 * x,
        "done": 0.97 - errors / 2,
        "undone": 0.03,
    }


def _timeline(variants: Sequence[str]) -> pd.DataFrame:
    random, rows = Random(3), []
    for variant in variants:
        for workload, rate in RATES.items():
            for window in range(120):
                time = 5.0 * window
                phase = next((f"during:{name}" for name, start, end in FAULTS if start <= time < end), "healthy")
                figures = _figures(variant, workload, phase)
                for metric in ("throughput", "goodput", "error_rate", "latency_p99"):
                    mean = figures[metric] * random.uniform(0.93, 1.07)
                    ends = (mean, mean * 0.95, mean * 1.05)
                    rows.append((variant, "", workload, metric, time, *(ends if time or rate < 50 else [math.nan] * 3)))
        for window in range(120):
            waiting = 4.0 + 60 * any(start <= 5 * window < end for _, start, end in FAULTS[:1])
            rows.append(
                (variant, "", "service:provider", "queue_length", 5.0 * window, waiting, waiting - 1, waiting + 1)
            )
    return pd.DataFrame(rows, columns="variant point operation metric time mean ci_low ci_high".split())


def _distributions(variants: Sequence[str]) -> pd.DataFrame:
    rows = []
    shares = [1 - step / 50 for step in range(1, 50)] + [0.01 * 0.7**step for step in range(20)]
    for variant in variants:
        for workload in RATES:
            figures = _figures(variant, workload, "all")
            for measure, middle in (("latency", figures["latency_p50"]), ("completion", figures["completion_p50"])):
                for share in shares:
                    value = middle * (0.2 + 0.6 * (-math.log(share)) ** 1.7)
                    if measure == "completion" and share < figures["orphaned"]:
                        value = math.inf
                    rows.append((variant, "", workload, measure, share, value, value * 0.93, value * 1.07))
    return pd.DataFrame(rows, columns="variant point operation measure survival value ci_low ci_high".split())


def _breakers(variants: Sequence[str]) -> pd.DataFrame:
    rows = []
    for variant in variants:
        for start in (185.0, 363.0):
            states = ((start, "open"), (start + 30, "half_open"), (start + 33, "open"), (start + 63, "half_open"))
            for time, state in (*states, (start + 66, "closed")):
                rows.append((variant, "", 0, BREAKER, time, state))
        rows.append((variant, "", 1, BREAKER, 100.0, "open"))
    return pd.DataFrame(rows, columns="variant point replication operation time state".split())
