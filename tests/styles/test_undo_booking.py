"""An undo counts where it is carried out, not where it is waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import play

SHOP = """
name: late-undo
services:
  shop:
    workers: 8
    operations:
      buy:
        style: saga
        steps:
          - {{call: stock.reserve, undo: {{call: stock.release, timeout: {patience}, retry: {{max_retries: 1}}}}}}
          - call: bank.charge
  stock:
    workers: 8
    operations:
      reserve: {{work: 5ms, effect: true}}
      release: {{work: 5ms}}
  bank:
    workers: 8
    operations:
      charge: {{work: 5ms, effect: true, server_errors: 100%}}
workload: [{{call: shop.buy, arrivals: {{process: constant, rate: 1/s}}}}]
run: {{duration: 5s, replications: 1}}
"""


@pytest.mark.parametrize(("patience", "stuck"), [("1s", 0.0), ("3ms", 1.0)])
def test_an_undo_that_nobody_waits_for_any_longer_still_takes_effects_back(
    tmp_path: Path, patience: str, stuck: float
) -> None:
    played = play(tmp_path, SHOP.format(patience=patience))

    assert played.figure("buy", "undone") == 1.0
    assert played.figure("buy", "orphaned") == 0.0
    assert played.figure("buy", "stuck_sagas") == stuck
