"""Shows cases that were played, in plain lines: time, event, decision, state, and what the record says."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.replay.playing import Played, Row

HEAD = ("time", "event", "decision", "state", "expected")
MARK = "<-- differs"


def lines(played: Played) -> Iterator[str]:
    """The lines of one case."""
    case = played.case
    if played.verdict == "scenario":
        yield f"{case.name} ({case.policy}): a scenario, skipped"
        return
    yield f"{case.name} ({case.policy}): {played.verdict}{f': {played.reason}' if played.reason else ''}"
    if played.rows:
        yield from _table(played)


def _table(played: Played) -> Iterator[str]:
    cells = [HEAD, *(_cells(row) for row in played.rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    for index, (time, *words) in enumerate(cells):
        texts = [time.rjust(widths[0]), *(word.ljust(width) for word, width in zip(words, widths[1:], strict=True))]
        mark = MARK if index and played.rows[index - 1].differs else ""
        yield f"  {'  '.join([*texts, mark])}".rstrip()


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    return f"{row.time:.12g}", row.event, row.decision, row.state, row.expected
