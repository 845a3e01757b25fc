"""From a file of a known format to the text of an experiment's part, with a warning for whatever was left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from experiments.importing import envoy, grpc, istio, resilience4j
from experiments.importing.draft import Draft
from experiments.importing.nodes import read_documents
from experiments.importing.reading import Source
from experiments.importing.recognising import looks_like
from experiments.language.problems import ExperimentError, Place, Problem, problem
from experiments.language.tree import Node, Table


class Format(NamedTuple):
    """A format that can be read.

    Attributes:
        name: in words. is_it: whether a document is of it. source: what reads its keys. read: what brings it into a
            draft.
    """

    name: str
    is_it: Callable[[Table], bool]
    source: Callable[[], Source]
    read: Callable[[list[Table], Source, Draft], None]


FORMATS: dict[str, Format] = {
    "resilience4j": Format("a resilience4j configuration", resilience4j.is_it, resilience4j.source, resilience4j.read),
    "istio": Format("an Istio DestinationRule or VirtualService", istio.is_it, istio.source, istio.read),
    "envoy": Format("an Envoy configuration", envoy.is_it, envoy.source, envoy.read),
    "grpc": Format("a gRPC service config", grpc.is_it, grpc.source, grpc.read),
}
"""By the name that the command knows."""

HEAD = """\
Written by 'callsim import {kind}' from {file}. Beside each value: where it comes from.
Add services, workload and run; check with 'callsim validate'."""


class Imported(NamedTuple):
    """What an import comes to: the text, and what was left out or needs a look."""

    text: str
    warnings: list[Problem]


def convert(kind: str, path: Path) -> Imported:
    """The part of an experiment file that a file of the format `kind` (a key of `FORMATS`) comes to.

    Raises:
        ExperimentError: it cannot be read, is something else, or holds what the software itself would refuse.
    """
    made = FORMATS[kind]
    documents = read_documents(path)
    start = Place(str(path), 1, 1)
    if not documents:
        raise ExperimentError([problem(start, f"the file is empty, not {made.name}")])
    own = [document for document in documents if isinstance(document, Table) and made.is_it(document)]
    others = [document for document in documents if document not in own]
    if not own:
        raise ExperimentError([_foreign(document, made) for document in others])
    source, draft = made.source(), Draft()
    for document in others:
        source.warn(document.place, f"this looks like {looks_like(document)}: left out")
    made.read(own, source, draft)
    wrong = [*source.problems, *draft.problems()]
    if wrong:
        raise ExperimentError(wrong)
    if not draft.policies:
        raise ExperimentError([problem(start, f"is {made.name}, and holds nothing that a policy of calls could be")])
    text = draft.text(HEAD.format(kind=kind, file=path.name))
    return Imported(text, sorted(set(source.warnings), key=lambda entry: (entry.line, entry.column, entry.message)))


def _foreign(document: Node, made: Format) -> Problem:
    place = Place(document.place.file, document.place.line, document.place.column)
    return problem(place, f"this looks like {looks_like(document)}, not {made.name}")
