"""What places of the tree of steps are called in tables and sentences: as the file names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.kernel.ledger import Path

CLIENT = "client"
_CALL, _HANDLER = "call ", " to "
_MESSAGE = "message of "
_OWN = ("work ", "transaction ")
"""How the names of steps begin that an operation carries out itself; where they stand in it follows."""


def place_name(path: Path) -> str:
    """What is carried out at `path`: ``payments.charge``, ``orders.checkout step 4``, ``mail.confirm``.

    A workload's own operation goes by the workload's name, a repetition (`times`) by that of its step, a handler and an
    undo by the operation that is called.
    """
    name = path.name
    if name.startswith(_CALL):
        return name.removeprefix(_CALL)
    if name.startswith(_MESSAGE):
        return f"{_MESSAGE}{_own_step(name.removeprefix(_MESSAGE))}"
    if name.startswith(_OWN):
        return _own_step(name)
    if name.isdigit() and path.parent is not None:
        return place_name(path.parent)
    return name.rpartition(_HANDLER)[2]


def _own_step(name: str) -> str:
    """``orders.checkout step 4``, of a step that an operation carries out itself."""
    if name.startswith(_OWN):
        operation, _, steps = name.partition(" ")[2].partition("/")
        numbers = [str(int(part) + 1) if part.isdigit() else part for part in steps.split("/")]
        return f"{operation} step {'.'.join(numbers)}"
    return name


def edge_name(path: Path) -> str:
    """Who asks for what at `path`: ``orders.checkout -> payments.charge``, at the root ``client -> checkout``."""
    parent = _asker(path)
    if path.name.isdigit() and parent is not None:
        return edge_name(parent)
    return f"{CLIENT if parent is None else place_name(parent)} -> {place_name(path)}"


def _asker(path: Path) -> Path | None:
    """Whoever carries out a step also asks for its undo."""
    return path.parent if path.undoes is None else path.undoes.parent


def full_name(path: Path) -> str:
    """The way to `path` from the workload: ``checkout > orders.checkout > payments.charge``."""
    asker = _asker(path)
    if asker is None:
        return place_name(path)
    return full_name(asker) if path.name.isdigit() else f"{full_name(asker)} > {place_name(path)}"
