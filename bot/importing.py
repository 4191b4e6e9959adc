"""Import what a process needs without looking for garbage meanwhile.

A thousand modules make no garbage, but the collector looks through all of them again and again: a
tenth of the second that it takes. What they have made stays; later looks leave it out, too.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Do not collect garbage in the block, and never look at what it has made."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
