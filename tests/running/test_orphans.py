"""Worker processes do not outlive the command that started them, even if that is killed."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = """
from experiments.running.executor import execute
from tests.running.fakes import Subject, hold_a_pipe_for_ever, tasks_for

if __name__ == "__main__":
    subjects = [Subject({pipe!r}, 1.0)]
    list(execute(subjects, tasks_for(subjects, 2), hold_a_pipe_for_ever, jobs=2))
"""
PATIENCE = 60.0
"""Seconds after which a worker that still holds its pipe counts as left behind."""


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = tmp_path / "parent.py"
    script.write_text(SCRIPT.format(pipe=str(pipe)), encoding="utf-8")
    root = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(root)})
    reader = os.open(pipe, os.O_RDONLY)
    try:
        assert os.read(reader, 3) == b"up\n"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        while (heard := _next(reader)) not in (b"", None):
            pass
        assert heard == b"", "a worker still holds its pipe open"
    finally:
        parent.kill()
        os.close(reader)


def _next(reader: int) -> bytes | None:
    ready, _, _ = select.select([reader], [], [], PATIENCE)
    return os.read(reader, 100) if ready else None
