"""The experiment language: a file in, checked scenarios out, every mistake named with its line."""

from experiments.language.document import Document, load
from experiments.language.objectives import ObjectiveSpec
from experiments.language.problems import ExperimentError, Problem

__all__ = ["Document", "ExperimentError", "ObjectiveSpec", "Problem", "load"]
