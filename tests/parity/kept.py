"""Combinations in which the worlds parted once; they are walked every time."""

from tests.parity.combinations import Combination

KEPT: tuple[Combination, ...] = (
    Combination(create=(), update=("--health-cmd ''",)),
    Combination(create=("--no-healthcheck", "--health-retries 0"), update=()),
    Combination(
        create=("--mount source=n,target=/n --mount source=data,target=/a",),
        update=("--dns-option-rm rotate",),
    ),
)
