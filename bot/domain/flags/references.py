"""`--secret`, `--config` and `--credential-spec`: references by name; the worker finds the ids."""

from __future__ import annotations

import re

from bot.domain.flags.csvfields import csv_fields
from bot.domain.flags.kinds import BadValue, Kind
from bot.domain.jsontypes import JsonObject

_NUMBER = re.compile(r"0[xX](?P<hex>[0-9a-fA-F]+)|0[oO]?(?P<octal>[0-7]*)|(?P<plain>[1-9][0-9]*)")
_UINT32_MAX = 2**32 - 1
_HINT = "For example `db_password` or `source=db_password,target=db,uid=33,gid=33,mode=0400`."
_SPEC_HINT = "Put it into a config (`docker config create NAME FILE`) and write `config://NAME`."
_WORLD_READABLE = 0o444


def parse_reference(text: str) -> JsonObject:
    """What a service shows of one secret or config: `Source` is its name, `File` the Engine's.

    Raises:
        BadValue: no source, or a key that there is not.
    """
    file: JsonObject = {"Name": "", "UID": "0", "GID": "0", "Mode": _WORLD_READABLE}
    reference: JsonObject = {"Source": "", "File": file}
    fields = list(csv_fields(text, lower=False))
    if len(fields) == 1 and not fields[0][2]:
        fields = [("source", fields[0][0], True)]
    for key, value, has_value in fields:
        if not has_value:
            raise BadValue(f"`{key}` has no value", _HINT)
        _read_field(reference, key.lower(), value)
    if not reference["Source"]:
        raise BadValue("the source is missing", _HINT)
    file["Name"] = file["Name"] or reference["Source"]
    return reference


def _read_field(reference: JsonObject, key: str, value: str) -> None:
    if key in ("source", "src"):
        reference["Source"] = value
    elif key == "target":
        reference["File"]["Name"] = value
    elif key in ("uid", "gid"):
        reference["File"][key.upper()] = value
    elif key == "mode":
        reference["File"]["Mode"] = parse_mode(value)
    else:
        raise BadValue(f"`{key}` is not known here", _HINT)


def parse_mode(text: str) -> int:
    """The mode of a file as Go reads a number: `0400` is octal, and `400` is decimal.

    Raises:
        BadValue: it is no number of 32 bits.
    """
    match = _NUMBER.fullmatch(text) if len(text) <= len(str(_UINT32_MAX)) + 2 else None
    if match is None or text in ("0o", "0O"):
        raise BadValue("the mode is a number, in octal", "For example `mode=0400`.")
    base = {"hex": 16, "octal": 8, "plain": 10}[match.lastgroup or "octal"]
    mode = int(match[match.lastgroup or "octal"] or "0", base)
    if mode > _UINT32_MAX:
        raise BadValue("the mode is a number, in octal", "For example `mode=0400`.")
    return mode


def _credential_spec(text: str) -> JsonObject:
    if not text:
        return {}
    scheme, found, rest = text.partition("://")
    if scheme == "file" and found:
        raise BadValue("there are no files in a chat", _SPEC_HINT)
    if scheme not in ("config", "registry") or not found or not rest:
        raise BadValue(
            "this is not a credential spec", "Write `config://NAME` or `registry://KEY`."
        )
    return {scheme.capitalize(): rest}


def _no_file(_: str) -> JsonObject:
    raise BadValue(
        "there are no files in a chat",
        "Say each variable: `--env KEY=VALUE`. Or type `create` alone: its form has a box that "
        "takes the lines of such a file.",
    )


SECRET = Kind("SECRET", parse_reference)
CONFIG = Kind("CONFIG", parse_reference)
CREDENTIAL_SPEC = Kind("SPEC", _credential_spec)
ENV_FILE = Kind("FILE", _no_file)
