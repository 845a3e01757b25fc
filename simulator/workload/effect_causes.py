"""Why a request ended half done, or was answered ok without being done: the words of `simulator.causes`.

A request that failed is half done because of what is in place: nothing took it back. One that was answered ok, and did
not fail later on, is half done because of what is missing: what carried that never came, or came to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.causes import (
    ANSWERED_REGARDLESS,
    DEAD_LETTER,
    FAILED_LATER,
    FAILED_STEP_LEFT_IT,
    MESSAGE_LOST,
    NOT_UNDONE,
    PAST_PIVOT,
    RESUMED,
    STUCK_PAST_PIVOT,
    UNDO_FAILED,
    UNDO_OVERTOOK,
    UNDONE_BY_ANOTHER,
    UNDONE_ONCE,
)
from simulator.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.kernel.ledger import Ledger, Path
    from simulator.kernel.root import Root

NEVER = float("nan")
_OF_WHAT_IS_LEFT = (UNDO_FAILED, UNDONE_ONCE, UNDO_OVERTOOK, FAILED_STEP_LEFT_IT)
"""The causes that one effect can have to be still there; where effects have different ones, the first counts."""
_SAME_EXECUTION = (RESUMED, PAST_PIVOT)
"""Repetitions with which a saga goes on, and does not begin anew."""


def why_half_done(root: Root, ledger: Ledger) -> str:
    """Why what is in place was not taken back, or why the rest never came."""
    failed = root.broken or not _was_answered_ok(root)
    if failed:
        found = [_why_left(root, ledger, path) for path in ledger.in_place]
        for cause in _OF_WHAT_IS_LEFT:
            if cause in found:
                return cause
    if _undone_by_another(root, ledger):
        return UNDONE_BY_ANOTHER
    trouble = root.trouble
    if trouble is not None and trouble.stuck > trouble.undos_failed:
        return STUCK_PAST_PIVOT
    if failed and (ledger.undos or not _was_answered_ok(root)):
        return NOT_UNDONE
    return why_not_done(root)


def why_not_done(root: Root) -> str:
    """Why a request that was answered ok is not done."""
    ledger, trouble = root.ledger, root.trouble
    if ledger is not None and _undone_by_another(root, ledger):
        return UNDONE_BY_ANOTHER
    if trouble is not None and trouble.given_up:
        return DEAD_LETTER
    if root.broken:
        return FAILED_LATER
    if trouble is None:
        return ANSWERED_REGARDLESS
    missing = ledger.missing if ledger is not None else sorted(root.entry.expected, key=lambda path: path.order)
    if _any_under(missing, trouble.dead_at):
        return DEAD_LETTER
    lost = _any_under(missing, trouble.lost_at) if missing else trouble.lost
    return MESSAGE_LOST if lost else ANSWERED_REGARDLESS


def _was_answered_ok(root: Root) -> bool:
    return root.reply is not None and root.reply.outcome is Outcome.OK


def _any_under(paths: Iterable[Path], places: Iterable[Path]) -> bool:
    return any(path.lies_under(place) for path in paths for place in places)


def _why_left(root: Root, ledger: Ledger, path: Path) -> str:
    """Why the effect at `path` is still there; of two units the one that came first is looked at."""
    since = ledger.left[path].time
    undos = [(step, undos) for step, undos in ledger.undos.items() if path.belongs_to(step)]
    if any(one.due and one.failed_at >= since for _, one in undos):
        return UNDO_FAILED
    taken = (ledger.taken or {}).get(path, NEVER)
    if taken >= since:
        return UNDONE_ONCE
    for step, one in undos:
        over = one.done_at < since or one.failed_at < since
        if over and _executions(root, step, since) <= one.asked:
            return UNDONE_ONCE if taken < since else UNDO_OVERTOOK
    trouble = root.trouble
    if trouble is not None and _any_under([path], trouble.failed_steps):
        return FAILED_STEP_LEFT_IT
    return NOT_UNDONE


def _executions(root: Root, step: Path, until: float = float("inf")) -> int:
    """How many executions can have come to `step`: the first one, and each that began anew somewhere above it."""
    repetitions = () if root.trouble is None else root.trouble.repetitions
    return 1 + sum(
        one.time <= until and one.path is not step and step.lies_under(one.path) and one.why not in _SAME_EXECUTION
        for one in repetitions
    )


def _undone_by_another(root: Root, ledger: Ledger) -> bool:
    """Whether something was taken back that an execution which did not ask for it had recognised as done."""
    if not ledger.known or not ledger.taken:
        return False
    for path in ledger.missing:
        if path in ledger.known and path in ledger.taken:
            for step, undos in ledger.undos.items():
                if path.belongs_to(step) and _executions(root, step) > undos.asked:
                    return True
    return False
