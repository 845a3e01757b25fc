"""Whether a results folder can be compared at all: it may be half copied, damaged, or no such folder."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from experiments.results.comparing.figures import Figures, figures_of
from experiments.results.folder import MANIFEST
from experiments.results.reading import Results

_AGAIN = "copy the whole folder, or play the experiment again"
_WANTED: Mapping[str, type] = {"name": str, "replications": int, "experiment": dict, "workloads": list}


class NotComparable(ValueError):
    """Two folders that do not hold results of the same experiment, or nothing that both have, or a damaged one."""


def sound_manifest(results: Results) -> Mapping[str, Any]:
    """Return a folder's manifest.

    Raises:
        NotComparable: it lacks what a comparison needs.
    """
    path = results.folder / MANIFEST
    with _refusing(path, "is no manifest of callsim"):
        manifest = results.manifest
    for key, kind in _WANTED.items():
        if not isinstance(manifest.get(key), kind):
            raise NotComparable(f"{path}: has no {key!r}, which callsim writes there; {_AGAIN}")
    if not all(isinstance(points, dict) for points in manifest["experiment"].values()):
        raise NotComparable(f"{path}: its 'experiment' is not variants with their sweep points; {_AGAIN}")
    return manifest


def sound_figures(results: Results) -> Figures:
    """Return a folder's figures.

    Raises:
        NotComparable: ``runs.parquet`` is missing or damaged.
    """
    with _refusing(results.folder / "runs.parquet", "is not a whole Parquet file with the figures of the runs"):
        return figures_of(results)


def sound_objectives(results: Results) -> frozenset[tuple[str, str]]:
    """Return operation and metric of every objective of a folder.

    Raises:
        NotComparable: ``objectives.csv`` is missing or damaged.
    """
    with _refusing(results.folder / "objectives.csv", "is not a whole table with the columns that callsim writes"):
        frame = results.objectives
        return frozenset(
            (str(name), str(metric)) for name, metric in zip(frame["operation"], frame["metric"], strict=True)
        )


@contextmanager
def _refusing(path: Path, damage: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotComparable(f"{path}: is missing; {_AGAIN}") from error
    except PermissionError as error:
        raise NotComparable(f"{path}: may not be read; allow it (chmod +r)") from error
    except (OSError, ValueError, LookupError, AttributeError, TypeError, csv.Error, pa.ArrowException) as error:
        raise NotComparable(f"{path}: {damage}; {_AGAIN}") from error
