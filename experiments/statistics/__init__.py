"""Statistics over replications: arrays in, frozen results out. Knows nothing of the simulator or of files.

Sums are exact (`math.fsum`) or of whole numbers, and no transcendental function is vectorised, because these numbers
reach the data files, which are byte-identical whatever instructions the processor offers. Only what `bands` returns is
drawn and not stored.
"""
