"""callsim from Python: what the command line does, as functions that return pandas frames.

For example ``run("catalog:mm1", replications=4).summary``.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path

from experiments.asking import overrides_of
from experiments.language import Document, load
from experiments.results.canary import looks, time_to_significance
from experiments.results.reading import Results
from experiments.running.preparation import prepare
from experiments.running.session import play
from experiments.running.showing import show

__all__ = ["Document", "Results", "load", "looks", "run", "time_to_significance"]


def run(
    experiment: str | Path,
    *,
    overrides: Sequence[str] = (),
    variants: Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    first_replication: int = 0,
    jobs: int = 1,
    out: str | Path | None = None,
    page: bool = False,
    overwrite: bool = False,
) -> Results:
    """Play an experiment and return its results.

    Args:
        experiment: a file, or ``catalog:NAME``.
        overrides: changes to the file, ``path=value`` each.
        variants: those to play; none named: all.
        replications: instead of the file's.
        seed: instead of the file's.
        first_replication: number of the first replication: runs 100 to 149 are the same as those of a longer run.
        jobs: processes to use. With more than one, a script needs the usual ``if __name__ == "__main__":``.
        out: where the results folder is put; by default it is temporary and goes with the returned object.
        page: draw the charts and the page as well.
        overwrite: replace earlier results at ``out``.

    Raises:
        ExperimentError: the file, an override or a variant is wrong; lists everything that is.
        FolderRefused: ``out`` is taken.
        RunFailed: a run failed; names variant, point, replication and seed.
    """
    document = load(str(experiment), overrides_of(overrides, replications, seed))
    prepared = prepare(document, variants, first=first_replication)
    temporary = None if out is not None else Path(tempfile.mkdtemp(prefix="callsim-"))
    target = Path(out) if out is not None else Path(str(temporary)) / "results"
    try:
        played = play(prepared, target, jobs=jobs, overwrite=overwrite, show=lambda folder: _show(folder, page))
        if played.show_error is not None:
            raise played.show_error
        results = Results(target)
    except BaseException:
        _remove(temporary)
        raise
    weakref.finalize(results, _remove, temporary)
    return results


def _show(folder: Path, page: bool) -> None:
    show(folder, page=page)


def _remove(folder: Path | None) -> None:
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
