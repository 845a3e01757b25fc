"""The page's own example plays."""

from __future__ import annotations

import json
import re
from pathlib import Path

from experiments.replay.cases import cases_of
from experiments.replay.playing import play, summary

PAGE = Path(__file__).parents[2] / "docs" / "replay.md"


def test_the_pages_example_passes() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    played = play(cases_of(json.loads(example), "docs"), "docs")
    assert summary(played) == "1 passed, 0 failed, 0 unsupported, 0 scenarios skipped"
    assert [row.state for row in played[0].rows][-3:] == ["open", "open", "open"]
