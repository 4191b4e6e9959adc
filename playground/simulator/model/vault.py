"""Secrets and configs: kept, listed, referred to by services. Nobody reads a secret's data."""

import base64
import binascii
import copy
import re

from playground.simulator.model.lookup import found
from playground.simulator.model.refusals import invalid, out_of_sequence, taken
from playground.simulator.model.state import Json, Piece, Service
from playground.simulator.model.tasks import World

_NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-_.]*[a-zA-Z0-9])?")
_LONGEST = 64
_NAME_WORDS = (
    "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character "
    "must be [a-zA-Z0-9]"
)
_MOST = {"secret": 512_000, "config": 1_000 * 1024}


class Vault:
    """All secrets, or all configs: `kind` is `secret` or `config`."""

    def __init__(self, kind: str, world: World) -> None:
        self.kind = kind
        self.pieces: dict[str, Piece] = {}
        self._world = world

    def find(self, ref: str) -> Piece:
        """Return one by id, name or an unambiguous beginning of an id. Raises RefusedError."""
        names = {piece.spec["Name"]: piece.id for piece in self.pieces.values()}
        return found(self.kind, ref, self.pieces, names)

    def create(self, posted: Json) -> str:
        """Keep one and return its id. Raises RefusedError."""
        name = str(posted.get("Name") or "")
        if not _NAME.fullmatch(name) or len(name) > _LONGEST:
            raise invalid(_NAME_WORDS)
        if not 0 < _size(posted.get("Data")) < _MOST[self.kind]:
            words = f"data must be larger than 0 and less than {_MOST[self.kind]} bytes"
            raise invalid(f"{self.kind} {words}")
        if any(piece.spec["Name"] == name for piece in self.pieces.values()):
            raise taken(f"{self.kind} {name} already exists")
        spec = {"Name": name, "Labels": dict(posted.get("Labels") or {})}
        if self.kind == "config":
            spec["Data"] = posted["Data"]
        now = self._world.timeline.now
        made = Piece(
            id=self._world.new_id(self.kind),
            spec=spec,
            created=now,
            updated=now,
            version=self._world.next_version(),
        )
        self.pieces[made.id] = made
        self._world.told(self.kind, "create", made.id, {"name": name})
        return made.id

    def update(self, ref: str, index: int, posted: Json) -> None:
        """Replace the labels, all that may change. Raises RefusedError."""
        piece = self.find(ref)
        if index != piece.version:
            raise out_of_sequence()
        if posted.get("Name") != piece.spec["Name"] or posted.get("Data") not in (
            None,
            piece.spec.get("Data"),
        ):
            raise invalid("only updates to Labels are allowed")
        piece.spec = {**piece.spec, "Labels": dict(posted.get("Labels") or {})}
        piece.version, piece.updated = self._world.next_version(), self._world.timeline.now
        self._world.told(self.kind, "update", piece.id, {"name": piece.spec["Name"]})

    def remove(self, ref: str) -> None:
        """Remove one that no service uses. Raises RefusedError."""
        piece = self.find(ref)
        users = [s.name for s in self._world.services.values() if piece.id in self._used(s)]
        if users:
            several = "s" if len(users) > 1 else ""
            words = f"{self.kind} '{piece.spec['Name']}' is in use by the following service"
            raise invalid(f"{words}{several}: {', '.join(users)}")
        del self.pieces[piece.id]
        self._world.told(self.kind, "remove", piece.id, {"name": piece.spec["Name"]})

    def check_references(self, spec: Json) -> None:
        """Refuse a spec that refers to what is not here. Raises RefusedError."""
        missing = [name for id_, name in self._references(spec) if id_ not in self.pieces]
        if missing:
            several = "s" if len(missing) > 1 else ""
            raise invalid(f"{self.kind}{several} not found: {', '.join(missing)}")

    def _references(self, spec: Json) -> list[tuple[str, str]]:
        title = self.kind.title()
        entries = spec["TaskTemplate"]["ContainerSpec"].get(f"{title}s") or []
        return [(entry.get(f"{title}ID", ""), entry.get(f"{title}Name", "")) for entry in entries]

    def _used(self, service: Service) -> set[str]:
        return {id_ for id_, _ in self._references(service.spec)}

    def shown(self, piece: Piece) -> Json:
        """Return what GET shows."""
        return copy.deepcopy(piece.spec)


def _size(data: object) -> int:
    try:
        return len(base64.b64decode(str(data or ""), validate=True))
    except (binascii.Error, ValueError):
        return 0
