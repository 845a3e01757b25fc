"""Which paths a change may set: found by walking through the models, whose live fields are marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from experiments.language.paths import Segment
from experiments.language.tree import Node, Table
from simulator.spec.base import Spec
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.live import is_live

LIVE_PATHS = (
    "calls and policies and all below them, services.*.replicas, services.*.queue.capacity, "
    "services.*.operations.*.client_errors and server_errors, routes.*.split.*.share, "
    "network.*.latency and loss, defaults.network.latency and loss"
)
"""In words, for messages and documentation."""


def fixed_paths(path: tuple[Segment, ...], value: Node) -> Iterator[tuple[Segment, ...]]:
    """Every path that setting `value` at `path` would set although it is not live."""
    if _live(ExperimentSpec, path):
        return
    if isinstance(value, Table) and value.entries:
        for key, member in value.entries.items():
            yield from fixed_paths((*path, key), member)
    else:
        yield path


def _live(kind: Any, path: tuple[Segment, ...]) -> bool:
    """Whether a path below a type leads to, or through, a marked field."""
    if not path:
        return False
    if isinstance(kind, type) and issubclass(kind, Spec):
        return any(
            is_live(field) or _live(_annotation(field), path[1:])
            for name, field in kind.model_fields.items()
            if path[0] == (field.alias or name)
        )
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return _live(arguments[1], path[1:])
    if get_origin(kind) in (tuple, list):
        return _live(arguments[0], path[1:])
    return any(_live(part, path) for part in arguments)


def _annotation(field: FieldInfo) -> Any:
    return field.annotation
