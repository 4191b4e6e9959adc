"""docs/reference/parity.md, from the results of the last whole run and the differences."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.flags.verb import Verb
from bot.domain.grammar.verbs import MANY
from bot.usecases.answers.look import MOST_LINES, TAIL
from tests.parity.differences import EVERY, NORMALISED, OTHERWISE, REFUSED, Difference
from tests.parity.results import Results, kept
from tests.parity.samples import CREATE, LATER, UPDATE

_HEAD = """\
# The same as the docker CLI

Every flag of `docker service create` and `docker service update` of the docker CLI 28, and whether
Waggle leaves the very same spec and replaces the very same tasks. On a real Engine, one service is
made and changed by the docker CLI and its twin by Waggle, with each flag alone and with generated
combinations (`tests/parity`). What such a run finds is the column *same*: `make parity` writes it
to [parity-results.json](parity-results.json), and this page from that. Every run of the tests walks
each flag and some combinations again; it fails when it finds another thing than stands here, when
the two differ in anything that does not stand here, and when the docker CLI has a flag that does
not stand here.

- *yes*: the same spec, field for field, and the same tasks replaced.
- *simulated*: the same; the real Engine of the suite (API 1.41) is too old for the flag, so it is
  proven with the docker CLI on the simulated Engine (`playground/simulator`), its spec alone.
- *refused*: not taken, on purpose.
- *otherwise*: done in another way, on purpose.
- *no*: not yet.
- *differs*: it should be the same and is not.
- *not run*: no whole run has told of it yet.

A number refers to the differences below the table. What differs in other commands stands at the
end; that list is written by hand.
"""

_ELSEWHERE = f"""\
## Beside these flags, on purpose
- A new service needs a name: `create IMAGE` alone is refused. The CLI makes one up.
- `rm` and `node rm` ask first: nothing is removed before a click.
- A demotion after which no majority of the managers would answer is refused without `--force`: the
  swarm could take no change any more. The CLI leaves that to the Engine; here it is told in the
  plan, before somebody approves it, and looked at once more before it is sent.
- More than {MANY} targets in one line are refused: each is a change, with messages of its own. The
  CLI takes any number.
- `inspect` and `node inspect` are readable (the CLI's `--pretty`) if nothing else is said: they are
  for people. `--format json` gives each object as the CLI has it in its list, values of env and of
  drivers' options hidden.
- `logs` shows the last {TAIL} lines, or as many as `--tail` says, {MOST_LINES:,} at most: a message
  holds few, and a file in Slack not all that a service ever said. The CLI shows all.
- `logs --follow` is refused: a message cannot go on for ever. `logs --details` is refused: details
  may hold values of the environment.
- `--format` is `table` for lists and `json` for `inspect` and `node inspect`: no templates.
- `network ls --filter` matches all or part of a name or id, as the CLI's reference has it: no
  regular expression. Engines differ in that; there is no filter `dangling`.
- `self`, in `node ps` and `node inspect`, is the node of the Engine that the worker talks to; the
  CLI takes that of the Engine that it talks to. No change takes `self`, there as here."""


@dataclass(frozen=True)
class Row:
    """One flag.

    Attributes:
        create, update: whether the docker command has it.
        same: in a word.
        notes: numbers of differences.
    """

    flag: str
    create: bool
    update: bool
    same: str
    notes: tuple[int, ...]


def rows() -> list[Row]:
    """Return a row for each flag, by name."""
    results = kept()
    return [_row(flag, results) for flag in sorted({*CREATE, *UPDATE})]


def _row(flag: str, results: Results) -> Row:
    numbers = enumerate(EVERY, start=1)
    notes = tuple(n for n, each in numbers if flag in each.create or flag in each.update)
    return Row(flag, flag in CREATE, flag in UPDATE, _same(flag, results), notes)


def _same(flag: str, results: Results) -> str:
    told = {
        verb.value: results.of(verb).get(flag, "not run")
        for verb, samples in ((Verb.CREATE, CREATE), (Verb.UPDATE, UPDATE))
        if flag in samples
    }
    words = set(told.values())
    return words.pop() if len(words) == 1 else ", ".join(f"{v}: {w}" for v, w in told.items())


def render() -> str:
    """Return the page."""
    return "\n".join((_HEAD, _run(kept()), "", *_table(), "", *_differences(), _ELSEWHERE)) + "\n"


def _run(results: Results) -> str:
    combined = results.combinations
    return (
        f"The last whole run: docker CLI {results.docker_cli}, Engine {results.engine} (API "
        f"{results.engine_api}), the simulated one with API {results.simulated_api}; "
        f"{combined.agreed} of {combined.generated} combinations the same (seed {combined.seed})."
    )


def _table() -> Iterator[str]:
    yield "| flag | create | update | same | note |"
    yield "|---|---|---|---|---|"
    for row in rows():
        marks = ("✓" if there else "" for there in (row.create, row.update))
        notes = ", ".join(map(str, row.notes))
        yield f"| `--{row.flag}` | {' | '.join(marks)} | {row.same} | {notes} |"
    known = rows()
    creates, updates = sum(row.create for row in known), sum(row.update for row in known)
    later = " and ".join(f"`--{flag}`" for flag in LATER)
    yield ""
    yield f"{creates} flags of create, {updates} of update; without {later} (docker CLI 29)."


def _differences() -> Iterator[str]:
    number = 0
    for title, group in (
        ("## Refused, on purpose", REFUSED),
        ("## Done otherwise, on purpose", OTHERWISE),
        ("## Left out of the comparison", NORMALISED),
    ):
        yield title
        for each in group:
            number += 1
            yield f"{number}. {_sentence(each)}"
        yield ""


def _sentence(each: Difference) -> str:
    return f"**{each.what}** {each.why}"
