"""From a file of another program to nodes with positions: several documents, merge keys and empty values allowed."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from experiments.language.paths import step_in
from experiments.language.problems import ExperimentError, Place, problem
from experiments.language.scalars import read_scalar
from experiments.language.source import documents, read_text
from experiments.language.tree import Listing, Node, Scalar, Table


def read_documents(path: Path) -> list[Node]:
    """The documents of a YAML or JSON file, empty ones left out.

    Raises:
        ExperimentError: it cannot be read, or is neither.
    """
    name = str(path)
    roots = documents(read_text(path, name), name)
    return [built for root in roots if not _is_empty(built := _build(root, name, ""))]


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _build(node: YamlNode, name: str, path: str) -> Node:
    place = Place(name, node.start_mark.line + 1, node.start_mark.column + 1, path)
    if isinstance(node, MappingNode):
        return _table(node, place)
    if isinstance(node, SequenceNode):
        return Listing(place, tuple(_build(item, name, f"{path}[{index}]") for index, item in enumerate(node.value)))
    return _scalar(node, place)


def _scalar(node: YamlNode, place: Place) -> Scalar:
    text = str(node.value)
    if getattr(node, "style", None) is not None:
        return Scalar(place, text, text)
    if text in ("", "~", "null", "Null", "NULL"):
        return Scalar(place, None, text)
    try:
        return Scalar(place, read_scalar(text), text)
    except ValueError:  # infinity and the like: a text, which no quantity can be read from
        return Scalar(place, text, text)


def _table(node: MappingNode, place: Place) -> Table:
    entries: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    merged: list[YamlNode] = []
    for key_node, value_node in node.value:
        if not isinstance(key_node, ScalarNode):
            raise ExperimentError([problem(place, "a key is a text, not a list or a mapping")])
        key = str(key_node.value)
        if key == "<<" and key_node.style is None:
            merged += value_node.value if isinstance(value_node, SequenceNode) else [value_node]
            continue
        here = Place(place.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1, step_in(place.path, key))
        if key in entries:
            raise ExperimentError([problem(here, f"written twice; the first is in line {keys[key].line}", key)])
        keys[key] = here
        entries[key] = _build(value_node, place.file, here.path)
    for base in merged:
        if isinstance(base, MappingNode):
            below = _table(base, place)
            entries = {**below.entries, **entries}
            keys = {**below.keys, **keys}
    return Table(place, entries, keys)
