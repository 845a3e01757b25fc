"""Errors as people meet them: a sentence and an exit status, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import NoReturn

import typer

FAILED = 1
"""Exit status: something failed while running."""

WRONG = 2
"""Exit status: the file or the command line is wrong."""

UNMET = 3
"""Exit status: a check did not hold."""

INTERRUPTED = 130
"""Exit status: stopped by Ctrl-C, as shells have it."""


@contextmanager
def reporting_errors() -> Iterator[None]:
    """Turn what goes wrong inside the block into a message on the error stream and the exit status that belongs to it.

    Raises:
        typer.Exit: something went wrong.
    """
    from experiments.language import ExperimentError  # keeps `callsim --help` fast
    from experiments.results.folder import FolderRefused
    from experiments.running.executor import RunFailed

    try:
        yield
    except (typer.Exit, typer.Abort, BrokenPipeError):  # who reads no further is no error
        raise
    except ExperimentError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(WRONG) from error
    except FolderRefused as error:
        fail(str(error), WRONG)
    except RunFailed as error:
        fail(f"a run failed, nothing was written: {error}", FAILED)
    except KeyboardInterrupt:
        fail("interrupted, nothing was written", INTERRUPTED)
    except OSError as error:
        fail(system_error(error), FAILED)
    except Exception as error:  # the last resort: whatever it is, people get a sentence
        fail(internal_error(error), FAILED)


def fail(message: str, status: int) -> NoReturn:
    """Print a message on the error stream and leave with the status.

    Raises:
        typer.Exit: always.
    """
    print(f"callsim: {message}", file=sys.stderr)
    raise typer.Exit(status)


def system_error(error: OSError) -> str:
    """Return what the operating system refused, and where."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason


def internal_error(error: BaseException) -> str:
    """Return a message for an error that should not have been possible: what, and in which line of callsim."""
    frames = extract_tb(error.__traceback__)
    where = f" [{'/'.join(Path(frames[-1].filename).parts[-3:])}:{frames[-1].lineno}]" if frames else ""
    return f"internal error, please report it: {type(error).__name__}: {error}{where}"
