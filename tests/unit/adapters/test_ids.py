import re

from bot.adapters.clock import SystemClock
from bot.adapters.ids import RandomIds


def test_an_id_can_be_read_aloud_and_stands_in_a_job_id() -> None:
    ids = {RandomIds().new("r") for _ in range(200)}
    assert len(ids) == 200
    assert all(re.fullmatch(r"r-[0-9a-hjkmnp-tv-z]{8}", one) for one in ids)


def test_the_clock_is_aware_utc() -> None:
    offset = SystemClock().now().utcoffset()
    assert offset is not None
    assert not offset
