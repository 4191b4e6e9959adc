"""No flag of the docker CLI found here is left out, and the page has a row for each."""

import pytest

from tests.parity.cli_help import flags_in_help
from tests.parity.page import rows
from tests.parity.samples import CREATE, LATER, UPDATE, Sample


@pytest.mark.parametrize(("verb", "samples"), [("create", CREATE), ("update", UPDATE)])
def test_every_flag_of_the_cli_has_a_case(verb: str, samples: dict[str, Sample]) -> None:
    missing = flags_in_help(verb) - {*samples, *LATER}
    assert not missing, f"no sample in tests/parity/samples.py: {sorted(missing)}"


def test_the_page_has_a_row_for_each() -> None:
    told = {row.flag for row in rows()}
    assert flags_in_help("create") | flags_in_help("update") <= {*told, *LATER}
