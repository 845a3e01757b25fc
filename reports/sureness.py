"""How the figures came about and how sure they are, in a few words: below every chart and table."""

from __future__ import annotations

from reports.evidence import Evidence
from reports.words import counted


def replicated(evidence: Evidence) -> str:
    """Return how many replications there are: "20 replications", or "10 to 40 replications" where they differ.

    One that was cut into batches for its intervals is "1 replication in batches".
    """
    if evidence.batched:
        return "1 replication in batches"
    most = evidence.replications
    counts = evidence.summary.groupby(["variant", "point"], dropna=False)["replications"].max()
    fewest = min((int(count) for count in counts if count > 0), default=most)
    return counted(most, "replication") if fewest >= most else f"{fewest:,} to {counted(most, 'replication')}"


def has_intervals(evidence: Evidence) -> bool:
    """Whether figures have intervals at all: a single replication has some only if it was cut into batches."""
    return evidence.replications > 1 or evidence.batched


def sureness(evidence: Evidence, what: str = "Figures") -> str:
    """Return "Figures of 20 replications with 95 % intervals", or why there are none.

    Args:
        evidence: the results.
        what: the figures are, of the replications.
    """
    if not has_intervals(evidence):
        return "1 replication: no intervals"
    return f"{what} of {replicated(evidence)} with 95 % intervals"


def measured(evidence: Evidence) -> str:
    """Return which part of a run the figures are of: "Measured from 30 s to 780 s", by point where these differ."""
    found = sorted(set(evidence.warmups.values())) or [evidence.warmup]
    begin = f"{found[0]:g} s" if len(found) == 1 else f"{found[0]:g} s or more (at most {found[-1]:g} s, by point)"
    return f"Measured from {begin} to {evidence.duration:g} s"
