"""A Redis outside of Waggle, that a test can kill and start again."""

import subprocess
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from bot.adapters.valkey import server_binary
from tests.waiting import eventually


class OwnRedis:
    """A Redis outside of Waggle, append-only, that can be killed and started."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "own.sock"
        self.url = f"unix://{self.socket}"
        self._dir = directory
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process, if it has been started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = {"port": "0", "unixsocket": str(self.socket), "dir": str(self._dir)}
        words |= {"appendonly": "yes", "save": "", "maxmemory-policy": "noeviction"}
        options = [word for key, value in words.items() for word in (f"--{key}", value)]
        self._process = subprocess.Popen(
            [str(server_binary()), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        eventually(self._answers, "a Redis")

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        with Redis.from_url(self.url, retry=None) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False
