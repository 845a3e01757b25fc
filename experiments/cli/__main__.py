"""``python -m experiments.cli``: the command line where the console script is not installed."""

from __future__ import annotations

from experiments.cli.app import main

if __name__ == "__main__":
    main()
