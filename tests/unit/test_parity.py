"""What is kept of the last whole run: it was whole, nothing failed, and the notes agree with it."""

from pathlib import Path

import pytest

from bot.domain.flags.verb import Verb
from tests.parity.cases import is_refused_whole
from tests.parity.differences import OTHERWISE
from tests.parity.findings import Findings
from tests.parity.results import Combined, Results, Verdict, kept
from tests.parity.samples import CREATE, UPDATE, Sample

WHOLE_RUN = 500
"""Combinations of `make parity`."""

VERBS = [(Verb.CREATE, CREATE), (Verb.UPDATE, UPDATE)]


@pytest.mark.parametrize(("verb", "samples"), VERBS)
def test_every_flag_was_walked(verb: Verb, samples: dict[str, Sample]) -> None:
    assert kept().of(verb).keys() == samples.keys(), "run `make parity`"


def test_nothing_failed() -> None:
    results = kept()
    assert results.failed == ()
    assert Verdict.DIFFERS not in {*results.create.values(), *results.update.values()}
    assert results.combinations.agreed == results.combinations.generated >= WHOLE_RUN


@pytest.mark.parametrize(("verb", "samples"), VERBS)
def test_what_is_otherwise_or_refused_has_a_reason(verb: Verb, samples: dict[str, Sample]) -> None:
    found = kept().of(verb)
    told = {f for each in OTHERWISE for f in (each.create if verb is Verb.CREATE else each.update)}
    assert {flag for flag, word in found.items() if word == Verdict.OTHERWISE} == told
    refused = {flag for flag in samples if is_refused_whole(verb, flag)}
    assert {flag for flag, word in found.items() if word == Verdict.REFUSED} == refused


def test_another_verdict_than_the_kept_one_fails() -> None:
    findings = Findings(before=kept())
    findings.tell(Verb.UPDATE, "rollback", Verdict.OTHERWISE)
    with pytest.raises(pytest.fail.Exception, match=r"found to be yes; .* says otherwise"):
        findings.tell(Verb.UPDATE, "rollback", Verdict.YES)
    with pytest.raises(pytest.fail.Exception, match="says nothing"):
        findings.tell(Verb.UPDATE, "brand-new", Verdict.YES)


def test_one_walk_that_parts_is_enough() -> None:
    findings = Findings(combinations=Combined(seed=1, generated=1, agreed=1))
    for verb, samples in VERBS:
        for flag in samples:
            findings._told[verb, flag] = {"one": Verdict.YES, "two": Verdict.YES}
    with pytest.raises(pytest.fail.Exception, match="here they part"):
        findings.tell(Verb.CREATE, "env", Verdict.YES, walk="two", parted="here they part")
    results = findings.results(["tests/parity/test_flags.py::test_flag"])
    assert (results.create["env"], results.create["label"]) == ("differs", "yes")
    assert results.failed == ("tests/parity/test_flags.py::test_flag",)


def test_a_run_that_left_something_out_says_what() -> None:
    findings = Findings()
    assert {"create --name", "update --rollback", "combinations"} <= set(findings.missing())
    findings.tell(Verb.UPDATE, "rollback", Verdict.OTHERWISE)
    findings.combinations = Combined(seed=1, generated=1, agreed=1)
    assert not {"update --rollback", "combinations"} & set(findings.missing())


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    results = Results(
        docker_cli="28.2.2",
        engine="20.10.24",
        engine_api="1.41",
        simulated_api="1.51",
        combinations=Combined(seed=7, generated=500, agreed=500),
        failed=("one",),
        create={"env": Verdict.YES},
        update={"image": Verdict.DIFFERS},
    )
    results.write(path)
    assert kept(path) == results
