"""Python's collector of cycles, told what a worker is like: what it holds lives long, and hardly anything is cyclic."""

import gc

YOUNG_OBJECTS = 20_000
"""By default 700: then every twentieth delivery looks through everything that is in flight, a sixth of all CPU."""
YOUNG_PASSES, OLD_PASSES = 10, 50


def expect_little() -> None:
    """Called once, when the program and its configuration are built: what is there now is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_PASSES, OLD_PASSES)
