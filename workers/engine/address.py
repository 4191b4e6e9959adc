"""Where the Engine is, as the docker CLI is told, and a client for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException
from docker.tls import TLSConfig

from bot.ports import EngineUnavailableError

CONNECT_TIMEOUT = 5.0
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class EngineAddress:
    """The values of DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH.

    Attributes:
        host: `unix://…` or `tcp://…`; empty: the local socket.
        tls_verify: speak TLS and check the server's certificate.
        cert_path: directory with ca.pem, cert.pem and key.pem; empty: ~/.docker.
    """

    host: str = ""
    tls_verify: bool = False
    cert_path: str = ""


class _Client(docker.APIClient):
    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        # else REQUESTS_CA_BUNDLE wins over the Engine's own CA (psf/requests#3829)
        own = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, own, cert)


def open_client(address: EngineAddress) -> docker.APIClient:
    """Open a client that speaks the Engine's own API version.

    An older version would silently drop the fields it does not know from a spec.

    Raises:
        EngineUnavailableError: nobody answers there.
    """
    try:
        return _Client(
            base_url=address.host or None,
            version="auto",
            timeout=int(CONNECT_TIMEOUT),
            tls=_tls(address) if address.tls_verify else False,
        )
    except (DockerException, OSError) as error:
        raise EngineUnavailableError(f"the Docker Engine does not answer: {error}") from error


def _tls(address: EngineAddress) -> TLSConfig:
    place = Path(address.cert_path) if address.cert_path else Path.home() / ".docker"
    pair = (str(place / "cert.pem"), str(place / "key.pem"))
    has_pair = all(Path(part).exists() for part in pair)
    return TLSConfig(
        client_cert=pair if has_pair else None, ca_cert=str(place / "ca.pem"), verify=True
    )
