"""An experiment file that has been read and checked whole: its variants, its points, and a scenario for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from experiments import catalog
from experiments.language.analysis import Analysis, analyse
from experiments.language.includes import Folder, with_includes
from experiments.language.names import file_name_error
from experiments.language.objectives import ObjectiveSpec, read_objectives
from experiments.language.problems import ExperimentError, Place, Problem, problem
from experiments.language.resolved import scenario_lines
from experiments.language.source import parse, read_text
from experiments.language.stopping import check_figure, check_one_rule
from experiments.language.sweeps import Point, read_sweep
from experiments.language.tree import Table, child, shown, text
from experiments.language.variants import (
    Variant,
    command_line_changes,
    point_changes,
    read_variants,
    with_changes,
)
from simulator.spec.experiment import CheckSpec
from simulator.spec.run import RunSpec
from simulator.spec.scenario import Scenario


@dataclass(frozen=True)
class Document:
    """A valid experiment.

    Attributes:
        name: the file's ``name``, else the file's own name without its ending.
        description: as written, or empty.
        path: the file.
        variants: their names in the file's order; ``base`` where the file has none.
        descriptions: what the file says about its variants, by name; empty where it says nothing.
        baseline: the variant that the others are compared with.
        axes: the sweep's axes in the file's order, each with its values as written.
        points: their texts in the grid's order (the last axis varies fastest); one empty text without a sweep.
        objectives: in the file's order.
        check: what ``--check`` asks.
        run: the run settings of the first variant at the first point.
        source: the file's text.
        included: name and text of every other file that was read.
        overrides: the ``--set`` options that are part of it.
        warnings: what is allowed and probably not meant.
    """

    name: str
    description: str
    path: Path
    variants: tuple[str, ...]
    descriptions: dict[str, str]
    baseline: str
    axes: dict[str, tuple[str, ...]]
    points: tuple[str, ...]
    objectives: tuple[ObjectiveSpec, ...]
    check: CheckSpec
    run: RunSpec
    source: str
    included: dict[str, str]
    overrides: tuple[str, ...]
    warnings: tuple[Problem, ...]
    _analyses: tuple[Analysis, ...] = field(repr=False)

    def scenarios(self, variants: Iterable[str] | None = None) -> list[Scenario]:
        """One scenario per variant and point, variants in the file's order.

        Args:
            variants: only these; None for all.

        Raises:
            ExperimentError: there is no such variant.
        """
        wanted = self.variants if variants is None else tuple(variants)
        known = ", ".join(self.variants)
        unknown = [
            problem(Place(str(self.path), 1, 1, "variants"), f"there is no variant {name!r}; there are: {known}")
            for name in wanted
            if name not in self.variants
        ]
        if unknown:
            raise ExperimentError(unknown)
        return [scenario for scenario in _scenarios(self._analyses) if scenario.variant in wanted]

    @property
    def resolved(self) -> str:
        """Services that extend others and every edge's policies, each key with its line; variants with the same are
        told once."""
        first = self.points[0]
        texts: dict[str, list[str]] = defaultdict(list)
        for analysis in self._analyses:
            scenario = analysis.scenario
            if scenario is not None and scenario.point == first:
                lines = scenario_lines(scenario, analysis.merged, analysis.merged_undos, analysis.heirs)
                texts["\n".join(lines)].append(scenario.variant)
        where = f" at {first}" if first else ""
        parts = [f"# variant {', '.join(names)}{where}\n{body}" for body, names in texts.items()]
        return "\n\n".join(parts) + "\n"


def load(path: str | Path, overrides: Sequence[str] = ()) -> Document:
    """Reads and checks an experiment, every variant and sweep point included.

    Args:
        path: a file, or ``catalog:NAME``.
        overrides: ``PATH=VALUE`` texts, applied before variants and sweep.

    Raises:
        ExperimentError: with every mistake that was found.
    """
    named = str(path)
    file = _find(named)
    source = read_text(file, named)
    folder = Folder(file.parent)
    tree = with_includes(parse(source, named), folder)
    problems: list[Problem] = []
    tree = with_changes(tree, command_line_changes(overrides), problems)
    return _Reading(file, named, source, tuple(overrides), folder, tree, problems).document()


def _find(named: str) -> Path:
    if not named.startswith(catalog.PREFIX):
        return Path(named)
    try:
        return catalog.path(named.removeprefix(catalog.PREFIX))
    except KeyError as error:
        raise ExperimentError([problem(Place(named, 1, 1), str(error.args[0]))]) from None


@dataclass
class _Reading:
    file: Path
    named: str
    source: str
    overrides: tuple[str, ...]
    folder: Folder
    tree: Table
    problems: list[Problem]

    def document(self) -> Document:
        """Checks everything and puts the document together."""
        variants, wrong_variants = read_variants(self.tree.entries.get("variants"))
        axes, points, wrong_axes = read_sweep(self.tree.entries.get("sweep"))
        objectives, wrong_objectives = read_objectives(self.tree)
        self.problems += [*wrong_variants, *wrong_axes, *wrong_objectives, *self._header()]
        analyses = self._analyse(variants, points)
        self.problems += check_one_rule(_scenarios(analyses), self._replications)
        if not self.problems:
            self.problems += check_figure(self.tree, objectives, list(_scenarios(analyses)))
        if self.problems:
            raise ExperimentError(self.problems)
        first = analyses[0].scenario
        assert first is not None
        names = tuple(variant.name for variant in variants)
        return Document(
            name=self._name,
            description=text(self.tree.entries.get("description")),
            path=self.file,
            variants=names,
            descriptions={variant.name: variant.description for variant in variants},
            baseline=first.experiment.baseline or min(names),
            axes={axis.name: tuple(value.text for value in axis.values) for axis in axes},
            points=tuple(point.text for point in points),
            objectives=tuple(objectives),
            check=first.experiment.check,
            run=first.experiment.run,
            source=self.source,
            included=dict(sorted(self.folder.files.items())),
            overrides=self.overrides,
            warnings=tuple(sorted({entry for analysis in analyses for entry in analysis.warnings})),
            _analyses=tuple(analyses),
        )

    @property
    def _replications(self) -> Place:
        """Where the number of replications is written, or might be."""
        written = child(self.tree, "run", "replications")
        return self.tree.place if written is None else written.place

    @property
    def _name(self) -> str:
        return text(self.tree.entries.get("name")) or self.file.stem

    def _header(self) -> list[Problem]:
        written = self.tree.entries.get("name")
        reason = file_name_error(text(written)) if written is not None and text(written) else ""
        table = self.tree.entries.get("objectives")
        wrong = [problem(written.place, reason)] if written is not None and reason else []
        if table is not None and not isinstance(table, Table):
            wrong.append(problem(table.place, "must be a mapping", shown(table)))
        return wrong

    def _analyse(self, variants: list[Variant], points: list[Point]) -> list[Analysis]:
        """Every variant at every point. A problem that not all of them have says where it appears."""
        analyses: list[Analysis] = []
        seen: dict[Problem, list[str]] = defaultdict(list)
        for variant in variants:
            for point in points or [Point(())]:
                own: list[Problem] = []
                tree = with_changes(self.tree, variant.changes, own)
                tree = with_changes(tree, point_changes(point), own)
                analysis = analyse(tree, self._name, variant.name, point.text, self.folder)
                analyses.append(analysis)
                where = f"variant {variant.name}" + (f" at {point.text}" if point.text else "")
                for entry in dict.fromkeys([*own, *analysis.problems]):
                    seen[entry].append(where)
        for entry, places in seen.items():
            self.problems.append(entry if len(places) == len(analyses) else _in(entry, places[0]))
        return analyses


def _scenarios(analyses: Iterable[Analysis]) -> Iterator[Scenario]:
    return (analysis.scenario for analysis in analyses if analysis.scenario is not None)


def _in(entry: Problem, where: str) -> Problem:
    own_place = entry.path.startswith(("variants.", "sweep."))
    return entry if own_place else replace(entry, message=f"{entry.message} (in {where})")
