"""What this run finds of each flag; a whole run (`make parity`) writes it down."""

from dataclasses import dataclass, field

import pytest

from bot.domain.flags.verb import Verb
from tests.parity.cases import ALONE, NEWER
from tests.parity.results import PATH, Combined, Results, Verdict
from tests.parity.samples import CREATE, UPDATE

_FLAGS = tuple(
    (verb, flag)
    for verb, samples in ((Verb.CREATE, CREATE), (Verb.UPDATE, UPDATE))
    for flag in samples
)


@dataclass
class Findings:
    """Flag by flag; who tells of a flag also compares with what the last whole run found of it.

    Attributes:
        before: what the last whole run found; None in a whole run, which compares with nothing.
        docker_cli, engine, engine_api, simulated_api, combinations: as of `Results`.
    """

    before: Results | None = None
    docker_cli: str = ""
    engine: str = ""
    engine_api: str = ""
    simulated_api: str = ""
    combinations: Combined | None = None
    _told: dict[tuple[Verb, str], dict[str, Verdict]] = field(default_factory=dict)

    def tell(
        self, verb: Verb, flag: str, verdict: Verdict, *, walk: str = "", parted: str = ""
    ) -> None:
        """Keep what a walk has shown of a flag.

        Args:
            verb: whose flag it is.
            flag: without dashes.
            verdict: where the worlds agree.
            walk: its name, where a flag has several.
            parted: where the worlds part; empty if nowhere. That fails the test.
        """
        self._told.setdefault((verb, flag), {})[walk] = Verdict.DIFFERS if parted else verdict
        if parted:
            pytest.fail(parted, pytrace=False)
        before = self.before.of(verb).get(flag, "nothing") if self.before else verdict
        if before != verdict:
            told = f"`{verb} --{flag}` is found to be {verdict}; {PATH.name} says {before}"
            pytest.fail(f"{told}: run `make parity`", pytrace=False)

    def missing(self) -> list[str]:
        """Return what a whole run would have told, too."""
        walks = {walk for told in self._told.values() for walk in told}
        return [
            *(walk for walk in (*ALONE, *NEWER) if walk not in walks),
            *(f"{verb} --{flag}" for verb, flag in _FLAGS if (verb, flag) not in self._told),
            *([] if self.combinations else ["combinations"]),
        ]

    def results(self, failed: list[str]) -> Results:
        """Return all of it; nothing may be missing.

        Args:
            failed: the tests that failed.
        """
        assert self.combinations, "no combinations"
        return Results(
            docker_cli=self.docker_cli,
            engine=self.engine,
            engine_api=self.engine_api,
            simulated_api=self.simulated_api,
            combinations=self.combinations,
            failed=tuple(sorted(failed)),
            create={flag: self._verdict(Verb.CREATE, flag) for flag in sorted(CREATE)},
            update={flag: self._verdict(Verb.UPDATE, flag) for flag in sorted(UPDATE)},
        )

    def _verdict(self, verb: Verb, flag: str) -> Verdict:
        words = set(self._told[verb, flag].values())
        return words.pop() if len(words) == 1 else Verdict.DIFFERS
