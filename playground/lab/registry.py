"""The registry: open on port 5000, behind a password on port 5001, one store under both."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path

from playground.lab import processes
from playground.lab.network import Network

OPEN, PRIVATE = 5000, 5001
USER, PASSWORD = "bee", "waggle"  # of the private port; no secret: it never leaves this machine
# docker-registry takes bcrypt only, which the standard library does not make
_HTPASSWD = "$2b$04$ENGmkl4jzH8YVqu7gwHTYu8cNpmSdpHWFxFzfX/tcTRLpi92XJU.y"
MARK = "serve"  # of our processes: followed by a path below the lab


@dataclass(frozen=True, slots=True)
class Registry:
    """A machine of its own in the lab, so that no port of this machine is taken."""

    lab: Path
    network: Network

    @property
    def address(self) -> str:
        """Where it listens, without a port."""
        return self.network.address("r")

    def start(self) -> None:
        """Start both servers."""
        (self.lab / "registry").mkdir(mode=0o700, exist_ok=True)
        password_file = self.lab / "htpasswd"
        password_file.write_text(f"{USER}:{_HTPASSWD}\n")
        login = {"htpasswd": {"realm": "waggle", "path": str(password_file)}}
        self.network.plug("r")
        for port, auth in ((OPEN, {}), (PRIVATE, login)):
            self._serve(port, auth)

    def _serve(self, port: int, auth: dict[str, dict[str, str]]) -> None:
        root = {"rootdirectory": str(self.lab / "registry")}
        settings = {
            "version": "0.1",
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": root, "delete": {"enabled": True}},
            "http": {"addr": f"{self.address}:{port}", "secret": "lab"},
        } | ({"auth": auth} if auth else {})
        self._config(port).write_text(json.dumps(settings))  # JSON is YAML too
        enter = ["nsenter", f"--net={self.network.namespace('r')}"]
        command = [*enter, "docker-registry", MARK, str(self._config(port))]
        processes.spawn(command, self.lab / "registry.log")

    def _config(self, port: int) -> Path:
        return self.lab / f"registry-{port}.yml"

    def answers(self) -> bool:
        """Tell whether both ports take connections."""
        try:
            for port in (OPEN, PRIVATE):
                socket.create_connection((self.address, port), timeout=1).close()
        except OSError:
            return False
        return True
