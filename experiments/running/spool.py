"""Keeps results on disk that are not yet to be recorded: rounds bring them in another order than the files want."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

from experiments.running.plan import Task
from simulator.results import RunResult


class Spool:
    """A folder of results, one file a run. Use it as a context manager: the folder goes with it.

    Whatever is read back was written by this process a moment ago.
    """

    def __init__(self, folder: Path) -> None:
        """Keep results in ``folder``, which must not exist yet."""
        self._folder = folder
        self._tasks: list[Task] = []

    def put(self, task: Task, result: RunResult) -> None:
        """Keep one run's result."""
        with self._file(task).open("wb") as stream:
            pickle.dump(result, stream, pickle.HIGHEST_PROTOCOL)
        self._tasks.append(task)

    def results(self) -> Iterator[tuple[Task, RunResult]]:
        """Yield everything in order of variant, point and replication; what was yielded is kept no longer."""
        for task in sorted(self._tasks):
            file = self._file(task)
            with file.open("rb") as stream:
                result: RunResult = pickle.load(stream)
            file.unlink()
            yield task, result

    def _file(self, task: Task) -> Path:
        return self._folder / f"{task.scenario}-{task.replication}"

    def __enter__(self) -> Spool:
        self._folder.mkdir()
        return self

    def __exit__(self, *error: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
