"""Reads the house from its source alone: modules, the arrows between them, and the names that they use.

Nothing is imported or run, so a module that cannot be loaded is still judged.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("simulator", "reports", "experiments")
"""From the ground up: a package imports only those before it."""


@dataclass(frozen=True)
class Arrow:
    """One import of a module of ours by another. ``typing``: under ``if TYPE_CHECKING``, so never at load."""

    importer: str
    imported: str
    where: str
    typing: bool

    def __str__(self) -> str:
        return f"{self.where}: {self.importer} -> {self.imported}"


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, its path as shown in messages, and its text."""

    name: str
    where: str
    text: str
    is_package: bool

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.where)

    @property
    def is_public(self) -> bool:
        return not any(part.startswith("_") for part in self.name.split("."))

    def at(self, node: ast.expr | ast.stmt) -> str:
        return f"{self.where}:{node.lineno}"


class House:
    """All modules of the packages below a root folder."""

    def __init__(self, root: Path = ROOT, packages: tuple[str, ...] = PACKAGES) -> None:
        found = [_read(root, path) for package in packages for path in sorted((root / package).rglob("*.py"))]
        self.modules: dict[str, Module] = {module.name: module for module in found}

    def within(self, *packages: str) -> list[Module]:
        return [module for module in self.modules.values() if module.name.split(".")[0] in packages]

    @cached_property
    def arrows(self) -> list[Arrow]:
        """Every import of one module of the house by another, wherever in the file it stands."""
        return [arrow for module in self.modules.values() for arrow in self._arrows_of(module)]

    def _arrows_of(self, module: Module) -> Iterator[Arrow]:
        typing = _typing_only(module.tree)
        for node in ast.walk(module.tree):
            for target in _targets(module, node):
                imported = self._owner(target)
                if imported is not None and imported != module.name:
                    assert isinstance(node, ast.stmt)
                    yield Arrow(module.name, imported, module.at(node), node in typing)

    def _owner(self, target: str) -> str | None:
        """The module that a dotted target lies in: itself, or the nearest one above it (``from x import name``)."""
        parts = target.split(".")
        for length in range(len(parts), 0, -1):
            if (name := ".".join(parts[:length])) in self.modules:
                return name
        return None


def _read(root: Path, path: Path) -> Module:
    parts = path.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(name, path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"), is_package)


def _targets(module: Module, node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = _base(module, node)
        return [f"{base}.{alias.name}" for alias in node.names]
    return []


def _base(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    kept = package[: len(package) - (node.level - 1)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _typing_only(tree: ast.Module) -> set[ast.AST]:
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            for statement in node.body:
                inside.update(ast.walk(statement))
    return inside


def names_used(module: Module) -> Iterator[tuple[str, str]]:
    """Every name from a library that the module uses or imports, in full, with its place.

    ``import numpy as np; np.random.rand()`` gives ``numpy.random.rand``, and so does ``from numpy.random import rand``.
    """
    known = _aliases(module)
    inner = {node.value for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield f"{node.module}.{alias.name}", module.at(node)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, module.at(node)
        elif isinstance(node, ast.Attribute) and node not in inner and (dotted := _dotted(node)) is not None:
            first, _, rest = dotted.partition(".")
            if first in known:
                yield f"{known[first]}.{rest}", module.at(node)


def _aliases(module: Module) -> dict[str, str]:
    known: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return known


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := _dotted(node.value)) is not None:
        return f"{base}.{node.attr}"
    return None
