"""/secrets and /configs: the same but for one word."""

from aiohttp import web

from playground.simulator.api.call import Call, done, ok
from playground.simulator.api.filters import begins, has_labels
from playground.simulator.api.shapes import piece_json
from playground.simulator.model.vault import Vault

_FILTERS = {"secret": ("id", "label", "name", "names"), "config": ("id", "label", "name")}


class Pieces:
    """The endpoints of one kind, `secret` or `config`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def _vault(self, call: Call) -> Vault:
        simulation = call.simulation
        return simulation.secrets if self.kind == "secret" else simulation.configs

    async def find_all(self, call: Call) -> web.Response:
        """GET /secrets."""
        filters = call.filters(_FILTERS[self.kind])
        exact = filters.get("names", [])
        found = [
            piece
            for piece in self._vault(call).pieces.values()
            if begins(piece.id, filters.get("id", []))
            and begins(piece.spec["Name"], filters.get("name", []))
            and has_labels(piece.spec["Labels"], filters.get("label", []))
            and (not exact or piece.spec["Name"] in exact)
        ]
        return ok([piece_json(piece) for piece in sorted(found, key=lambda piece: piece.id)])

    async def find(self, call: Call) -> web.Response:
        """GET /secrets/{ref}."""
        return ok(piece_json(self._vault(call).find(call.ref)))

    async def create(self, call: Call) -> web.Response:
        """POST /secrets/create."""
        body = await call.body()
        made = call.write(lambda: self._vault(call).create(body))
        return ok({"ID": made}, 201)

    async def update(self, call: Call) -> web.Response:
        """POST /secrets/{ref}/update."""
        index = call.index(self.kind)
        body = await call.body()
        call.write(lambda: self._vault(call).update(call.ref, index, body))
        return done()

    async def remove(self, call: Call) -> web.Response:
        """DELETE /secrets/{ref}."""
        call.write(lambda: self._vault(call).remove(call.ref))
        return done(204)
