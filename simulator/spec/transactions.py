"""A local transaction and the message that tells of it: three ways to write both, and what relays an outbox.

C. Richardson, Microservices Patterns (2018), chapter 3: transactional outbox, polling publisher, transaction log
tailing. Debezium documentation, "Outbox Event Router".
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Flag, Spec
from simulator.spec.chance import NEVER, Chance
from simulator.spec.laws import ConstantLaw, LawSpec
from simulator.spec.occurrence import MeanOrLaw
from simulator.spec.units import PositiveDuration
from simulator.spec.work import WorkSpec


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("transaction", "{text}", {"text": text})


class RelaySpec(Spec):
    """What sends the rows of an outbox to the broker, in order of their commits, and marks them as sent.

    It polls ``every`` so many seconds (at whole multiples of it), or with ``delay`` it follows the database's log: a
    row is seen so long after its commit, and ``every`` is only how long it waits before it tries again after a failure.
    It sends at most ``batch`` rows, waits for each confirmation, and then marks them in one update that takes ``mark``.
    ``mtbf`` and ``mttr``: its own crashes, apart from those of the replica that it runs at: seconds, laws, or the means
    of exponential ones.
    """

    every: PositiveDuration = 0.1
    delay: LawSpec | None = None
    batch: Count = 100
    mark: LawSpec = ConstantLaw(value=0.001)
    mtbf: MeanOrLaw | None = None
    mttr: MeanOrLaw | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.mtbf is None) != (self.mttr is None):
            missing = "mtbf" if self.mtbf is None else "mttr"
            raise PydanticCustomError("missing_key", "'{name}' is missing", {"name": missing})
        if self.mtbf is not None and self.mtbf.mean() <= 0:
            raise _wrong("mtbf: the mean time between crashes must be above 0")
        return self


Mode = Literal["outbox", "commit_then_publish", "publish_then_commit"]


class TransactionSpec(Spec):
    """A commit of the service's own database, and a message to the topic ``publish`` that tells of it.

    ``work`` is the transaction's time at a worker; then it commits. ``commit_errors`` of the commits are rolled back (a
    server error: a deadlock, a conflict). ``effect``: whether the commit counts in the ledger of effects; ``undo`` is
    the time that taking it back needs. ``on_publish_failure`` says what becomes of the step if the message cannot be
    published after the commit: ``fail`` hands the failure on, although the commit stands; ``continue`` counts the lost
    message and goes on. See docs/messages/transactions.md.
    """

    work: WorkSpec
    publish: str
    mode: Mode = "outbox"
    effect: Flag = True
    undo: LawSpec | None = None
    commit_errors: Chance = NEVER
    on_publish_failure: Literal["fail", "continue"] = "fail"
    relay: RelaySpec = Field(default_factory=RelaySpec)

    @model_validator(mode="after")
    def _of_its_mode(self) -> Self:
        written = self.model_fields_set
        if "relay" in written and self.mode != "outbox":
            raise _wrong(f"relay: only an outbox has one, not the mode {self.mode}")
        if "on_publish_failure" in written and self.mode != "commit_then_publish":
            raise _wrong(f"on_publish_failure: only for the mode commit_then_publish, not {self.mode}")
        return self


class TransactionStep(Spec):
    """See `TransactionSpec`."""

    kind: ClassVar[str] = "transaction"

    transaction: TransactionSpec
    critical: Flag = True
