"""Which version of the Engine's API an edit needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.flags.flag import Edit
from bot.domain.flags.lookup import edit_flag
from bot.domain.jsontypes import JsonObject

_IMAGE_MOUNT = "1.48"
_SUBPATH = "1.45"
_FORCED_READONLY = "1.44"


def newer_than(version: str, edits: Sequence[Edit], *, creating: bool) -> list[tuple[str, str]]:
    """What an API of this version does not know: `"--flag"` and the version that it needs.

    Flags go by the docker CLI's own table. The CLI does not look into a --mount: an old Engine
    then drops what it does not know, and the mount is another one than was asked for.

    Args:
        version: such as `1.41`.
        edits: of one command.
        creating: they make a service.
    """
    asked = dict.fromkeys(
        need for edit in edits for need in _needs(edit, creating=creating) if need[1]
    )
    return [(what, since) for what, since in asked if _parts(since) > _parts(version)]


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _needs(edit: Edit, *, creating: bool) -> Iterator[tuple[str, str]]:
    yield f'"--{edit.flag}"', edit_flag(edit.flag, creating=creating).since
    if edit.flag in ("mount", "mount-add"):
        yield from _mount_needs(edit.value)


def _mount_needs(mount: JsonObject) -> Iterator[tuple[str, str]]:
    if mount["Type"] == "image":
        yield '"type=image" of a mount', _IMAGE_MOUNT
    if "Subpath" in mount.get("VolumeOptions", {}):
        yield '"volume-subpath" of a mount', _SUBPATH
    if "ReadOnlyForceRecursive" in mount.get("BindOptions", {}):
        yield '"bind-recursive=readonly" of a mount', _FORCED_READONLY
