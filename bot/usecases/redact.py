"""Third-party text (errors, log lines) without the values of a service's environment."""

from collections.abc import Iterable

from bot.domain.jsontypes import Spec

HIDDEN = "••••"
_SHORTEST = 4  # shorter values ("1", "on") would blank out half of any text


def redacted(text: str, *specs: Spec | None) -> str:
    """Return the text with every environment value of the specs hidden, the longest first.

    A value of several lines (a key, a certificate) is hidden line by line, too: a log shows it so.
    """
    for value in sorted(_values(specs), key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return text


def _values(specs: Iterable[Spec | None]) -> set[str]:
    found: set[str] = set()
    for spec in specs:
        container = ((spec or {}).get("TaskTemplate") or {}).get("ContainerSpec") or {}
        for entry in container.get("Env") or ():
            value = str(entry).partition("=")[2]
            parts = (value, *(line.strip() for line in value.splitlines()))
            found.update(part for part in parts if len(part) >= _SHORTEST)
    return found
