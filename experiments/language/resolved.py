"""Every edge's policies as they came out, each key with the line that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic.fields import FieldInfo

from experiments.language.calls import with_stack
from experiments.language.tree import Node, Scalar, Table, child, items, leaves, text
from simulator.spec.base import Spec
from simulator.spec.policies import EdgePolicies
from simulator.spec.presets import preset_of
from simulator.spec.scenario import Edge, Scenario
from simulator.spec.steps import UndoSpec
from simulator.spec.units import DurationText, format_duration

_WIDTH = 44
_DURATION = get_args(DurationText)[0]
"""What the type of every key that takes a time says that a file writes."""


def scenario_lines(
    scenario: Scenario,
    merged: Mapping[Edge, Table],
    merged_undos: Mapping[tuple[str, UndoSpec], Table],
    heirs: Mapping[str, Table],
) -> Iterator[str]:
    """The text of `callsim validate --resolved` for one scenario, line by line: services that extend others, then every
    edge, outermost policies first."""
    for name, service in heirs.items():
        yield f"services.{name} (extends {text(child(service, 'extends'))})"
        yield from _service(service)
    for edge, policies in scenario.edges.items():
        yield str(edge).rstrip(".")
        yield from _edge(policies, merged[edge])
    for (caller, undo), policies in scenario.undo_edges.items():
        yield f"{caller} -> {undo.call} (an undo with policies of its own)"
        yield from _edge(policies, merged_undos[caller, undo])


def _service(service: Table) -> Iterator[str]:
    """Every value of a service that is written somewhere."""
    for path, node in leaves(service):
        if path != "extends":
            yield _line(path, "", node, "")


def _edge(policies: EdgePolicies, merged: Table) -> Iterator[str]:
    written, _ = with_stack(merged)
    named = child(merged, "stack")
    stack = named if isinstance(named, Scalar) else None
    if stack is not None:
        yield _line("stack", stack.text, stack, "")
    members = items(written.entries.get("stack"))
    for index, item in enumerate(policies.stack):
        node = child(members[index], item.name) if members else child(written, item.name)
        yield from _policy(item.name, item.spec, node, stack)
    if not policies.stack:
        yield "  no policies: waits for ever"
    yield _line("cancel", policies.cancel, child(written, "cancel"), "default")
    if policies.via is not None:
        yield _line("via", policies.via, child(written, "via"), "")


def _policy(name: str, spec: Spec, node: Node | None, stack: Scalar | None) -> Iterator[str]:
    yield f"  {name}"
    for path, value, is_time in _leaves(spec, ()):
        found = _written(node, path)
        if found is None and value is None and path[-1] != "permits":
            continue
        if found is not None and stack is not None and found.place == stack.place:
            shown = found.text if isinstance(found, Scalar) else _shown(value, is_time)
            yield _line("  " + ".".join(path), shown, None, f"stack {stack.text}")
            continue
        yield _line("  " + ".".join(path), _shown(value, is_time), found, _origin(spec, path))


def _written(node: Node | None, path: tuple[str, ...]) -> Node | None:
    """What the file says for a key; a shorthand says it for its own main key."""
    for depth, key in enumerate(path):
        if isinstance(node, Scalar):
            main = key in ("value", "total", "kind", "share") and depth == len(path) - 1
            return node if main else None
        node = child(node, key)
    return node


def _leaves(spec: Spec, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    """Every key that holds no others, with its value and whether that may be a time."""
    for name, info in type(spec).model_fields.items():
        value, key = getattr(spec, name), info.alias or name
        if isinstance(value, Spec):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value, _takes_time(info)


def _takes_time(kind: Any) -> bool:
    """Whether a field, or a part of its type, may be written as a duration: its validators know."""
    if isinstance(kind, FieldInfo):
        return _takes_time(kind.annotation) or any(_takes_time(entry) for entry in kind.metadata)
    if kind == _DURATION:
        return True
    written = getattr(kind, "json_schema_input_type", None)
    parts = (*get_args(kind), *getattr(kind, "__metadata__", ()))
    return _takes_time(written) if written is not None else any(_takes_time(part) for part in parts)


def _origin(spec: Spec, path: tuple[str, ...]) -> str:
    preset = preset_of(spec, path)
    return "default" if preset is None else f"preset {preset}"


def _shown(value: Any, is_time: bool) -> str:
    if value is None:
        return "unlimited"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(entry, is_time) for entry in value)}]"
    return format_duration(value) if is_time and isinstance(value, float) else str(value)


def _line(key: str, value: str, node: Node | None, otherwise: str) -> str:
    place = f"{node.place.file}:{node.place.line}" if node is not None else otherwise
    shown = node.text if isinstance(node, Scalar) else value
    return f"{f'  {key}: {shown}':{_WIDTH}}  # {place}"
