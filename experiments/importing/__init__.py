"""Configuration of other software, as the `policies`, `calls` and `faults` of an experiment file.

`nodes` reads a file and `reading` remembers which of its keys were asked for, so that every other one is warned about.
A module per format (`resilience4j`, `istio`, `envoy`, `grpc`) says what a key means here; `draft` collects that, checks
it against the language and writes it down with the line that each value came from.
"""
