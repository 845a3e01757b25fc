"""The command ``callsim``."""
