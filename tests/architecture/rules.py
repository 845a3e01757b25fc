"""The rules of the house as functions from a `House` to a list of complaints, so that they can be tested too."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from tests.architecture.source import PACKAGES, Arrow, House, Module, names_used

Floors = Sequence[tuple[str, ...]]
"""From the ground up: the parts of a package that live on one floor. A part is a dotted prefix inside the package."""


def package_arrows_upwards(house: House) -> list[str]:
    """Imports that go against experiments -> reports -> simulator."""
    height = {package: floor for floor, package in enumerate(PACKAGES)}
    return [str(arrow) for arrow in house.arrows if height[_package(arrow.imported)] > height[_package(arrow.importer)]]


def floor_arrows_upwards(house: House, package: str, floors: Floors) -> list[str]:
    """Imports between two parts of a package that do not go to a lower floor; neighbours may not know each other."""
    height = {f"{package}.{part}": floor for floor, parts in enumerate(floors) for part in parts}
    complaints = []
    for arrow in house.arrows:
        if _package(arrow.importer) != package or _package(arrow.imported) != package:
            continue
        source, target = _part(arrow.importer, height), _part(arrow.imported, height)
        if source is not None and target is not None and source != target and height[target] >= height[source]:
            complaints.append(str(arrow))
    return complaints


def without_a_floor(house: House, package: str, floors: Floors) -> list[str]:
    """Modules that the table of floors does not know: a new part needs a place before it is used."""
    height = {f"{package}.{part}": floor for floor, parts in enumerate(floors) for part in parts}
    return [
        module.where
        for module in house.within(package)
        if module.name != package and not _is_parent_of_any(module.name, height) and _part(module.name, height) is None
    ]


def foreign_arrows(house: House, importer: str, package: str, allowed: Iterable[str]) -> list[str]:
    """Imports by one package of modules of another that are not among the allowed ones."""
    permitted = set(allowed)
    return [
        str(arrow)
        for arrow in house.arrows
        if _package(arrow.importer) == importer
        and _package(arrow.imported) == package
        and arrow.imported not in permitted
    ]


def arrows_into(house: House, part: str, allowed: Iterable[str], interface: Iterable[str] = ()) -> list[str]:
    """Imports of a part by anything but itself and the allowed prefixes, its interface modules excepted."""
    permitted = (part, *allowed)
    open_to_all = set(interface)
    return [
        str(arrow)
        for arrow in house.arrows
        if _below(arrow.imported, part)
        and arrow.imported not in open_to_all
        and not any(_below(arrow.importer, prefix) for prefix in permitted)
    ]


def rings(house: House) -> list[str]:
    """Circles of modules that import each other, late imports inside functions included, typing-only ones not."""
    graph: dict[str, set[str]] = {name: set() for name in house.modules}
    for arrow in house.arrows:
        if not arrow.typing:
            graph[arrow.importer].update(_loaded_by(arrow, house))
    return [" -> ".join([*ring, ring[0]]) for ring in _strong_components(graph) if len(ring) > 1]


def _loaded_by(arrow: Arrow, house: House) -> set[str]:
    """The imported module, and the packages above it that do not hold the importer: Python loads those first."""
    parts = arrow.imported.split(".")
    above = {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return {name for name in above if name in house.modules and not _below(arrow.importer, name)} | {arrow.imported}


def _strong_components(graph: Mapping[str, set[str]]) -> list[list[str]]:
    reach = {name: _reachable(graph, name) for name in graph}
    seen: set[str] = set()
    found = []
    for name in sorted(graph):
        if name not in seen:
            ring = sorted({other for other in reach[name] if name in reach[other]} | {name})
            seen.update(ring)
            found.append(ring)
    return found


def _reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(graph[name])
    return reached


def long_files(house: House, limit: int) -> list[str]:
    """Files of more lines than the limit."""
    lengths = ((module.where, module.text.count("\n")) for module in house.modules.values())
    return [f"{where}: {lines} lines" for where, lines in lengths if lines > limit]


def long_functions(house: House, limit: int) -> list[str]:
    """Functions of more lines than the limit, their docstring not counted."""
    complaints = []
    for module in house.modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := _length(node)) > limit:
                complaints.append(f"{module.at(node)}: {node.name} has {lines} lines")
    return complaints


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        text = node.body[0]
        lines -= (text.end_lineno or text.lineno) - text.lineno + 1
    return lines


def without_docstring(house: House) -> list[str]:
    """Public modules that do not say what they are. The file of a package may be empty, as it then holds nothing."""
    return [
        module.where
        for module in house.modules.values()
        if module.is_public and ast.get_docstring(module.tree) is None and not (module.is_package and not module.text)
    ]


def uses(modules: Iterable[Module], forbidden: Iterable[str], allowed: Iterable[str] = ()) -> list[str]:
    """Uses of a forbidden name or of anything below it, except what is allowed by its full name."""
    banned, permitted = tuple(forbidden), set(allowed)
    return sorted(
        {
            f"{where}: {name}"
            for module in modules
            for name, where in names_used(module)
            if any(_below(name, prefix) for prefix in banned) and not any(_below(name, good) for good in permitted)
        }
    )


def matrix_products(modules: Iterable[Module]) -> list[str]:
    """Uses of the operator ``@``."""
    return [
        f"{module.at(node)}: @"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult)
    ]


def hash_order(modules: Iterable[Module]) -> list[str]:
    """Calls of ``hash`` outside ``__hash__``, and loops straight over a set: both differ between processes."""
    complaints = []
    for module in modules:
        excused = _inside_hash_methods(module.tree)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and _is_name(node.func, "hash") and node not in excused:
                complaints.append(f"{module.at(node)}: hash(...)")
            elif isinstance(node, ast.For | ast.comprehension) and _is_set(node.iter):
                complaints.append(f"{module.at(node.iter)}: a loop over a set")
    return complaints


def _inside_hash_methods(tree: ast.Module) -> set[ast.AST]:
    methods = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "__hash__"]
    return {inner for method in methods for inner in ast.walk(method)}


def _is_set(node: ast.expr) -> bool:
    is_call = isinstance(node, ast.Call) and (_is_name(node.func, "set") or _is_name(node.func, "frozenset"))
    return is_call or isinstance(node, ast.Set | ast.SetComp)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _package(name: str) -> str:
    return name.partition(".")[0]


def _below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}.")


def _part(name: str, height: Mapping[str, int]) -> str | None:
    """The longest entry of the table that the module lies in."""
    return max((part for part in height if _below(name, part)), key=len, default=None)


def _is_parent_of_any(name: str, height: Mapping[str, int]) -> bool:
    return any(part.startswith(f"{name}.") for part in height)
