"""From a file's bytes to nodes: YAML 1.2 core values, positions, and nothing that a file could harm with.

Duplicate keys, tags, several documents and alias bombs are found on ruamel.yaml's node tree, before any value is built.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode
from ruamel.yaml.reader import ReaderError

from experiments.language.paths import step_in
from experiments.language.problems import ExperimentError, Place, Problem, problem
from experiments.language.scalars import read_scalar
from experiments.language.tree import Listing, Node, Scalar, Table

LARGEST_FILE = 1_000_000
LARGEST_TRACE = 64_000_000
LARGEST_TREE = 50_000
DEEPEST = 60
MOST_BRACKETS = 200

_BRACKET = re.compile(r"""\"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|[\[{\]}]""")

_CORE_TAGS = {
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")
}
_CORE_TAGS |= {"tag:yaml.org,2002:merge", "tag:yaml.org,2002:value", "!", "None"}


def read_text(path: Path, name: str, largest: int = LARGEST_FILE) -> str:
    """The text of a file of at most `largest` bytes.

    Raises:
        ExperimentError: it is missing, a directory, unreadable, too large or not UTF-8.
    """
    start = Place(name, 1, 1)
    try:
        with path.open("rb") as stream:
            raw = stream.read(largest + 1)
    except IsADirectoryError:
        raise ExperimentError([problem(start, "is a directory; name an experiment file in it")]) from None
    except FileNotFoundError:
        raise ExperimentError([problem(start, "no such file")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise ExperimentError([problem(start, f"cannot be read: {reason}")]) from None
    if len(raw) > largest:
        raise ExperimentError([problem(start, f"is larger than {largest // 1_000_000} MB")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = error.start - before.rfind(b"\n")
        place = Place(name, before.count(b"\n") + 1, column)
        raise ExperimentError([problem(place, f"is not UTF-8: byte 0x{raw[error.start]:02x}")]) from None


def parse(text: str, name: str) -> Table:
    """The nodes of a text that holds one YAML mapping.

    Raises:
        ExperimentError: no YAML, or YAML that is not accepted here; with every mistake that could be found.
    """
    _check_tabs(text, name)
    _check_brackets(text, name)
    root = _compose(text, name)
    if root is None:
        raise ExperimentError([problem(Place(name, 1, 1), "the file is empty; 'callsim new FILE' writes a starter")])
    if not isinstance(root, MappingNode):
        raise ExperimentError([problem(_place(root, name, ""), "an experiment is a mapping of keys to values")])
    _check_size(root, name)
    builder = _Builder(name)
    tree = builder.build(root, "")
    if builder.problems or not isinstance(tree, Table):
        raise ExperimentError(builder.problems)
    return tree


def parse_value(text: str, place: Place) -> Node:
    """The node of a single value from the command line.

    Raises:
        ExperimentError: it is no YAML value.
    """
    tree = parse("value: " + text if text.strip() else "value: ''", place.file)
    if set(tree.entries) != {"value"}:
        raise ExperimentError([problem(place, "is more than one value")])
    return tree.entries["value"]


def documents(text: str, name: str) -> list[YamlNode]:
    """The raw nodes of every document in a text of another program's, YAML or JSON, once they can do no harm.

    Raises:
        ExperimentError: it is neither, or too large.
    """
    if text.lstrip().startswith(("{", "[")):
        text = text.replace("\t", " ")  # JSON may be indented with tabs; positions stay
    _check_tabs(text, name)
    _check_brackets(text, name)
    roots: list[YamlNode] = _guarded(lambda yaml: list(yaml.compose_all(text)), text, name)
    for root in roots:
        _check_size(root, name)
    return roots


def _check_tabs(text: str, name: str) -> None:
    tabs = []
    for number, line in enumerate(text.splitlines(), 1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent and line.strip():
            place = Place(name, number, indent.index("\t") + 1)
            tabs.append(problem(place, "a tab in the indentation: YAML wants spaces"))
    if tabs:
        raise ExperimentError(tabs)


def _check_brackets(text: str, name: str) -> None:
    """Stops at a pile of open brackets, which the scanner would take quadratic time for."""
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > MOST_BRACKETS:
            place = Place(name, text.count("\n", 0, match.start()) + 1, 1)
            raise ExperimentError([problem(place, "is nested too deeply")])


def _compose(text: str, name: str) -> YamlNode | None:
    node: YamlNode | None = _guarded(lambda yaml: yaml.compose(text), text, name)
    return node


def _guarded(read: Callable[[YAML], Any], text: str, name: str) -> Any:
    """What the parser makes of a text; its complaints in our words."""
    yaml = YAML(typ="safe", pure=True)
    try:
        return read(yaml)
    except RecursionError:
        place = Place(name, yaml.reader.line + 1, 1)
        raise ExperimentError([problem(place, "is nested too deeply")]) from None
    except MarkedYAMLError as error:
        raise ExperimentError([_yaml_problem(error, name)]) from None
    except ReaderError as error:
        place = Place(name, text.count("\n", 0, error.position) + 1, 1)
        raise ExperimentError([problem(place, "holds a control character")]) from None
    except (YAMLError, ValueError) as error:
        raise ExperimentError([problem(Place(name, 1, 1), f"is not YAML: {str(error).splitlines()[0]}")]) from None


def _yaml_problem(error: Any, name: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)
    if "single document" in str(error.context):
        return problem(place, "a second document begins here: one file holds one experiment")
    said = ", ".join(str(part) for part in (error.context, error.problem) if part)
    return problem(place, f"is not YAML: {said}")


def _place(node: YamlNode, name: str, path: str) -> Place:
    return Place(name, node.start_mark.line + 1, node.start_mark.column + 1, path)


def _children(node: YamlNode) -> list[YamlNode]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _check_size(root: YamlNode, name: str) -> None:
    """Counts what the file would come to with every alias written out, without writing it out."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: YamlNode, depth: int) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in open_nodes:
            raise ExperimentError([problem(_place(node, name, ""), "an alias that holds itself")])
        if depth > DEEPEST:
            raise ExperimentError([problem(_place(node, name, ""), "is nested too deeply")])
        open_nodes.add(id(node))
        total = 1 + sum(size(part, depth + 1) for part in _children(node))
        open_nodes.discard(id(node))
        if total > LARGEST_TREE:
            message = f"comes to more than {LARGEST_TREE} values with its aliases written out"
            raise ExperimentError([problem(_place(node, name, ""), message)])
        sizes[id(node)] = total
        return total

    size(root, 0)


class _Builder:
    """Builds nodes and collects what is wrong with them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []

    def build(self, node: YamlNode, path: str) -> Node:
        place = _place(node, self.name, path)
        if str(node.tag) not in _CORE_TAGS:
            short = str(node.tag).replace("tag:yaml.org,2002:", "!!")
            self.problems.append(problem(place, f"tags are not accepted: remove {short}"))
        if isinstance(node, MappingNode):
            return self._table(node, place)
        if isinstance(node, SequenceNode):
            built = [self.build(item, f"{path}[{index}]") for index, item in enumerate(node.value)]
            return Listing(place, tuple(built))
        return self._scalar(node, place)

    def _value(self, node: YamlNode, key: Place) -> Node:
        if isinstance(node, ScalarNode) and not node.value and node.style is None:
            return self._scalar(node, key)  # nothing is there: its mark lies somewhere below
        return self.build(node, key.path)

    def _scalar(self, node: YamlNode, place: Place) -> Scalar:
        if getattr(node, "style", None) is not None:
            return Scalar(place, node.value, node.value)
        try:
            return Scalar(place, read_scalar(node.value), node.value)
        except ValueError as error:
            self.problems.append(problem(place, str(error), node.value))
            return Scalar(place, node.value, node.value)

    def _table(self, node: MappingNode, place: Place) -> Table:
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else None
            path = place.path if key is None else step_in(place.path, key)
            here = _place(key_node, self.name, path)
            if key is None:
                self.problems.append(problem(here, "a key is a text, not a list or a mapping"))
            elif key == "<<" and key_node.style is None:
                self.problems.append(problem(here, "merge keys are not in YAML 1.2: use extends, or variants"))
            elif key in entries:
                message = f"written twice; the first is in line {keys[key].line}"
                self.problems.append(problem(here, message, key))
            else:
                keys[key] = here
                entries[key] = self._value(value_node, here)
        return Table(place, entries, keys)


def duplicates(names: list[str]) -> set[str]:
    """The names that occur more than once."""
    return {name for name, count in Counter(names).items() if count > 1}
