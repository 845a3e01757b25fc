"""Plays many runs, here or across processes, and hands the results back in the order of the plan.

Worker processes are started fresh (``spawn``), so they behave alike on every platform; each gets the scenarios once, at
its start, and then only positions and numbers. At most a few results per process wait for an earlier one
to finish, so memory does not grow with the number of runs.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from experiments.running.plan import Task

Subject = TypeVar("Subject")


class Counted(Protocol):
    """What came of a run: at least what it counted (`simulator.results.RunResult.facts`)."""

    @property
    def facts(self) -> Mapping[str, float]:
        """Counts by name."""


Outcome = TypeVar("Outcome", bound=Counted)
Play = Callable[[Subject, int], Outcome]
"""Plays one replication of one scenario. For several processes it must be picklable: a function of a module."""

Done = Callable[[Counted], None]
"""Told of every finished run, in whatever order they finish."""

_AHEAD = 4
"""Runs handed out or waiting to be recorded, per process."""


class Failure(NamedTuple):
    """Why a run failed: the error's class, its text, and the line of code that raised it."""

    kind: str
    message: str
    where: str


class RunFailed(Exception):
    """A run raised an error, or its bookkeeping did not add up.

    Attributes:
        task: the run; its variant, point, replication and seed play it again.
        failure: what happened.
    """

    def __init__(self, task: Task, failure: Failure) -> None:
        super().__init__(task, failure)
        self.task = task
        self.failure = failure

    def __str__(self) -> str:
        task, failure = self.task, self.failure
        point = f", point {task.setting.point}" if task.setting.point else ""
        place = f"variant {task.setting.variant}{point}, replication {task.replication}, seed {task.seed}"
        where = f" [{failure.where}]" if failure.where else ""
        return f"{place}: {failure.kind}: {failure.message}{where}"


def available_cores() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Crew(Generic[Subject, Outcome]):
    """Whoever plays the runs: this process, or several others. Made by `crew`."""

    def __init__(
        self,
        scenarios: Sequence[Subject],
        play: Play[Subject, Outcome],
        pool: ProcessPoolExecutor | None,
        jobs: int,
        done: Done | None,
    ) -> None:
        self._scenarios = scenarios
        self._play = play
        self._pool = pool
        self._jobs = jobs
        self._done = done

    def play(self, tasks: Sequence[Task]) -> Generator[tuple[Task, Outcome], None, None]:
        """Play the tasks and yield each with its result, in their order.

        Raises:
            RunFailed: a run failed; no further one is started.
        """
        if self._pool is None:
            results = _here(self._scenarios, tasks, self._play, self._done)
        else:
            results = _across(self._pool, tasks, self._jobs, self._done)
        for task, result in zip(tasks, results, strict=True):
            if isinstance(result, Failure):
                raise RunFailed(task, result)
            yield task, result


@contextmanager
def crew(
    scenarios: Sequence[Subject], play: Play[Subject, Outcome], *, jobs: int, done: Done | None = None
) -> Iterator[Crew[Subject, Outcome]]:
    """Lend a crew for as many rounds of tasks as are wanted: its processes stay.

    Args:
        scenarios: what the tasks' positions point into.
        play: plays one of them.
        jobs: processes to use, at least 1; with 1 everything happens in this process.
        done: told of every finished run.
    """
    if jobs <= 1:
        yield Crew(scenarios, play, None, 1, done)
        return
    with _pool(jobs, play, scenarios) as pool:
        yield Crew(scenarios, play, pool, jobs, done)


def execute(
    scenarios: Sequence[Subject],
    tasks: Sequence[Task],
    play: Play[Subject, Outcome],
    *,
    jobs: int,
    done: Done | None = None,
) -> Generator[tuple[Task, Outcome], None, None]:
    """Play the tasks in one round: see `crew`, `Crew.play`. Close the generator when leaving it early.

    No more processes are started than there are tasks.
    """
    with crew(scenarios, play, jobs=min(jobs, len(tasks)), done=done) as lent:
        yield from lent.play(tasks)


def _here(
    scenarios: Sequence[Subject], tasks: Sequence[Task], play: Play[Subject, Outcome], done: Done | None
) -> Generator[Outcome | Failure, None, None]:
    for task in tasks:
        result = _attempt(play, scenarios[task.scenario], task.replication)
        _tell(done, result)
        yield result


def _attempt(play: Play[Subject, Outcome], scenario: Subject, replication: int) -> Outcome | Failure:
    """Play one run; an error becomes a value, since not every exception survives the way between processes."""
    try:
        return play(scenario, replication)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{'/'.join(Path(frames[-1].filename).parts[-3:])}:{frames[-1].lineno}" if frames else ""
        return Failure(type(error).__name__, str(error), where)


_worker: tuple[Play[Any, Any], Sequence[Any]] | None = None
"""What this worker process plays; set once, when it starts."""


def _prepare(play: Play[Any, Any], scenarios: Sequence[Any]) -> None:
    global _worker  # noqa: PLW0603  a process pool offers its workers no other place
    _worker = (play, scenarios)
    # Ctrl-C reaches the whole group of processes; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the process that started it is gone, however that came about: nobody would stop it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _play_in_worker(scenario: int, replication: int) -> Any:
    if _worker is None:
        raise RuntimeError("a worker process was asked to play before it was prepared")
    play, scenarios = _worker
    return _attempt(play, scenarios[scenario], replication)


def _across(
    pool: ProcessPoolExecutor, tasks: Sequence[Task], jobs: int, done: Done | None
) -> Generator[Any, None, None]:
    waiting = deque(tasks)
    handed_out: deque[Future[Any]] = deque()
    unfinished: set[Future[Any]] = set()
    while waiting or handed_out:
        while waiting and len(handed_out) < _AHEAD * jobs:
            handed_out.append(_submit(pool, waiting.popleft()))
            unfinished.add(handed_out[-1])
        finished, unfinished = wait(unfinished, return_when=FIRST_COMPLETED)
        for future in finished:
            _tell(done, _result(future))
        while handed_out and handed_out[0].done():
            yield _result(handed_out.popleft())


def _submit(pool: ProcessPoolExecutor, task: Task) -> Future[Any]:
    with _interrupts_held_back():
        return pool.submit(_play_in_worker, task.scenario, task.replication)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let Ctrl-C wait while processes may start: they inherit that, and so never print tracebacks of their own.

    The mask is what they inherit. It is not enough for this process: libraries have threads that do not block the
    signal, and then it reaches Python here all the same, between the start of a process and what is written to it.
    """
    elsewhere = threading.current_thread() is not threading.main_thread()
    if not hasattr(signal, "pthread_sigmask") or elsewhere or signal.getsignal(signal.SIGINT) is None:
        yield
        return
    caught: list[tuple[int, FrameType | None]] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: caught.append((number, frame)))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, handler)
    if caught and callable(handler):
        handler(*caught[0])


def _tell(done: Done | None, result: Counted | Failure) -> None:
    if done is not None and not isinstance(result, Failure):
        done(result)


def _result(future: Future[Any]) -> Any:
    try:
        return future.result()
    except BrokenProcessPool:
        return Failure("ended", "its process, or one beside it, was killed; was there enough memory?", "")


@contextmanager
def _pool(jobs: int, play: Play[Any, Any], scenarios: Sequence[Any]) -> Iterator[ProcessPoolExecutor]:
    """Lend a pool. If its user fails or gives up, the processes are ended at once instead of being waited for."""
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_prepare, initargs=(play, scenarios))
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
