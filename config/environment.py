"""The environment as names and values: VAR, or VAR_FILE for Docker secrets."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path


def read(names: Iterable[str], environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the values that are set, and a problem for each that cannot be read.

    An empty variable counts as unset: compose files pass those.
    """
    values: dict[str, str] = {}
    problems: list[str] = []
    for name in names:
        direct, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
        if direct and file:
            problems.append(f"{name}: set either {name} or {name}_FILE, not both")
        elif file:
            try:
                content = Path(file).read_text(encoding="utf-8").rstrip("\r\n")
            except OSError as error:
                problems.append(f"{name}_FILE: cannot read {file}: {error.strerror}")
            except UnicodeDecodeError:
                problems.append(f"{name}_FILE: {file} is not UTF-8 text")
            else:
                if content:
                    values[name] = content
                else:
                    problems.append(f"{name}_FILE: {file} is empty")
        elif direct:
            values[name] = direct
    return values, problems


def unknown(prefix: str, names: Iterable[str], environ: Mapping[str, str]) -> list[str]:
    """Return a warning for each variable with the prefix that means nothing, with a near name."""
    known = [spelling for name in names for spelling in (name, f"{name}_FILE")]
    warnings = []
    for name in sorted(environ):
        if not name.startswith(prefix) or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        warnings.append(f"{name}: no such setting, ignored{hint}")
    return warnings
