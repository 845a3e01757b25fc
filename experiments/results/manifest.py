"""``manifest.json``: how the results came about, so that they can be made again and shown again."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from experiments.results.folder import MANIFEST

DEPENDENCIES = ("numpy", "scipy", "simpy", "pandas", "pyarrow", "pydantic")
"""Packages whose version can change a number or a byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the experiment file says and the tables do not.

    Attributes:
        name: the experiment's.
        description: a sentence of the file; may be empty.
        variants: played variants in the order of the file.
        baseline: the variant that the others are compared with.
        points: played sweep points in the order of the file; one empty text without a sweep.
        axes: sweep axis to its values, as text.
        workloads: names in the order of the file.
        phases: name, start and end in seconds of faults and named phases, of the baseline, by start.
        warmup: seconds that are not measured, in the baseline; the most of all points where these differ.
        warmups: the same by point.
        duration: seconds until arrivals stop.
        replications: runs per variant and point; the most of all points where these differ.
        first_replication: number of the first of them.
        replications_at: their number by point where a precision decides it; else empty.
        batches: into how many each run was cut for its intervals, where there is one replication of everything; else 0.
        pilots: runs in which the warm-up was looked for.
        limits: seconds within which, of objectives that have such: operation, phase and metric as in the tables.
        seed: the experiment's.
        experiment: everything as resolved, the shorthands and defaults spelled out, by variant and point.
        experiment_text: the file as it was read.
        included_files: further files that were read, each with its `digest`.
        command: plays it again.
    """

    name: str
    description: str
    variants: Sequence[str]
    baseline: str
    points: Sequence[str]
    axes: Mapping[str, Sequence[str]]
    workloads: Sequence[str]
    phases: Sequence[tuple[str, float, float]]
    warmup: float
    warmups: Mapping[str, float]
    duration: float
    replications: int
    first_replication: int = 0
    replications_at: Mapping[str, int] = field(default_factory=dict)
    batches: int = 0
    pilots: int = 0
    limits: Sequence[tuple[str, str, str, float]] = ()
    seed: int
    experiment: Mapping[str, Any]
    experiment_text: str
    included_files: Mapping[str, str]
    command: str


def manifest_of(
    description: Description, folder: Path, *, wall_time: float, jobs: int, totals: Mapping[str, float]
) -> dict[str, Any]:
    """Return the manifest of the files that are in ``folder`` now.

    Args:
        description: what the experiment says.
        folder: holds the data files.
        wall_time: seconds that the runs took.
        jobs: processes that were used.
        totals: what all runs counted, together.
    """
    return {
        **asdict(description),
        "experiment_hash": digest(description.experiment),
        "versions": versions(),
        "machine": machine() | {"processes_used": jobs},
        "wall_time": round(wall_time, 3),
        "totals": dict(sorted(totals.items())),
        "files": {path.name: _file_digest(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST},
    }


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write ``manifest.json`` into the folder."""
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def digest(content: Any) -> str:
    """Return the SHA-256 of a value's JSON text with sorted keys: the same for the same content in any order."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of callsim, Python and the packages that matter."""
    found = {"callsim": callsim_version(), "python": platform.python_version()}
    return found | {name: version(name) for name in DEPENDENCIES}


def callsim_version() -> str:
    """Return the installed version of callsim; ``unknown`` where only its source is on the path."""
    try:
        return version("callsim")
    except PackageNotFoundError:
        return "unknown"


def machine() -> dict[str, Any]:
    """Return what the results can depend on, and what their speed does; nothing that tells whose machine it is."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "python_implementation": platform.python_implementation(),
        "cores": os.cpu_count() or 1,
    }


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
