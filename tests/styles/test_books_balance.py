"""Whatever happens, the books balance: `run_once` raises where a request, message or worker is unaccounted for."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest

from tests.styles.storm import STORM
from tests.support import Played, play

DURABLE = "{kind: saga, durable: true, on_undo_failure: retry, undo_failed_step: unknown, timeout: 300ms}"
STYLES = ["sync", "queue", "saga", DURABLE, "choreography", "hybrid"]
CANCELS = ["never", "at_dequeue", "queued", "always"]


def storm(folder: Path, style: str, cancel: str, holds: str, *more: str) -> Played:
    return play(
        folder,
        STORM,
        f"services.shop.operations.buy.style={style}",
        f"policies.hard.cancel={cancel}",
        f'calls."client -> gateway".cancel={cancel}',
        *(f"services.{name}.holds_worker={holds}" for name in ("gateway", "shop", "bank")),
        *more,
    )


def check(played: Played) -> None:
    rows = played.rows()
    assert len(rows) > 200
    assert len({row.outcome for row in rows}) >= 3  # the storm does blow
    for row in rows:
        assert row.state in {"done", "undone", "orphaned", "unfinished"}
        assert row.outcome or row.state == "unfinished"
        assert not row.answered < row.arrived
        assert math.isnan(row.completed) == (row.state in {"orphaned", "unfinished"})
    states = Counter(row.state for row in rows)
    for state in ("done", "undone", "orphaned", "unfinished"):
        shares = [played.figure(name, state) for name in ("buy", "path")]
        sizes = [len(played.rows(name)) for name in ("buy", "path")]
        whole = sum(share * size for share, size in zip(shares, sizes, strict=True))
        assert whole == pytest.approx(states[state])


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("cancel", "holds"), [("never", "true"), ("queued", "false"), ("always", "true")])
def test_in_a_storm(tmp_path: Path, style: str, cancel: str, holds: str) -> None:
    check(storm(tmp_path, style, cancel, holds))


@pytest.mark.parametrize("style", ["queue", "saga", "choreography"])
def test_when_the_run_is_cut_off_in_the_middle(tmp_path: Path, style: str) -> None:
    played = storm(tmp_path, style, "queued", "true", "run.drain=0s", "run.duration=1900ms", "run.seed=4")
    assert any(row.state == "unfinished" for row in played.rows())


@pytest.mark.stat
@pytest.mark.parametrize("seed", range(100, 110))
@pytest.mark.parametrize("holds", ["true", "false"])
@pytest.mark.parametrize("cancel", CANCELS)
@pytest.mark.parametrize("style", STYLES)
def test_in_many_storms(tmp_path: Path, style: str, cancel: str, holds: str, seed: int) -> None:
    check(storm(tmp_path, style, cancel, holds, f"run.seed={seed}"))
    storm(tmp_path, style, cancel, holds, f"run.seed={seed}", "run.drain=0s")
