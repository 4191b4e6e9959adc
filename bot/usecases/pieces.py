"""Secrets and configs that a spec names, and which of them are new to its service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.jsontypes import Spec
from bot.domain.observation import PieceView
from bot.domain.policy import Piece


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Some secrets and configs, each with its kind."""

    known: tuple[tuple[str, PieceView], ...] = ()

    @classmethod
    def of(cls, secrets: Mapping[str, PieceView], configs: Mapping[str, PieceView]) -> Pieces:
        """Return these."""
        named = (("secret", secrets), ("config", configs))
        return cls(known=tuple((kind, one) for kind, some in named for one in some.values()))

    def with_one(self, kind: str, view: PieceView) -> Pieces:
        """Return them and one more."""
        return Pieces(known=(*self.known, (kind, view)))

    def ids(self, kind: str) -> dict[str, str]:
        """Return name → id of those of a kind."""
        return {view.name: view.id for each, view in self.known if each == kind}

    def new_to(self, present: Spec | None) -> tuple[Piece, ...]:
        """Return those that a service of this spec does not hold yet, as the rules see them."""
        held = _held(present or {})
        return tuple(
            Piece(kind=kind, name=view.name, labels=dict(view.labels))
            for kind, view in {view.id: (kind, view) for kind, view in self.known}.values()
            if view.id not in held
        )


def _held(spec: Spec) -> set[str]:
    container = (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}
    return {
        str(entry.get(f"{title}ID"))
        for title in ("Secret", "Config")
        for entry in container.get(f"{title}s") or ()
    }
