"""The data files do not depend on what instructions the processor offers to numpy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cli.test_run import data_of

ROOT = Path(__file__).parents[2]
OPTIONAL: list[str] = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
"""Features beyond numpy's minimum that this processor has; on one that has none there is nothing to lose."""


def play(out: str, **environment: str) -> None:
    command = ["run", "shop.yaml", "--no-page", "--jobs", "1", "--out", out]
    subprocess.run(
        [sys.executable, "-m", "experiments.cli", *command],
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )


@pytest.mark.usefixtures("shop")
def test_data_files_are_the_same_without_the_optional_instructions() -> None:
    play("with")
    play("without", NPY_DISABLE_CPU_FEATURES=" ".join(OPTIONAL))
    assert data_of(Path("with")) == data_of(Path("without"))
