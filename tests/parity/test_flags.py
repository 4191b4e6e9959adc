"""Every flag of `docker service create` and `update`, alone: the same spec, the same tasks."""

import pytest

from bot.domain.flags.verb import Verb
from bot.domain.grammar import Answer, parse
from tests.parity.cases import ALONE, MORE, UNKNOWN
from tests.parity.findings import Findings
from tests.parity.results import Verdict
from tests.parity.samples import LATER
from tests.parity.together import TOGETHER
from tests.parity.twins import Twins, agree
from tests.parity.walks import created


@pytest.mark.parametrize("case", ALONE)
def test_flag(twins: Twins, findings: Findings, case: str) -> None:
    of = ALONE[case]
    parted = twins.part(of.lines)
    findings.tell(of.verb, of.flag, Verdict.YES, walk=case, parted=parted)


def test_a_name_of_its_own(twins: Twins, findings: Findings) -> None:
    name = "another_name-1"
    parted = twins.part([created("--replicas 0", name=name)], name)
    findings.tell(Verb.CREATE, "name", Verdict.YES, parted=parted)


@pytest.mark.parametrize("case", MORE)
def test_more(twins: Twins, case: str) -> None:
    agree(twins, MORE[case])


@pytest.mark.parametrize("case", TOGETHER)
def test_together(twins: Twins, case: str) -> None:
    agree(twins, TOGETHER[case])


@pytest.mark.parametrize(
    ("verb", "flag"),
    [*UNKNOWN, *((verb, flag) for verb in (Verb.CREATE, Verb.UPDATE) for flag in LATER)],
)
def test_what_waggle_does_not_have_yet_it_says_so(
    findings: Findings, verb: Verb, flag: str
) -> None:
    answer = parse(f"service {verb.value} --{flag} x web")
    assert isinstance(answer, Answer)
    assert f"`--{flag}` is not yet supported by Waggle." in answer.text
    if flag not in LATER:
        findings.tell(verb, flag, Verdict.NO)
