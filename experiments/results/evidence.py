"""A results folder in the form that reports take."""

from __future__ import annotations

from experiments.results.averages import average_distributions, average_pilots, average_timeline
from experiments.results.cells import Setting
from experiments.results.reading import Results
from experiments.results.series import series_of_runs
from reports.evidence import Evidence


def evidence_of(results: Results, *, series: bool = True) -> Evidence:
    """Gather what reports show, from the files alone: a folder can be shown again at any time, anywhere.

    Args:
        results: the folder.
        series: false leaves the timeline and the distributions empty: tables do without them.
    """
    manifest = results.manifest
    timeline = average_timeline(results.folder / "timeline.parquet", empty=not series)
    distributions = average_distributions(results.folder / "distributions.parquet", empty=not series)
    return Evidence(
        name=manifest["name"],
        description=manifest["description"],
        variants=manifest["variants"],
        baseline=manifest["baseline"],
        points=manifest["points"],
        axes=manifest["axes"],
        phases=[(name, start, end) for name, start, end in manifest["phases"]],
        warmup=manifest["warmup"],
        duration=manifest["duration"],
        replications=manifest["replications"],
        batched=manifest.get("batches", 0) > 0,
        summary=results.summary,
        comparisons=results.comparisons,
        objectives=results.objectives,
        branches=results.branches,
        timeline=timeline,
        distributions=distributions,
        breaker_states=results.breaker_states,
        manifest=manifest,
        experiment_text=manifest["experiment_text"],
        command=manifest["command"],
        workloads=manifest["workloads"],
        recoveries=results.recoveries,
        effects=results.effects,
        losses=results.losses,
        cautions=results.cautions,
        limits={(name, phase, metric): within for name, phase, metric, within in manifest.get("limits", ())},
        warmups=manifest.get("warmups", {}),
        first_replication=manifest.get("first_replication", 0),
        warmup_cuts=results.warmup,
        pilots=average_pilots(results.folder / "pilots.parquet", empty=not series),
        pilot_curves=results.pilots,
        modes=results.modes,
        run_series=series_of_runs(results.folder / "timeline.parquet", _split(results) if series else ()),
    )


def _split(results: Results) -> set[Setting]:
    """The settings with figures whose replications fall into two groups."""
    modes = results.modes
    return {Setting(variant, point) for variant, point in zip(modes["variant"], modes["point"], strict=True)}
