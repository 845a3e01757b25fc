"""The steps of an operation. One model per step; its ``kind`` is the key that the file writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from simulator.spec.base import Count, Flag, Spec, hint
from simulator.spec.caching import CacheSettings
from simulator.spec.laws import LawSpec
from simulator.spec.policies import FailureName, OwnPolicies
from simulator.spec.policies.words import OperationName
from simulator.spec.state_steps import GiveStep, ReadStep, TakeStep, WriteStep
from simulator.spec.transactions import TransactionStep
from simulator.spec.units import Share
from simulator.spec.work import WorkSpec

STEP_KINDS: tuple[str, ...] = (
    "work",
    "call",
    "publish",
    "parallel",
    "choose",
    "pause",
    "read",
    "write",
    "take",
    "give",
    "with",
    "cached",
    "transaction",
)


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("step", "{text}", {"text": text})


def split_operation(text: str) -> tuple[str, str]:
    """Service and operation of ``service.operation``."""
    service, _, operation = text.partition(".")
    return service, operation


class WorkStep(Spec):
    """Occupies a worker for a time; with ``effect`` it leaves a change of state, which ``undo`` (a time) takes back.
    Where the service has ``cores``, a plain law is cpu time, the undo's too."""

    kind: ClassVar[str] = "work"

    work: WorkSpec
    effect: Flag = False
    undo: LawSpec | None = None


class UndoSpec(OwnPolicies):
    """The call that takes a step back: an operation, and policies of its own that merge over those of its edge."""

    call: OperationName

    @property
    def has_own_policies(self) -> bool:
        """Whether anything but the operation was written."""
        return self.model_fields_set != {"call"}


Undo = Annotated[
    UndoSpec,
    BeforeValidator(
        lambda value: {"call": value} if isinstance(value, str) else value,
        json_schema_input_type=OperationName | UndoSpec,
    ),
]


class CallStep(Spec):
    """Request and response. ``times`` calls one after the other; ``on_error`` says what an outcome of the call becomes:
    passed over, or the operation's own error. ``pivot``: the point of no return of a saga. Once it has ended ok nothing
    is undone any more, and what follows is tried again until it succeeds (Richardson, Microservices Patterns, section
    4.3). The styles sync and queue, which undo nothing, pass over it."""

    kind: ClassVar[str] = "call"

    call: OperationName
    undo: Undo | None = None
    critical: Flag = True
    times: Count = 1
    pivot: Flag = False
    on_error: dict[FailureName, Literal["continue", "client_error", "server_error"]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _pivot_counts(self) -> Self:
        if self.pivot and not self.critical:
            raise _wrong("a pivot decides what becomes of its saga: it cannot be 'critical: false'")
        return self

    @property
    def service(self) -> str:
        """The called service."""
        return split_operation(self.call)[0]

    @property
    def operation(self) -> str:
        """The called operation, without its service."""
        return split_operation(self.call)[1]


class PublishStep(Spec):
    """Publishes a message to a topic and waits for the broker's confirmation. ``delay``: how long the broker keeps the
    message back, once it has it, before anybody gets it."""

    kind: ClassVar[str] = "publish"

    publish: str
    critical: Flag = True
    delay: LawSpec | None = None


class PauseStep(Spec):
    """Time without work."""

    kind: ClassVar[str] = "pause"

    pause: LawSpec


def _as_branch(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class ParallelSpec(Spec):
    """Branches that start together: each entry of ``steps`` is a step or a list of steps."""

    steps: Annotated[tuple[Branch, ...], Field(min_length=1)]
    until: Literal["all", "any"] | Count = "all"
    on_failure: Literal["wait", "fail_fast"] = "wait"

    @model_validator(mode="after")
    def _quorum(self) -> Self:
        if isinstance(self.until, int) and self.until > len(self.steps):
            raise _wrong(f"until: {self.until} of only {len(self.steps)} branches")
        return self

    @property
    def needed(self) -> int:
        """How many branches must end ok."""
        if isinstance(self.until, int):
            return self.until
        return len(self.steps) if self.until == "all" else 1


class ParallelStep(Spec):
    """See `ParallelSpec`."""

    kind: ClassVar[str] = "parallel"

    parallel: ParallelSpec


class BranchSpec(Spec):
    """One of the ways that a `choose` step can take; no steps at all is a way too."""

    share: Share
    steps: tuple[Step, ...] = ()


class ChooseStep(Spec):
    """Takes one branch at random; the shares add up to 1."""

    kind: ClassVar[str] = "choose"

    choose: Annotated[tuple[BranchSpec, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = sum(branch.share for branch in self.choose)
        if abs(total - 1) > 1e-9:
            raise _wrong(f"the shares of a choice add up to 100%, not {100 * total:g}%")
        return self


class WithSpec(Spec):
    """``steps`` that run while a permit of the service's ``pool`` is held."""

    pool: str
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


class WithStep(Spec):
    """See `WithSpec`."""

    kind: ClassVar[str] = "with"

    with_: WithSpec = Field(alias="with")


class CachedSpec(CacheSettings):
    """Steps that are carried out only where the cache has no answer for the operation's key."""

    steps: Annotated[tuple[Step, ...], Field(min_length=1)]


class CachedStep(Spec):
    """See `CachedSpec`."""

    kind: ClassVar[str] = "cached"

    cached: CachedSpec


AnyStep = (
    WorkStep
    | CallStep
    | PublishStep
    | ParallelStep
    | ChooseStep
    | PauseStep
    | ReadStep
    | WriteStep
    | TakeStep
    | GiveStep
    | WithStep
    | CachedStep
    | TransactionStep
)
"""Any step, for annotations."""


def _kind_of(value: Any) -> str | None:
    """The tag of a written step. Tags hold a space, so that they are no key of any file's mapping."""
    if isinstance(value, Spec):
        return f"{getattr(type(value), 'kind', '')} step"
    return next((f"{kind} step" for kind in STEP_KINDS if kind in value), None)


def _check_step(value: Any) -> Any:
    """Refuses what is no step, or several in one."""
    if isinstance(value, Spec):
        return value
    if not isinstance(value, Mapping):
        raise _wrong("a step is a mapping like {work: 2ms} or {call: service.operation}")
    found = [kind for kind in STEP_KINDS if kind in value]
    if not found:
        words = "; ".join(str(key) for key in value)
        advice = "".join(hint(str(key), STEP_KINDS) for key in value)
        raise _wrong(f"unknown step '{words}'{advice or '; known: ' + ', '.join(STEP_KINDS)}")
    if len(found) > 1:
        raise _wrong(f"{' and '.join(found)} in one step: begin a list entry for each")
    return value


_Tagged = Annotated[
    Annotated[WorkStep, Tag("work step")]
    | Annotated[CallStep, Tag("call step")]
    | Annotated[PublishStep, Tag("publish step")]
    | Annotated[ParallelStep, Tag("parallel step")]
    | Annotated[ChooseStep, Tag("choose step")]
    | Annotated[PauseStep, Tag("pause step")]
    | Annotated[ReadStep, Tag("read step")]
    | Annotated[WriteStep, Tag("write step")]
    | Annotated[TakeStep, Tag("take step")]
    | Annotated[GiveStep, Tag("give step")]
    | Annotated[WithStep, Tag("with step")]
    | Annotated[CachedStep, Tag("cached step")]
    | Annotated[TransactionStep, Tag("transaction step")],
    Discriminator(_kind_of),
]

Step = Annotated[_Tagged, BeforeValidator(_check_step, json_schema_input_type=_Tagged)]
"""One step as it is written."""

Branch = Annotated[
    tuple[Step, ...],
    BeforeValidator(_as_branch, json_schema_input_type=_Tagged | list[_Tagged]),
]
"""One branch of a `parallel` step: a step, or several in a list."""

for _model in (BranchSpec, ParallelSpec, ParallelStep, ChooseStep, WithSpec, WithStep, CachedSpec, CachedStep):
    _model.model_rebuild()


def all_steps(steps: Sequence[AnyStep]) -> Iterator[AnyStep]:
    """Every step, those inside `parallel`, `choose`, `with` and `cached` included."""
    for step in steps:
        yield step
        if isinstance(step, ParallelStep):
            for branch in step.parallel.steps:
                yield from all_steps(branch)
        elif isinstance(step, ChooseStep):
            for way in step.choose:
                yield from all_steps(way.steps)
        elif isinstance(step, WithStep):
            yield from all_steps(step.with_.steps)
        elif isinstance(step, CachedStep):
            yield from all_steps(step.cached.steps)


def past_pivot(steps: Sequence[AnyStep]) -> Iterator[str]:
    """The operations called by critical steps that come after the pivot; none where there is no pivot."""
    after = False
    for step in steps:
        if after:
            inner = all_steps((step,)) if not isinstance(step, CallStep) or step.critical else ()
            yield from (found.call for found in inner if isinstance(found, CallStep))
        after = after or (isinstance(step, CallStep) and step.pivot)


def in_sequence(steps: Sequence[AnyStep]) -> Iterator[AnyStep]:
    """The steps that every execution carries out one after the other: those inside `with` included."""
    for step in steps:
        yield step
        if isinstance(step, WithStep):
            yield from in_sequence(step.with_.steps)


def does_work(step: AnyStep) -> bool:
    """Whether the step itself occupies a worker for a time of its own."""
    return isinstance(step, WorkStep | TransactionStep)


def published(step: AnyStep) -> str | None:
    """The topic that the step itself publishes to, if it does."""
    if isinstance(step, PublishStep):
        return step.publish
    return step.transaction.publish if isinstance(step, TransactionStep) else None
