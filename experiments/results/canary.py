"""The operator's question: in one run, how long until the difference between two versions is significant?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple

from experiments.results.reading import Results
from experiments.statistics.detection import detection
from experiments.statistics.two_samples import LEVEL, Sample, means_p_value, shares_p_value

if TYPE_CHECKING:
    import pandas as pd

CanaryMetric = Literal["error_rate", "latency_mean"]
_RUN = ["variant", "point", "replication", "branch_a", "branch_b"]


class _Seen(NamedTuple):
    """What one version did in one window, or up to its end."""

    requests: int
    errors: int
    good: Sample

    def joined(self, other: _Seen) -> _Seen:
        return _Seen(self.requests + other.requests, self.errors + other.errors, self.good.joined(other.good))


def time_to_significance(
    results: Results, *, route: str, metric: CanaryMetric = "error_rate", level: float = LEVEL
) -> pd.DataFrame:
    """Return when each single run showed that two versions behind a route differ.

    Args:
        results: of an experiment in which ``route`` splits.
        route: its name.
        metric: what is compared; see `looks`.
        level: of a single look.

    Returns:
        A row per run and branch other than the one with the largest share: ``variant, point, replication, branch_a,
        branch_b``, and in seconds since the warm-up (infinite: never in this run): ``first``, when a look was
        significant for the first time; ``lasting``, from when on all looks were; ``corrected``, the first look that
        stands Bonferroni's correction for the number of looks. ``requests``: what ``branch_a`` had served at
        ``lasting``.

    Raises:
        KeyError: no such route splits in these results.
        ValueError: the metric is not one of the two.
    """
    import pandas as pd

    rows = []
    for key, seen in looks(results, route=route, metric=metric).groupby(_RUN, sort=True):
        times, requests = [*seen["time"], math.inf], [*seen["requests_a"], math.inf]
        found = detection(seen["p_value"].tolist(), level)
        first, lasting, corrected = (len(seen) if place is None else place for place in found)
        rows.append((*key, times[first], times[lasting], times[corrected], float(requests[lasting])))
    return pd.DataFrame(rows, columns=[*_RUN, "first", "lasting", "corrected", "requests"])


def looks(results: Results, *, route: str, metric: CanaryMetric = "error_rate") -> pd.DataFrame:
    """Return what somebody who tests at the end of every window sees, run by run.

    Every look takes all answers since the warm-up: error shares by a test of two proportions, mean latencies of ok
    answers by Welch's test (see `experiments.statistics.two_samples`). Requests count as independent.

    Args:
        results: of an experiment in which ``route`` splits.
        route: its name.
        metric: ``error_rate`` or ``latency_mean``.

    Returns:
        A row per run, other branch and look: ``variant, point, replication, branch_a, branch_b, time, requests_a,
        requests_b, p_value``; ``time`` in seconds since the warm-up.

    Raises:
        KeyError: no such route splits in these results.
        ValueError: the metric is not one of the two.
    """
    import pandas as pd

    if metric not in ("error_rate", "latency_mean"):
        raise ValueError(f"{metric!r}: must be error_rate or latency_mean")
    series = dict(_series(results, route))
    rows = []
    for variant, point, branch, reference in _pairs(results, route):
        for replication in sorted({key[2] for key in series if key[:2] == (variant, point)}):
            one, two = (series[variant, point, replication, name] for name in (branch, reference))
            for (time, a), (_, b) in zip(one, two, strict=True):
                figures = (time, a.requests, b.requests, _p_value(a, b, metric))
                rows.append((variant, point, replication, branch, reference, *figures))
    return pd.DataFrame(rows, columns=[*_RUN, "time", "requests_a", "requests_b", "p_value"])


def _pairs(results: Results, route: str) -> list[tuple[str, str, str, str]]:
    """Who is compared with whom: variant, point, branch and reference."""
    known = results.branches
    found = known[known["route"] == route][["variant", "point", "branch_a", "branch_b"]].drop_duplicates()
    if found.empty:
        names = ", ".join(sorted(set(known["route"]))) or "none"
        raise KeyError(f"no route {route!r} that splits; there are: {names}")
    return list(found.itertuples(index=False, name=None))


_Look = tuple[float, _Seen]
"""Seconds since the warm-up, and what was seen until then."""


def _p_value(a: _Seen, b: _Seen, metric: str) -> float:
    if metric == "error_rate":
        return shares_p_value(a.errors, a.requests, b.errors, b.requests)
    return means_p_value(a.good, b.good)


def _series(results: Results, route: str) -> Iterator[tuple[tuple[str, str, int, str], list[_Look]]]:
    """The looks at each branch, by variant, point, replication and branch."""
    frame = results.timeline
    prefix = f"route:{route}/"
    frame = frame[frame["operation"].str.startswith(prefix)].astype({"variant": str, "point": str, "operation": str})
    keys = ["variant", "point", "replication", "operation"]
    wide = frame.pivot(index=[*keys, "time"], columns="metric", values="value").reset_index()
    for key, every in wide.groupby(keys, sort=True):
        variant, point, replication, operation = (str(part) for part in key)
        run = results.manifest["experiment"][variant][point]["run"]
        rows = every[every["time"] >= run["warmup"]]
        begins = rows["time"].tolist()
        ends = [*begins[1:], float(run["duration"])]
        columns = (rows[name].tolist() for name in _READ)
        windows = [_seen(end - begin, *figures) for begin, end, *figures in zip(begins, ends, *columns, strict=True)]
        seen = accumulate(windows, lambda before, now: before.joined(now))
        looks = [(end - float(run["warmup"]), found) for end, found in zip(ends, seen, strict=True)]
        yield (variant, point, int(replication), operation.removeprefix(prefix)), looks


_READ = ("throughput", "error_rate", "client_error_rate", "latency_mean", "latency_sd")


def _seen(seconds: float, throughput: float, error_rate: float, refused: float, mean: float, sd: float) -> _Seen:
    """Counts and sums of one window, from its rates and shares."""
    requests = round(throughput * seconds)
    if not requests:
        return _Seen(0, 0, Sample())
    errors = round(error_rate * requests)
    good = requests - errors - round(refused * requests)
    if not good:
        return _Seen(requests, errors, Sample())
    return _Seen(requests, errors, Sample(good, mean, sd * sd * (good - 1) if good > 1 else 0.0))
