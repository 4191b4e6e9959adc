"""The Engine over TLS: its own CA counts, and nobody else's."""

import datetime as dt
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.ports import EngineUnavailableError
from workers.engine.address import EngineAddress, open_client

DAY = dt.timedelta(days=1)
_PEM = serialization.Encoding.PEM


class Authority:
    """Signs certificates; its own is the file `ca.pem` of a directory."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.dir = directory
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ca")])
        self._key = ec.generate_private_key(ec.SECP256R1())
        authority = x509.BasicConstraints(ca=True, path_length=None)
        own = self._signed(self._name, self._key, authority)
        (directory / "ca.pem").write_bytes(own)

    def issue(self, name: str) -> None:
        """Write `NAME.pem` for localhost, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        local = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        (self.dir / f"{name}.pem").write_bytes(self._signed(subject, key, local))
        secret = key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.dir / ("key.pem" if name == "cert" else f"{name}-key.pem")).write_bytes(secret)

    def _signed(self, subject: x509.Name, key: Any, extension: x509.ExtensionType) -> bytes:
        now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the certificates' own clock
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(extension, critical=True)
        )
        return made.sign(self._key, hashes.SHA256()).public_bytes(_PEM)


class _Version(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"ApiVersion": "1.41", "MinAPIVersion": "1.12"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "ours")
    for name in ("server", "cert"):
        made.issue(name)
    return made


@pytest.fixture
def engine(ours: Authority) -> Iterator[str]:
    """An engine's /version behind TLS, for who has a certificate of ours; yields DOCKER_HOST."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(ours.dir / "ca.pem"))
    context.load_cert_chain(ours.dir / "server.pem", ours.dir / "server-key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = HTTPServer(("127.0.0.1", 0), _Version)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"tcp://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_engines_own_ca_counts_whatever_else_the_machine_trusts(
    engine: str, ours: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Authority(tmp_path / "theirs").dir / "ca.pem"))
    monkeypatch.setenv("NO_PROXY", "localhost")
    client = open_client(EngineAddress(host=engine, tls_verify=True, cert_path=str(ours.dir)))
    assert client.api_version == "1.41"
    client.close()


def test_an_engine_of_another_ca_is_not_believed(
    engine: str, ours: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ours.dir / "ca.pem"))
    monkeypatch.setenv("NO_PROXY", "localhost")
    theirs = Authority(tmp_path / "theirs")
    theirs.issue("cert")
    with pytest.raises(EngineUnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
        open_client(EngineAddress(host=engine, tls_verify=True, cert_path=str(theirs.dir)))
