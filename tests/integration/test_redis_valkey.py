"""The embedded Valkey: shared, restarted, taken over, leaking nothing."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bot.adapters.redis_client import connect
from bot.adapters.valkey import EmbeddedValkey, ValkeyError
from tests.waiting import eventually

HOLDER = """
import sys, time
from pathlib import Path
from bot.adapters.valkey import EmbeddedValkey
server = EmbeddedValkey(Path(sys.argv[1]))
server.start()
print(server.server_pid or 0, flush=True)
if sys.argv[2] == "fork":
    import os
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
if sys.argv[2] == "ending":
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # as the bot does when it has been told to end
    while server.server_pid is None:
        time.sleep(0.001)
    server.stop()
    print("ended", flush=True)
sys.stdin.read()
server.stop()
"""


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


@contextmanager
def holder(directory: Path, mode: str = "plain") -> "Iterator[tuple[subprocess.Popen[str], int]]":
    """Another process that uses the directory; yields it and its server's pid (0: not its own)."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path)
    server.start()
    yield server
    server.stop()


def test_the_socket_is_ours_alone_and_writes_are_kept(
    server: EmbeddedValkey, tmp_path: Path
) -> None:
    assert stat.S_IMODE((tmp_path / "valkey").stat().st_mode) == 0o700
    client = connect(server.url)
    settings = client.config_get("appendonly", "appendfsync", "maxmemory-policy", "port")
    client.close()
    assert settings == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "port": "0",
    }


def test_data_survives_a_stop(tmp_path: Path) -> None:
    for expected in (None, b"1"):
        server = EmbeddedValkey(tmp_path)
        server.start()
        client = connect(server.url)
        assert client.get("a") == expected
        client.set("a", 1)
        client.close()
        server.stop()
        assert server.server_pid is None


def test_a_killed_server_comes_back_with_its_data(server: EmbeddedValkey) -> None:
    client = connect(server.url)
    client.set("a", 1)
    old = server.server_pid
    assert old is not None
    os.kill(old, signal.SIGKILL)
    eventually(lambda: server.server_pid not in {None, old})
    eventually(client.ping)
    assert client.get("a") == b"1"
    client.close()


def test_one_server_for_all_and_a_survivor_takes_over(tmp_path: Path) -> None:
    with holder(tmp_path) as (process, server_pid):
        assert server_pid
        mine = EmbeddedValkey(tmp_path)
        mine.start()
        client = connect(mine.url)
        client.set("a", 1)
        assert mine.server_pid is None
        process.kill()
        eventually(lambda: is_gone(server_pid))
        eventually(lambda: mine.server_pid is not None)
        assert client.get("a") == b"1"
        client.close()
        mine.stop()


def test_a_server_that_was_begun_while_we_end_hears_that_it_is_to_end(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    server.start()
    with holder(tmp_path, "ending") as (process, _):
        server.stop()  # the other one takes over, and ends
        assert process.stdout is not None
        assert process.stdout.readline() == "ended\n"
    log = (tmp_path / "valkey" / "valkey.log").read_text(encoding="utf-8")
    assert log.count("is starting") == 2
    assert log.count("ready to exit") == 2, "one was killed"


def test_a_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    with holder(tmp_path, "fork") as (process, server_pid):
        assert server_pid
        process.kill()
        mine = EmbeddedValkey(tmp_path)
        mine.start()
        eventually(lambda: mine.server_pid is not None)
        mine.stop()


def test_a_killed_process_leaks_no_server(tmp_path: Path) -> None:
    with holder(tmp_path) as (process, server_pid):
        process.kill()
        eventually(lambda: is_gone(server_pid))


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    server = EmbeddedValkey(deep)
    server.start()
    client = connect(server.url)
    client.set("a", 1)
    client.close()
    server.stop()
    assert len(server.url) < 100
    assert (deep / "valkey" / "appendonlydir").is_dir()
    assert not server._socket.parent.exists(), "it is outside of the data's directory"


def test_the_short_directory_stays_while_another_uses_it(tmp_path: Path) -> None:
    first, second = (EmbeddedValkey(tmp_path / ("d" * 100)) for _ in "12")
    first.start()
    second.start()
    first.stop()
    assert second._socket.parent.is_dir()
    client = connect(second.url)
    eventually(client.ping)
    client.close()
    second.stop()
    assert not second._socket.parent.exists()


def test_a_directory_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ValkeyError, match="cannot use"):
        EmbeddedValkey(tmp_path / "file").start()
