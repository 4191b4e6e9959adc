"""What the last whole run found: docs/reference/parity-results.json, written by `make parity`."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from bot.domain.flags.verb import Verb

PATH = Path(__file__).parents[2] / "docs/reference/parity-results.json"


class Verdict(StrEnum):
    """What a run has found of one flag."""

    YES = "yes"
    SIMULATED = "simulated"
    REFUSED = "refused"
    OTHERWISE = "otherwise"
    NO = "no"
    DIFFERS = "differs"


@dataclass(frozen=True, kw_only=True)
class Combined:
    """Combinations of flags, and in how many of them the worlds agreed."""

    seed: int
    generated: int
    agreed: int


@dataclass(frozen=True, kw_only=True)
class Results:
    """One whole run; nothing in it tells when it was.

    Attributes:
        docker_cli: its version.
        engine: its version.
        engine_api: the newest that it speaks.
        simulated_api: the same of the simulated Engine.
        failed: the tests that failed, whatever they are about.
        create, update: flag → its verdict.
    """

    docker_cli: str
    engine: str
    engine_api: str
    simulated_api: str
    combinations: Combined
    failed: tuple[str, ...] = ()
    create: dict[str, str] = field(default_factory=dict)
    update: dict[str, str] = field(default_factory=dict)

    def of(self, verb: Verb) -> dict[str, str]:
        """Return flag → its verdict, of one verb."""
        return self.create if verb is Verb.CREATE else self.update

    def write(self, path: Path = PATH) -> None:
        """Put them where they are kept."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def kept(path: Path = PATH) -> Results:
    """Return what the last whole run found.

    Raises:
        FileNotFoundError: there was none yet.
    """
    told = json.loads(path.read_text(encoding="utf-8"))
    combined = Combined(**told.pop("combinations"))
    failed = tuple(told.pop("failed"))
    return Results(**told, combinations=combined, failed=failed)
