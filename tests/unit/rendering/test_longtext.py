from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.escape import fence
from bot.rendering.longtext import BLOCK_MAX, fences

LINES = st.lists(
    st.one_of(st.text(max_size=40), st.integers(0, 1_600).map(lambda n: "<" * n)), max_size=30
)


@given(LINES)
def test_each_block_is_as_full_as_it_can_be_and_no_line_is_lost(lines: list[str]) -> None:
    blocks = fences(lines)
    rest = list(lines)
    for number, block in enumerate(blocks):
        taken = next(n for n in range(1, len(rest) + 1) if fence(rest[:n]) == block)
        assert len(block) <= BLOCK_MAX or taken == 1
        if number + 1 < len(blocks):
            assert len(fence(rest[: taken + 1])) > BLOCK_MAX
        rest = rest[taken:]
    assert rest == []
