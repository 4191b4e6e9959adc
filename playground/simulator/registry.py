"""The registry's HTTP API, as far as tags and manifests go.

https://distribution.github.io/distribution/spec/api/
"""

from typing import Any

from aiohttp import web

from playground.simulator.api.call import hang_up
from playground.simulator.api.distribution import MANIFEST, config_of, digest_of_blob, manifest_of
from playground.simulator.hub import Hub
from playground.simulator.model.state import Image

_ABOUT = {"Docker-Distribution-Api-Version": "registry/2.0"}


class Registry:
    """Serves a hub's images: `aiohttp.web.AppRunner(Registry(hub).app)`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.app = web.Application()
        add = self.app.router.add_get
        add("/v2/", self._root)
        add("/v2/_catalog", self._catalog)
        add("/v2/{name:.+}/tags/list", self._tags)
        add("/v2/{name:.+}/manifests/{tag}", self._manifest)  # HEAD comes with it
        add("/v2/{name:.+}/blobs/{digest}", self._blob)

    async def _root(self, request: web.Request) -> web.Response:
        return await self._answer(request, 200, {})

    async def _catalog(self, request: web.Request) -> web.Response:
        prefix = f"{self._hub.registry}/"
        every = sorted(self._hub.simulation.images.repositories())
        ours = [name.removeprefix(prefix) for name in every if name.startswith(prefix)]
        return await self._answer(request, 200, {"repositories": ours})

    async def _tags(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        known = self._known(name)
        if not known:
            detail = {"name": name}
            return await self._missing(
                request, "NAME_UNKNOWN", "repository name not known to registry", detail
            )
        return await self._answer(request, 200, {"name": name, "tags": list(known)})

    async def _manifest(self, request: web.Request) -> web.Response:
        tag = request.match_info["tag"]
        known = self._known(request.match_info["name"])
        image = known.get(tag) or next((i for i in known.values() if i.digest == tag), None)
        if image is None:
            return await self._missing(
                request, "MANIFEST_UNKNOWN", "manifest unknown", {"Tag": tag}
            )
        if self._hub.simulation.images.away:
            return await hang_up(request)
        headers = {**_ABOUT, "Docker-Content-Digest": image.digest, "Etag": f'"{image.digest}"'}
        return web.Response(body=manifest_of(image), content_type=MANIFEST, headers=headers)

    async def _blob(self, request: web.Request) -> web.Response:
        """Answer with an image's config: no other blob is anywhere."""
        digest = request.match_info["digest"]
        configs = map(config_of, self._known(request.match_info["name"]).values())
        config = next((each for each in configs if digest_of_blob(each) == digest), None)
        if config is None:
            detail = {"digest": digest}
            return await self._missing(request, "BLOB_UNKNOWN", "blob unknown to registry", detail)
        if self._hub.simulation.images.away:
            return await hang_up(request)
        return web.Response(body=config, content_type="application/octet-stream", headers=_ABOUT)

    def _known(self, name: str) -> dict[str, Image]:
        return self._hub.simulation.images.known(f"{self._hub.registry}/{name}")

    async def _missing(
        self, request: web.Request, code: str, words: str, detail: dict[str, str]
    ) -> web.Response:
        error = {"code": code, "message": words, "detail": detail}
        return await self._answer(request, 404, {"errors": [error]})

    async def _answer(self, request: web.Request, status: int, body: Any) -> web.Response:
        if self._hub.simulation.images.away:
            return await hang_up(request)
        return web.json_response(body, status=status, headers=_ABOUT)
