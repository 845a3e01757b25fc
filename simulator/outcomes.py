"""How a call can end. An outcome is a value that travels back by ``return``; an exception is a bug.

The words are those of the experiment language: see ``docs/language.md``.
"""

from __future__ import annotations

from enum import IntEnum


class Outcome(IntEnum):
    """How one attempt, call or request ended. The numbers are stable: they are stored in columns."""

    OK = 0
    CLIENT_ERROR = 1
    """The caller's own mistake (HTTP 4xx): never retried by default."""
    SERVER_ERROR = 2
    TIMEOUT = 3
    UNREACHABLE = 4
    REJECTED = 5
    """Refused without being served; the reply's ``reason`` says by what (see `REASONS`)."""
    CANCELLED = 6

    @property
    def label(self) -> str:
        """The outcome's name in files and tables, for example ``server_error``."""
        return self.name.lower()


OUTCOMES: dict[str, Outcome] = {outcome.label: outcome for outcome in Outcome}

REASONS: tuple[str, ...] = (
    "breaker_open",
    "bulkhead_full",
    "queue_full",
    "rate_limited",
    "throttled",
    "pool_exhausted",
    "shed",
)
"""Why a call can be rejected."""


class Reply:
    """What comes back from a call.

    Attributes:
        outcome: how the call ended, as the caller sees it.
        reason: for ``rejected``, what refused it (one of `REASONS`); for a lost message, why; else empty.
        by: the edge (``orders -> payments.charge``) or operation on which it happened; empty for ok.
        cause: the reply from further down that made this one fail, or None where it began here.
        pushback: in how many seconds the callee wants to be asked again; below 0: not at all; None: it says nothing.
    """

    __slots__ = ("by", "cause", "outcome", "pushback", "reason")

    def __init__(
        self,
        outcome: Outcome,
        reason: str = "",
        by: str = "",
        cause: Reply | None = None,
        pushback: float | None = None,
    ) -> None:
        self.outcome = outcome
        self.reason = reason
        self.by = by
        self.cause = cause
        self.pushback = pushback

    @property
    def root_cause(self) -> Reply:
        """The reply at the bottom of the chain of causes: where the failure began."""
        reply = self
        while reply.cause is not None:
            reply = reply.cause
        return reply

    def __repr__(self) -> str:
        detail = f" ({self.reason})" if self.reason else ""
        where = f" at {self.by}" if self.by else ""
        return f"Reply({self.outcome.label}{detail}{where})"


OK = Reply(Outcome.OK)
"""The one reply of every success: it carries nothing, so it is shared."""
