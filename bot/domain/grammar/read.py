"""Reading what follows a verb: flags by the table, and the words between them.

As the docker CLI does: `--flag value`, `--flag=value`, booleans alone or with `=`, short flags in
clusters (`-dq`, `-eA=1`), `--` ends the flags; of `create`, all that follows IMAGE is its command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.errors import BadFlagValue, UserError
from bot.domain.flags.flag import Flag
from bot.domain.flags.kinds import BadValue
from bot.domain.flags.lookup import (
    by_name,
    by_short,
    called_elsewhere,
    flags_of,
    not_yet,
)
from bot.domain.flags.verb import Verb
from bot.domain.grammar.canonical import shown
from bot.domain.grammar.suggest import Suggest, did_you_mean
from bot.domain.grammar.tokens import Token
from bot.domain.grammar.verbs import info_of
from bot.domain.jsontypes import JsonValue

_SHELL = ("&&", "||", ";", "|", ">", ">>", "<", "&")
_OF_CREATE_ONLY = "env-file"
_OURS = ("--dry-run", "--reason", "--deadline", "--supersede", "--cluster", "--break-glass")


class HelpWanted(Exception):  # noqa: N818 - not an error: the person asked for help
    """`--help` or `-h` stood among the flags."""


@dataclass(frozen=True)
class Given:
    """One flag that was given, with its value as its kind read it."""

    flag: Flag
    value: JsonValue
    text: str


@dataclass
class Line:
    """What follows a verb, being read; `words` are the arguments, `given` the flags."""

    verb: Verb
    tokens: Sequence[Token]
    suggest: Suggest
    position: int = 0
    words: list[str] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)

    def read(self) -> Line:
        """Read all tokens.

        Raises:
            UserError: an unknown flag, a bad value, a missing value.
            HelpWanted: `--help` is among them.
        """
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            self.position += 1
            if token.text == "--" and not token.quoted:
                self._rest()
            elif token.text.startswith("--"):
                self._long(token.text[2:])
            elif token.text.startswith("-") and len(token.text) > 1:
                self._cluster(token.text[1:])
            else:
                self._word(token)
        return self

    def _word(self, token: Token) -> None:
        if token.text in _SHELL and not token.quoted:
            raise UserError(
                f"`{token.text}` is for shells; one command at a time is read here.",
                "Send the commands one after the other.",
            )
        self.words.append(token.text)
        if self.verb is Verb.CREATE:
            self._rest()

    def _rest(self) -> None:
        """What is left is no flag. Ours are refused there: to lose a --dry-run would be grave."""
        for token in self.tokens[self.position :]:
            name = token.text.partition("=")[0]
            if self.verb is Verb.CREATE and self.words and name in _OURS and not token.quoted:
                raise UserError(
                    f"`{name}` stands after the image, where all words belong to the container.",
                    f"Put it before the image; or, if the container needs it, write '{name}' in "
                    "quotes.",
                )
            self.words.append(token.text)
        self.position = len(self.tokens)

    def _long(self, text: str) -> None:
        name, has_value, value = text.partition("=")
        if name.lower() == "help":
            raise HelpWanted
        flag = by_name(self.verb, name)
        if flag is None:
            raise self._unknown(name)
        if has_value:
            self._take(flag, value)
        elif flag.kind.is_bool:
            self._take(flag, "true")
        else:
            self._take(flag, self._next(flag, f"--{flag.name}"))

    def _cluster(self, letters: str) -> None:
        letter, rest = letters[0], letters[1:]
        flag = by_short(self.verb, letter)
        if flag is None:
            if letter == "h" and not rest:
                raise HelpWanted
            raise self._unknown_short(letter)
        if rest.startswith("="):
            self._take(flag, rest[1:])
        elif flag.kind.is_bool:
            self._take(flag, "true")
            if rest:
                self._cluster(rest)
        else:
            self._take(flag, rest or self._next(flag, f"-{letter}"))

    def _next(self, flag: Flag, typed: str) -> str:
        if self.position >= len(self.tokens):
            raise UserError(
                f"`{typed}` needs a value.", f"Write `{typed} {flag.kind.metavar}`: {flag.help}."
            )
        self.position += 1
        return self.tokens[self.position - 1].text

    def _take(self, flag: Flag, text: str) -> None:
        try:
            value = flag.kind.parse(text)
        except BadValue as bad:
            said = "" if flag.kind.is_bool and text == "true" else shown(flag, text)
            raise BadFlagValue(flag.name, said, bad.why, bad.hint) from bad
        self.given.append(Given(flag, value, text))

    def _unknown(self, name: str) -> UserError:
        verb = info_of(self.verb).name
        if not_yet(self.verb, name):
            return UserError(
                f"`--{name.lower()}` is not yet supported by Waggle.",
                f"`help {verb}` lists what is; the rest needs the docker CLI for now.",
            )
        if self.verb is Verb.UPDATE and name.lower() == _OF_CREATE_ONLY:
            return UserError(
                f"`{verb}` has no flag `--{_OF_CREATE_ONLY}`, and there are no files in a chat.",
                "Say each variable: `--env-add KEY=VALUE`. Or type `update SERVICE` without flags: "
                "its form has a box that takes the lines of such a file.",
            )
        if self.verb is Verb.SCALE and name.lower() == "replicas":
            return UserError(
                f"`{verb}` has no flag `--replicas`.",
                f"Write the number behind the name: `{info_of(self.verb).example}`.",
            )
        # By letters `--publis` is nearer to publish-rm than to -add; but that would take away.
        lowered = name.lower()
        removing = "rm" in lowered or "-r" in lowered
        every = (flag.name for flag in flags_of(self.verb))
        known = [flag for flag in every if removing or not flag.endswith("-rm")]
        meant = self._certain(name, known) or did_you_mean(name, known, self.suggest, prefix="--")
        return UserError(
            f"`{verb}` has no flag `--{name}`.", f"{meant} `help {verb}` lists its flags.".strip()
        )

    def _certain(self, name: str, known: Sequence[str]) -> str:
        """X of create is X-add of update, whatever else is near."""
        flag = called_elsewhere(self.verb, name) or f"{name.lower()}-add"
        return f"Did you mean `--{flag}`?" if flag in known else ""

    def _unknown_short(self, letter: str) -> UserError:
        verb = info_of(self.verb).name
        return UserError(f"`{verb}` has no flag `-{letter}`.", f"`help {verb}` lists its flags.")
