"""What Waggle refuses on purpose: the docker CLI takes it, and nothing is left behind by Waggle."""

import pytest

from bot.domain.flags.verb import Verb
from tests.parity.differences import REFUSED, Refused
from tests.parity.findings import Findings
from tests.parity.results import Verdict
from tests.parity.twins import Twins
from tests.parity.walks import created, updated

CREATES = [(each, line) for each in REFUSED for line in each.creating]
UPDATES = [(each.what, line) for each in REFUSED for line in each.updating]


@pytest.mark.parametrize(("difference", "words"), CREATES, ids=[line for _, line in CREATES])
def test_create(twins: Twins, findings: Findings, difference: Refused, words: str) -> None:
    (theirs,), (ours,) = twins.walk([f"docker service create {words}"])
    assert (theirs.refused, theirs.spec is None) == ("", False), difference.what
    assert (bool(ours.refused), ours.spec) == (True, None), difference.what
    for flag in difference.create if difference.whole else ():
        findings.tell(Verb.CREATE, flag, Verdict.REFUSED)


@pytest.mark.parametrize(("what", "words"), UPDATES, ids=[line for _, line in UPDATES])
def test_update(twins: Twins, what: str, words: str) -> None:
    (_, theirs), (before, ours) = twins.walk([created(), updated(words)])
    assert not theirs.refused, what
    assert (bool(ours.refused), ours.spec) == (True, before.spec), what
    assert ours.kept == (1,)
