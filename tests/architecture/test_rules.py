"""The rules find what they are there to find: each is shown a small house that breaks it, and one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import rules
from tests.architecture.source import House
from tests.architecture.test_determinism import CLOCKS, CPU_DEPENDENT, GLOBAL_CHANCE, OWN_CHANCE

FLOORS = (("ground", "spec.units"), ("spec",), ("roof", "tower"))


class Plot:
    """An empty plot on which a test builds a house."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def house(self, **files: str) -> House:
        """Keyword ``simulator__a__b`` is the file ``simulator/a/b.py``; ``simulator__a__`` that of package ``a``."""
        for name, text in files.items():
            path = self.root / f"{name.replace('__', '/')}.py"
            path = path.with_name("__init__.py") if path.name == ".py" else path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for package in ("simulator", "simulator/spec", "reports", "experiments"):
            (self.root / package).mkdir(exist_ok=True)
            (self.root / package / "__init__.py").touch()
        return House(self.root)


@pytest.fixture
def plot(tmp_path: Path) -> Plot:
    return Plot(tmp_path)


def test_an_import_of_a_higher_package_is_found(plot: Plot) -> None:
    house = plot.house(
        simulator__a="from reports import b\n",
        reports__b="",
        experiments__c="import reports.b\nfrom simulator import a\n",
    )
    assert rules.package_arrows_upwards(house) == ["simulator/a.py:1: simulator.a -> reports.b"]


def test_a_late_import_is_an_arrow_too(plot: Plot) -> None:
    house = plot.house(simulator__a="def f():\n    import reports.b\n", reports__b="")
    assert rules.package_arrows_upwards(house) == ["simulator/a.py:2: simulator.a -> reports.b"]


def test_an_import_of_a_higher_floor_is_found_even_if_only_for_typing(plot: Plot) -> None:
    typing = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from simulator.roof import Roof\n"
    house = plot.house(simulator__ground=typing, simulator__roof="import simulator.ground\n")
    assert rules.floor_arrows_upwards(house, "simulator", FLOORS) == [
        "simulator/ground.py:3: simulator.ground -> simulator.roof"
    ]


def test_neighbours_on_one_floor_may_not_know_each_other(plot: Plot) -> None:
    house = plot.house(simulator__roof="from . import tower\n", simulator__tower="")
    assert len(rules.floor_arrows_upwards(house, "simulator", FLOORS)) == 1


def test_a_part_may_have_a_lower_floor_than_its_package(plot: Plot) -> None:
    down = plot.house(simulator__spec__laws="from .units import parse\n", simulator__spec__units="")
    assert rules.floor_arrows_upwards(down, "simulator", FLOORS) == []
    up = plot.house(simulator__spec__units="from . import laws\n")
    assert rules.floor_arrows_upwards(up, "simulator", FLOORS) == [
        "simulator/spec/units.py:1: simulator.spec.units -> simulator.spec.laws"
    ]


def test_a_module_without_a_floor_is_found(plot: Plot) -> None:
    house = plot.house(simulator__ground="", simulator__attic="")
    assert rules.without_a_floor(house, "simulator", FLOORS) == ["simulator/attic.py"]


def test_only_allowed_modules_of_another_package_are_known(plot: Plot) -> None:
    house = plot.house(reports__page="from simulator import words, run\n", simulator__words="", simulator__run="")
    assert rules.foreign_arrows(house, "reports", "simulator", ["simulator.words"]) == [
        "reports/page.py:1: reports.page -> simulator.run"
    ]


def test_only_the_builder_reaches_into_a_mechanism(plot: Plot) -> None:
    house = plot.house(
        simulator__faults__crash="from simulator.faults import knobs\n",
        simulator__faults__knobs="",
        simulator__build="import simulator.faults.crash\n",
        simulator__services="import simulator.faults.knobs\nimport simulator.faults.crash\n",
    )
    assert rules.arrows_into(house, "simulator.faults", ["simulator.build"], ["simulator.faults.knobs"]) == [
        "simulator/services.py:2: simulator.services -> simulator.faults.crash"
    ]


def test_a_ring_is_found_and_a_typing_only_one_is_not(plot: Plot) -> None:
    typing = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import simulator.a\n"
    assert rules.rings(plot.house(simulator__a="import simulator.b\n", simulator__b=typing)) == []
    late = "def f():\n    import simulator.a\n"
    assert rules.rings(plot.house(simulator__b=late)) == ["simulator.a -> simulator.b -> simulator.a"]


def test_a_ring_through_the_file_of_a_package_is_found(plot: Plot) -> None:
    house = plot.house(
        simulator__p__="from .x import X\n",
        simulator__p__x="import simulator.q\n",
        simulator__p__y="",
        simulator__q="import simulator.p.y\n",
    )
    assert rules.rings(house) == ["simulator.p -> simulator.p.x -> simulator.q -> simulator.p"]


def test_siblings_below_one_package_are_no_ring(plot: Plot) -> None:
    house = plot.house(simulator__p__="from .x import X\n", simulator__p__x="from . y import Y\n", simulator__p__y="")
    assert rules.rings(house) == []


def test_length_is_counted_without_docstrings(plot: Plot) -> None:
    body = '    """One.\n\n    Two.\n    """\n' + "    pass\n" * 3
    house = plot.house(simulator__a=f"def f():\n{body}")
    assert rules.long_functions(house, 4) == []
    assert rules.long_functions(house, 3) == ["simulator/a.py:1: f has 4 lines"]
    assert rules.long_files(house, 7) == ["simulator/a.py: 8 lines"]


def test_a_public_module_without_docstring_is_found(plot: Plot) -> None:
    house = plot.house(simulator__a="x = 1\n", simulator___b="x = 1\n", simulator__c='"""What it is."""\n')
    assert rules.without_docstring(house) == ["simulator/a.py"]


@pytest.mark.parametrize(
    "text",
    [
        "import time\n",
        "from time import monotonic\n",
        "from datetime import datetime\n",
        "import datetime as d\n",
    ],
)
def test_a_wall_clock_is_found_under_any_name(plot: Plot, text: str) -> None:
    assert rules.uses(plot.house(simulator__a=text).within("simulator"), CLOCKS) != []


@pytest.mark.parametrize(
    "text",
    [
        "import random\n",
        "import numpy as np\nnp.random.seed(1)\n",
        "from numpy.random import default_rng\n",
        "from numpy import random as chance\nx = chance.rand()\n",
        "import os\nos.urandom(8)\n",
    ],
)
def test_global_chance_is_found_under_any_name(plot: Plot, text: str) -> None:
    assert rules.uses(plot.house(simulator__a=text).within("simulator"), GLOBAL_CHANCE, OWN_CHANCE) != []


def test_a_generator_of_our_own_is_no_global_chance(plot: Plot) -> None:
    text = "import numpy as np\nfrom numpy.random import Philox\ng = np.random.Generator(Philox(1))\n"
    assert rules.uses(plot.house(simulator__a=text).within("simulator"), GLOBAL_CHANCE, OWN_CHANCE) == []


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np\ny = np.exp(x)\n",
        "from numpy import log\n",
        "import numpy\ny = numpy.linalg.norm(x)\n",
        "import numpy as np\ny = np.dot(a, b)\n",
    ],
)
def test_arithmetic_that_depends_on_the_cpu_is_found(plot: Plot, text: str) -> None:
    assert rules.uses(plot.house(simulator__a=text).within("simulator"), CPU_DEPENDENT) != []


def test_exact_arithmetic_is_allowed(plot: Plot) -> None:
    text = "import math\nimport numpy as np\ny = np.sort(np.add(math.exp(1.0), x))\nz = np.sqrt(y)\n"
    house = plot.house(simulator__a=text)
    assert rules.uses(house.within("simulator"), CPU_DEPENDENT) == []
    assert rules.matrix_products(house.within("simulator")) == []


def test_a_matrix_product_is_found(plot: Plot) -> None:
    assert rules.matrix_products(plot.house(simulator__a="y = a @ b\n").within("simulator")) == ["simulator/a.py:1: @"]


@pytest.mark.parametrize("text", ["x = hash('a')\n", "for x in {1, 2}:\n    pass\n", "y = [x for x in set(z)]\n"])
def test_hash_order_is_found(plot: Plot, text: str) -> None:
    assert len(rules.hash_order(plot.house(simulator__a=text).within("simulator"))) == 1


def test_sorted_sets_and_hash_methods_are_allowed(plot: Plot) -> None:
    text = "class A:\n    def __hash__(self):\n        return hash(1)\n\nfor x in sorted({1, 2}):\n    pass\n"
    assert rules.hash_order(plot.house(simulator__a=text).within("simulator")) == []
