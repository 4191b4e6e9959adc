"""The images of the lab: written straight into the registry, a layer of busybox and a page.

Not by `docker build`: that needs an engine that is up, and takes half a second an image.
https://distribution.github.io/distribution/spec/manifest-v2-2/
"""

import gzip
import hashlib
import http.client
import io
import json
import platform
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.lab.errors import LabError

_APPLETS = (
    *("sh", "cat", "date", "echo", "env", "false", "grep", "head", "hostname", "httpd", "id"),
    *("kill", "ls", "mkdir", "nc", "nslookup", "ps", "rm", "sleep", "tail", "test", "touch"),
    *("true", "wget"),
)
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
_SECOND = 1_000_000_000
_SERVE = ["httpd", "-f", "-p", "80", "-h", "/www"]
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def _shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def _probe(*command: str) -> dict[str, Any]:
    return {
        "Test": ["CMD", *command],
        "Interval": _SECOND,
        "Timeout": 2 * _SECOND,
        "Retries": 2,
    }


def images() -> dict[str, dict[str, Any]]:
    """Return tag → what its image's config has besides the usual, all of repository `httpd`."""
    serving = {tag: {"Cmd": _SERVE} for tag in ("v1", "v2", "v3", "2.2", "2.4", "latest")}
    crash = "sleep 0.2; echo 'crash: no database at db:5432' >&2; exit 1"
    sick = f"{' '.join(_SERVE)} & sleep 3; echo 'sick: lost the session store' >&2; exit 3"
    wget = _probe("wget", "-qO-", "http://127.0.0.1/")
    return serving | {
        "crash": {"Cmd": _shell(crash)},
        "sick": {"Cmd": _shell(sick)},
        "health": {"Cmd": _SERVE, "Healthcheck": wget},
        "unhealthy": {"Cmd": _SERVE, "Healthcheck": _probe("false")},
    }


@dataclass(frozen=True, slots=True)
class _Blob:
    content: bytes
    unpacked: str = ""  # digest of a layer before compression

    @property
    def digest(self) -> str:
        return _digest(self.content)


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _layer(files: dict[str, bytes | str]) -> _Blob:
    """Pack files (bytes) and links (text) so that equal files give an equal digest."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    raw = packed.getvalue()
    return _Blob(gzip.compress(raw, compresslevel=1, mtime=0), _digest(raw))


def _system(busybox: Path) -> _Blob:
    files: dict[str, bytes | str] = {"bin/busybox": busybox.read_bytes()}
    files |= {f"bin/{applet}": "busybox" for applet in _APPLETS}
    files["etc/passwd"] = b"root:x:0:0::/:/bin/sh\nwww-data:x:33:33::/www:/bin/sh\n"
    files["etc/group"] = b"root:x:0:\nwww-data:x:33:\n"
    return _layer(files)


def _config(special: dict[str, Any], layers: list[_Blob]) -> _Blob:
    machine = platform.machine()
    content = {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {
            "Env": ["PATH=/bin"],
            "ExposedPorts": {"80/tcp": {}},
            "StopSignal": "SIGKILL",  # busybox httpd as PID 1 ignores SIGTERM: 10 s a stop
            **special,
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.unpacked for layer in layers]},
    }
    return _Blob(json.dumps(content).encode())


def _entry(media_type: str, blob: _Blob) -> dict[str, Any]:
    return {"mediaType": media_type, "size": len(blob.content), "digest": blob.digest}


class _Pusher:
    def __init__(self, address: str, port: int) -> None:
        self._http = http.client.HTTPConnection(address, port, timeout=20)

    def _send(self, method: str, url: str, body: bytes = b"", kind: str = "") -> str:
        self._http.request(method, url, body, {"Content-Type": kind} if kind else {})
        response = self._http.getresponse()
        words = response.read()
        if response.status not in (201, 202):
            raise LabError(f"the registry refused {method} {url}: {words.decode()}")
        return response.getheader("Location", "")

    def blob(self, blob: _Blob) -> None:
        place = self._send("POST", "/v2/httpd/blobs/uploads/")
        mark = "&" if "?" in place else "?"
        url = f"{place}{mark}digest={blob.digest}"
        self._send("PUT", url, blob.content, "application/octet-stream")

    def manifest(self, tag: str, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self._send("PUT", f"/v2/httpd/manifests/{tag}", body, _MANIFEST)

    def close(self) -> None:
        self._http.close()


def push_all(address: str, port: int, busybox: Path) -> None:
    """Write all images to the registry.

    Raises:
        LabError: if the registry refuses or does not answer.
    """
    pusher, system = _Pusher(address, port), _system(busybox)
    try:
        pusher.blob(system)
        for tag, special in images().items():
            _push(pusher, system, tag, special)
    except (OSError, http.client.HTTPException) as error:
        raise LabError(f"the registry at {address}:{port} does not answer: {error}") from error
    finally:
        pusher.close()


def _push(pusher: _Pusher, system: _Blob, tag: str, special: dict[str, Any]) -> None:
    page = _layer({"www/index.html": f"{tag}\n".encode()})
    config = _config(special, [system, page])
    pusher.blob(page)
    pusher.blob(config)
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _entry(_CONFIG, config),
        "layers": [_entry(_LAYER, system), _entry(_LAYER, page)],
    }
    pusher.manifest(tag, manifest)
