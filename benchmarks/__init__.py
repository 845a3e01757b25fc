"""How fast callsim is, as ratios to yardsticks run in the same minute on the same machine: ``python -m benchmarks``."""
