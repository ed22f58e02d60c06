"""How properties are tried: the same examples in each run, and no failure because a machine is busy."""

from hypothesis import settings

STEADY = settings(derandomize=True, deadline=None)
