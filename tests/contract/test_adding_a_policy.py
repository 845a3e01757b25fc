"""The page that shows how to add a policy is right: its blocks, put into a copy of the house, make one that works."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "policies" / "adding-a-policy.md").read_text(encoding="utf-8")
PLAY = """
import json, sys
from collections import Counter
import numpy as np
from experiments.language import load
from simulator.run import run_once
document = load(sys.argv[1])
found = {}
for scenario in document.scenarios():
    columns = run_once(scenario, 0).requests
    rejected = sum(np.asarray(columns["rejected"]).tolist())
    found[scenario.variant] = [rejected, Counter(np.asarray(columns["outcome"]).tolist())["ok"]]
print(json.dumps({"found": found, "resolved": document.resolved}))
"""


def blocks(language: str) -> list[str]:
    """The fenced blocks of the page in one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def apply(house: Path, edit: str) -> None:
    """Put the lines that begin with ``+`` behind the lines that stand before them, which must be there once."""
    first, *lines = edit.splitlines(keepends=True)
    file = house / first.removeprefix("+++ ").strip()
    source = file.read_text(encoding="utf-8")
    for hunk in re.finditer(r"((?:^ .*\n)+)((?:^\+.*\n)+)", "".join(lines), re.MULTILINE):
        before, added = (re.sub(r"^.", "", part, flags=re.MULTILINE) for part in hunk.groups())
        assert source.count(before) == 1, f"{file.name} has {source.count(before)} times:\n{before}"
        source = source.replace(before, before + added)
    file.write_text(source, encoding="utf-8")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house with the policy of the page."""
    copy = tmp_path_factory.mktemp("house")
    for package in ("simulator", "experiments", "reports"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for text in blocks("python"):
        (copy / text.partition("\n")[0].removeprefix("# ")).write_text(text.partition("\n")[2], encoding="utf-8")
    for edit in blocks("diff"):
        apply(copy, edit)
    (copy / "experiment.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    return copy


def test_the_policy_of_the_page_works(house: Path) -> None:
    command = [sys.executable, "-c", PLAY, "experiment.yaml"]
    played = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stderr
    printed = json.loads(played.stdout)
    (rejected_with, ok_with), (rejected_without, ok_without) = printed["found"]["with"], printed["found"]["without"]
    assert rejected_without == 0
    assert rejected_with > 100
    assert ok_with < ok_without
    assert re.search(r"cooldown\n +length: 200ms +# experiment.yaml:9", printed["resolved"])


def test_the_code_of_the_page_is_in_the_houses_form(house: Path) -> None:
    files = [text.partition("\n")[0].removeprefix("# ") for text in blocks("python")]
    ruff = str(Path(sys.executable).with_name("ruff"))
    for words in (["check"], ["format", "--check"]):
        command = [ruff, *words, "--config", str(ROOT / "pyproject.toml"), *files]
        looked = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
        assert looked.returncode == 0, looked.stdout


def test_the_page_keeps_to_what_it_promises() -> None:
    """One spec, one module, one line and one row: in some fifty lines, docstrings and imports apart."""
    code = [line for text in blocks("python") for line in text.splitlines() if line.strip()]
    plain = [line for line in code if not re.match(r'\s*(#|"""|from |import |if TYPE_CHECKING)', line)]
    assert len(blocks("python")) == 2
    assert len(plain) <= 50
