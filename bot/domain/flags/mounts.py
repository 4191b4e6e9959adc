"""`--mount type=bind,source=/a,target=/b,readonly`: the docker CLI's keys, the Engine's object."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.domain import units
from bot.domain.flags.csvfields import csv_fields
from bot.domain.flags.kinds import BadValue, Kind, parse_bool
from bot.domain.jsontypes import JsonObject

_HINT = (
    "For example `type=volume,source=data,target=/data` or "
    "`type=bind,source=/a,target=/a,readonly`."
)
_TYPES = ("volume", "bind", "tmpfs", "npipe", "cluster", "image")
_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
_BARE = ("readonly", "volume-nocopy", "bind-nonrecursive")
_OPTIONS_OF = {
    "VolumeOptions": "volume",
    "BindOptions": "bind",
    "TmpfsOptions": "tmpfs",
    "ImageOptions": "image",
}


def parse_mount(text: str) -> JsonObject:
    """One mount as the Engine's object.

    Raises:
        BadValue: an unknown key, a missing target, or options of another type of mount.
    """
    mount: JsonObject = {"Type": "volume"}
    for name, value, has_value in csv_fields(text):
        key = _ALIASES.get(name, name)
        if not has_value and key not in _BARE:
            raise BadValue(f"`{name}` has no value", _HINT)
        if key not in _SETTERS:
            raise BadValue(f"`{name}` is not known here", _HINT)
        _SETTERS[key](mount, value if has_value else "true")
    _check(mount)
    return _ordered(mount)


def _check(mount: JsonObject) -> None:
    if not mount.get("Target"):
        raise BadValue("the target is missing", _HINT)
    if mount["Type"] not in _TYPES:
        raise BadValue(f"the type is one of {', '.join(_TYPES)}", _HINT)
    for options, kind in _OPTIONS_OF.items():
        if options in mount and mount["Type"] != kind:
            raise BadValue(f"`{kind}-` keys do not go with type={mount['Type']}", _HINT)
    bind = mount.get("BindOptions", {})
    forced = bind.get("ReadOnlyForceRecursive")
    if (forced or bind.get("ReadOnlyNonRecursive")) and not mount.get("ReadOnly"):
        raise BadValue("this bind-recursive needs `readonly`, too", _HINT)
    if forced and bind.get("Propagation") != "rprivate":
        raise BadValue("bind-recursive=readonly needs `bind-propagation=rprivate`, too", _HINT)


def _ordered(mount: JsonObject) -> JsonObject:
    """Drop what Go leaves out when it is zero, so that the Engine echoes the same object."""
    for options in ("BindOptions", "TmpfsOptions", "ImageOptions"):
        if options in mount:
            mount[options] = {k: v for k, v in mount[options].items() if v}
    return {k: v for k, v in mount.items() if v or k in _OPTIONS_OF}


def _path(mount: JsonObject, text: str) -> None:
    if text.startswith("."):
        raise BadValue("a relative source has no meaning here", "Write the node's absolute path.")
    mount["Source"] = text


def _flag(text: str) -> bool:
    return parse_bool(text)


def _field(name: str, read: Callable[[str], Any] = str) -> Callable[[JsonObject, str], None]:
    """A setter for `Group.Field` or `Field`."""

    def put(mount: JsonObject, text: str) -> None:
        group, _, leaf = name.rpartition(".")
        (mount.setdefault(group, {}) if group else mount)[leaf] = read(text)

    return put


def _volume(mount: JsonObject) -> JsonObject:
    volume: JsonObject = mount.setdefault("VolumeOptions", {})
    volume.setdefault("DriverConfig", {})
    return volume


def _volume_field(put: Callable[[JsonObject, str], None]) -> Callable[[JsonObject, str], None]:
    return lambda mount, text: put(_volume(mount), text)


def _subpath(volume: JsonObject, text: str) -> None:
    volume["Subpath"] = text


def _nocopy(volume: JsonObject, text: str) -> None:
    if parse_bool(text):
        volume["NoCopy"] = True


def _volume_label(volume: JsonObject, text: str) -> None:
    key, _, value = text.partition("=")
    if key:
        volume.setdefault("Labels", {})[key] = value


def _volume_driver(volume: JsonObject, text: str) -> None:
    if text:
        volume["DriverConfig"]["Name"] = text


def _volume_option(volume: JsonObject, text: str) -> None:
    key, _, value = text.partition("=")
    if key:
        volume["DriverConfig"].setdefault("Options", {})[key] = value


def _bind_recursive(mount: JsonObject, text: str) -> None:
    words = {
        "enabled": "",
        "disabled": "NonRecursive",
        "writable": "ReadOnlyNonRecursive",
        "readonly": "ReadOnlyForceRecursive",
    }
    if text not in words:
        raise BadValue(f"bind-recursive is one of {', '.join(words)}", _HINT)
    if words[text]:
        mount.setdefault("BindOptions", {})[words[text]] = True


def _size(text: str) -> int:
    try:
        return units.parse_memory(text)
    except ValueError as error:
        raise BadValue("tmpfs-size is not an amount of memory", "For example `64m`.") from error


def _octal(text: str) -> int:
    if not re.fullmatch("[0-7]{1,6}", text):
        raise BadValue("tmpfs-mode is octal", "For example `1777`.")
    return int(text, 8)


_SETTERS: dict[str, Callable[[JsonObject, str], None]] = {
    "type": _field("Type", str.lower),
    "source": _path,
    "target": _field("Target"),
    "readonly": _field("ReadOnly", _flag),
    "consistency": _field("Consistency", str.lower),
    "bind-propagation": _field("BindOptions.Propagation", str.lower),
    "bind-nonrecursive": _field("BindOptions.NonRecursive", _flag),
    "bind-recursive": _bind_recursive,
    "volume-subpath": _volume_field(_subpath),
    "volume-nocopy": _volume_field(_nocopy),
    "volume-label": _volume_field(_volume_label),
    "volume-driver": _volume_field(_volume_driver),
    "volume-opt": _volume_field(_volume_option),
    "image-subpath": _field("ImageOptions.Subpath"),
    "tmpfs-size": _field("TmpfsOptions.SizeBytes", _size),
    "tmpfs-mode": _field("TmpfsOptions.Mode", _octal),
}

MOUNT = Kind("MOUNT", parse_mount)
