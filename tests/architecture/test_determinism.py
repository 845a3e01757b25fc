"""One file and one seed give the same bytes: on every run, in every process, on every CPU of one architecture."""

from __future__ import annotations

from tests.architecture import rules
from tests.architecture.source import House

CLOCKS = ("time", "datetime", "numpy.datetime64")
GLOBAL_CHANCE = ("random", "secrets", "uuid", "os.urandom", "numpy.random", "scipy.stats")
OWN_CHANCE = (
    "numpy.random.BitGenerator",
    "numpy.random.Generator",
    "numpy.random.PCG64",
    "numpy.random.Philox",
    "numpy.random.SeedSequence",
)
"""Generators that hold their own state, seeded by us."""

_TRANSCENDENTAL = """
    exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2 power float_power cbrt hypot
    sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh sinc
    asin acos atan atan2 asinh acosh atanh pow geomspace logspace
"""
_PRODUCTS = "dot vdot vecdot inner matmul matvec vecmat tensordot einsum linalg cov corrcoef convolve correlate polyfit"
CPU_DEPENDENT = tuple(f"numpy.{name}" for name in (_TRANSCENDENTAL + _PRODUCTS).split())
"""What numpy or its linear algebra library computes with other instructions, and other last digits, on other CPUs."""


def test_the_model_reads_no_wall_clock(house: House) -> None:
    assert rules.uses(house.within("simulator"), CLOCKS) == []


def test_the_model_draws_from_its_own_generators_only(house: House) -> None:
    assert rules.uses(house.within("simulator"), GLOBAL_CHANCE, OWN_CHANCE) == []


def test_the_model_depends_on_no_hash_order(house: House) -> None:
    assert rules.hash_order(house.within("simulator")) == []


def test_figures_do_not_depend_on_the_instructions_of_the_cpu(house: House) -> None:
    assert rules.uses(house.within("simulator", "experiments"), CPU_DEPENDENT) == []
    assert rules.matrix_products(house.within("simulator", "experiments")) == []
