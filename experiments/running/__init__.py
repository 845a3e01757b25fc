"""Playing an experiment: what to run, across how many processes, and what to do with what comes back."""
