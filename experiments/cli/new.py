"""``callsim new``: a commented starter, valid as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.errors import WRONG, fail, reporting_errors

STARTER = """\
# What this experiment is for, in one line.
# Check it with 'callsim validate {file}', play it with 'callsim run {file}'.
name: {name}

defaults:
  network: {{latency: 0.5ms}}        # one way, for every link that 'network' does not name

services:                          # who works: replicas × workers requests at once, the others queue
  shop:
    workers: 32
    operations:
      buy:
        style: sync                # how the steps are carried out; the variants below change it
        steps:
          - {{call: stock.reserve, undo: stock.release}}
          - {{call: bank.charge, undo: bank.refund}}
          - {{work: 4ms, effect: true, undo: 2ms}}
  stock:
    replicas: 2
    workers: 16
    operations:
      reserve: {{work: {{dist: exponential, mean: 5ms}}, client_errors: 1%, effect: true, idempotent: true}}
      release: {{work: 3ms}}
  bank:
    workers: 40
    operations:
      charge: {{work: {{dist: lognormal, median: 40ms, p99: 250ms}}, effect: true, idempotent: true}}
      refund: {{work: {{dist: lognormal, median: 40ms, p99: 250ms}}}}

policies:                          # what a caller wraps round a call, outermost first: retry(breaker(timeout(call)))
  careful:
    timeout: 1s
    retry: {{max_retries: 2, backoff: {{kind: exponential, base: 100ms, jitter: full}}}}
    breaker: {{preset: strict, max_failures: 5, open_for: 10s}}

calls:
  default: careful                 # calls between services
  "client -> shop": {{timeout: 5s}}  # the workload's own

workload:
  - call: shop.buy
    arrivals: {{process: poisson, rate: 50/s}}

faults:
  - {{name: bad_bank, kind: errors, target: bank, share: 30%, at: 60s, for: 30s}}

objectives:
  buy:
    latency_p99: 1s
    error_rate: 1%
    during bad_bank: {{error_rate: 20%}}

run: {{duration: 3m, warmup: 10s, replications: 5, seed: 1}}

baseline: sync
variants:
  sync: {{}}
  saga: {{services.shop.operations.buy.style: saga}}
  patient: {{policies.careful.timeout: 3s}}
"""


def register(app: typer.Typer) -> None:
    """Add the command ``new`` to the application."""
    app.command("new")(new)


def new(file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write; never an existing one.")]) -> None:
    """Write a commented starter that runs as it stands."""
    with reporting_errors():
        try:
            with file.open("x", encoding="utf-8") as stream:
                stream.write(starter(file))
        except FileExistsError:
            fail(f"{file} exists already and is left as it is", WRONG)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            fail(f"{file}: there is no folder {file.parent}", WRONG)
        print(f"wrote {file}; play it with: callsim run {file}")


def starter(file: Path) -> str:
    """Return the starter's text, named after its file."""
    name = re.sub(r"[^\w-]+", "_", file.stem).strip("_-")
    return STARTER.format(name=name if re.search("[^0-9_-]", name) else "starter", file=file.name)
