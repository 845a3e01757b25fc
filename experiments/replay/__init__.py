"""Recorded decisions of a policy, played event by event against callsim's own state machines.

`cases` reads a file, a module per family (`breakers`, `rate_limiters`, `limits`) says what its parameters and events
mean here, `playing` plays and compares, `report` shows. Nothing is simulated: the times are those of the record.
"""
