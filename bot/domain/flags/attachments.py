"""`--network NAME` or `--network name=NAME,alias=a,driver-opt=k=v`."""

from __future__ import annotations

from bot.domain.flags.csvfields import csv_fields
from bot.domain.flags.kinds import BadValue, Kind
from bot.domain.jsontypes import JsonObject

_HINT = "For example `backend` or `name=backend,alias=db`."


def parse_attachment(text: str) -> JsonObject:
    """The Engine's attachment object; its Target is still a name.

    Raises:
        BadValue: no name, or a key that services do not have.
    """
    if "=" not in text:
        if not text or any(c.isspace() for c in text):
            raise BadValue("this is not the name of a network", _HINT)
        return {"Target": text}
    attachment: JsonObject = {}
    for key, value, _ in csv_fields(text.lower()):  # the docker CLI lowers values, too
        _read_field(attachment, key, value.strip())
    if not attachment.get("Target"):
        raise BadValue("the name of the network is missing", _HINT)
    return attachment


def _read_field(attachment: JsonObject, key: str, value: str) -> None:
    if key == "name":
        attachment["Target"] = value
    elif key == "alias":
        attachment.setdefault("Aliases", []).append(value)
    elif key == "driver-opt" and value.partition("=")[0].strip():
        name, _, setting = value.partition("=")
        attachment.setdefault("DriverOpts", {})[name.strip()] = setting.strip()
    else:
        raise BadValue(f"`{key}` is not known for the networks of a service", _HINT)


ATTACHMENT = Kind("NETWORK", parse_attachment)
