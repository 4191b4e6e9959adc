"""/distribution: what the registry says of an image; and the images, as their manifests."""

import hashlib
import json
import re

from aiohttp import web

from playground.simulator.api.call import Call, ok
from playground.simulator.hub import Hub
from playground.simulator.model.catalog import has_tag, repository_of
from playground.simulator.model.refusals import RefusedError, not_found
from playground.simulator.model.state import Image

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_REFERENCE = re.compile(r"[a-z0-9]+([._:/@-]+[\w]+)*", re.ASCII)
_PLATFORM = {"architecture": "amd64", "os": "linux"}


async def find(call: Call) -> web.Response:
    """GET /distribution/{ref}/json."""
    name = call.ref if has_tag(call.ref) else f"{call.ref}:latest"
    _check(name)
    _dial(call.hub, name)
    image = call.simulation.images.find(name)
    if image is None:
        raise not_found("manifest unknown: manifest unknown")
    descriptor = {
        "mediaType": MANIFEST,
        "digest": image.digest,
        "size": len(manifest_of(image)),
    }
    return ok({"Descriptor": descriptor, "Platforms": [_PLATFORM]})


def _check(name: str) -> None:
    repository = repository_of(name)
    if repository != repository.lower():
        raise RefusedError(400, "invalid reference format: repository name must be lowercase")
    if not _REFERENCE.fullmatch(name):
        raise RefusedError(400, "invalid reference format")


def _dial(hub: Hub, name: str) -> None:
    """Refuse as the daemon does when the registry of an image does not answer."""
    host = name.partition("/")[0]
    if "/" not in name or not (":" in host or "." in host or host == "localhost"):
        words = "dial tcp: lookup registry-1.docker.io: no such host"
        raise RefusedError(500, f'Get "https://registry-1.docker.io/v2/": {words}')
    if host != hub.registry or hub.simulation.images.away:
        words = f"dial tcp {host}: connect: connection refused"
        raise RefusedError(500, f'Get "http://{host}/v2/": {words}')


def manifest_of(image: Image) -> bytes:
    """Return a manifest. Its layer is nowhere: nothing is ever pulled."""
    config = config_of(image)
    layer = "sha256:" + hashlib.sha256(image.digest.encode()).hexdigest()
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": _CONFIG, "size": len(config), "digest": digest_of_blob(config)},
        "layers": [{"mediaType": _LAYER, "size": image.size, "digest": layer}],
    }
    return json.dumps(content).encode()


def config_of(image: Image) -> bytes:
    """Return an image's config, which says when it was built."""
    created = {"created": image.created.isoformat()} if image.created else {}
    return json.dumps({**_PLATFORM, **created}).encode()


def digest_of_blob(blob: bytes) -> str:
    """Return a blob's digest."""
    return "sha256:" + hashlib.sha256(blob).hexdigest()
