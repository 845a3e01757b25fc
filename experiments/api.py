"""callsim from Python: what the command line does, as functions that return pandas frames.

For example ``run("catalog:mm1", replications=4).summary``.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.asking import overrides_of
from experiments.language import Document, load
from experiments.results.canary import looks, time_to_significance
from experiments.results.comparing import changed
from experiments.results.reading import Results
from experiments.running.outlook import outlook
from experiments.running.outlook_tables import frame_of
from experiments.running.preparation import prepare
from experiments.running.session import play
from experiments.running.showing import show

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Document", "Results", "compare", "load", "looks", "plan", "run", "time_to_significance"]


def plan(
    experiment: str | Path,
    *,
    overrides: Sequence[str] = (),
    variants: Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
) -> pd.DataFrame:
    """Say how loaded everything will be, how many runs there are and how long they take, before the first one.

    Plays a short piece of each variant, about 2 s in all.

    Args:
        experiment: a file, or ``catalog:NAME``.
        overrides: changes to the file, ``path=value`` each.
        variants: those to plan; none named: all.
        replications: instead of the file's.
        seed: instead of the file's.
        jobs: processes that the times are for.

    Returns:
        A row per variant, point and whatever there is only so much of: ``variant, point, component, resource, rate,
        holding, servers, load, warm, peak, at_least, state`` (see `experiments.planning.load.Load`). Its ``attrs``
        hold ``runs``, ``simulated``, ``seconds``, ``requests``, ``room`` (pairs of the least and the most, seconds
        and bytes), ``pilots``, ``jobs``, ``memory`` and ``warnings``.

    Raises:
        ExperimentError: the file, an override or a variant is wrong; lists everything that is.
    """
    document = load(str(experiment), overrides_of(overrides, replications, seed))
    return frame_of(outlook(document, prepare(document, variants), jobs=jobs))


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


def compare(before: Results | str | Path, after: Results | str | Path) -> pd.DataFrame:
    """Compare two results of the same experiment, before and after a change, figure by figure.

    Args:
        before: results, or the folder that holds them.
        after: those that are judged.

    Returns:
        The columns of ``comparisons.csv``: ``variant_a`` is the variant after the change (as ``FOLDER/VARIANT``),
        ``variant_b`` the same before it, ``difference`` a minus b, and ``verdict`` says how the figure fares after the
        change. ``p_value`` is corrected over the whole comparison (Holm), and NaN where the figure is not tested. Its
        ``attrs`` hold ``seeds`` (before and after), ``paired`` (the settings, variant and point, whose replications are
        compared one by one), ``apart`` (why others are not), ``family`` (how many figures Holm's correction is over),
        ``tested`` (those and the ones that are the same), ``left_out`` (what only one side has: ``side, variant, point,
        phase, operation, metric``) and ``differing`` (what differs apart from the figures, in sentences).

    Raises:
        NotComparable: different experiments, nothing that both have, or a damaged folder (a `ValueError`).
        FileNotFoundError: no results of callsim are there.
    """
    sides = (side if isinstance(side, Results) else Results(side) for side in (before, after))
    return changed(*sides).frame()


def _show(folder: Path, page: bool) -> None:
    show(folder, page=page)


def _remove(folder: Path | None) -> None:
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
