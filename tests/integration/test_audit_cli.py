"""`waggle audit`: what it says, and its exit status."""

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from typer.testing import CliRunner

from bot.adapters import keys
from bot.adapters.audit_chain import AuditChain
from bot.adapters.audit_log import RedisAuditLog
from bot.adapters.audit_mirror import FileMirror
from bot.adapters.clock import SystemClock
from bot.adapters.redis_client import connect
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.valkey import EmbeddedValkey
from bot.cli import app
from bot.domain.audit import Head, What, audited, from_line
from bot.ports import Transaction
from config.audit_settings import NAMES, load_audit
from tests.contract import samples

SECRET = "a secret of thirty-two characters"
ROOT = Path(__file__).parents[2]


class Shell:
    """A log with ten entries and its copy, and the command line."""

    def __init__(self, redis: Redis, url: str, data: Path) -> None:
        self.redis, self.data = redis, data
        self.environ = {"WAGGLE_SECRET": SECRET, "REDIS_URL": url, "WAGGLE_DATA": str(data)}
        chain = AuditChain(load_audit(self.environ).key, SystemClock())
        self.store = RedisRecordStore(redis, chain)
        self.log = RedisAuditLog(redis)
        for number in range(10):
            self.write(f"r-{number}")

    def write(self, subject: str, line: str = "scale web=3") -> None:
        entry = audited(samples.request(subject), What.DENIED, target="web", result=line)
        self.store.commit(Transaction(cluster="default", audit=(entry,)))

    def mirror(self) -> str:
        return FileMirror(self.data / "audit", self.log).keep_up()

    def prints(self, status: int, *words: str, **environ: str) -> str:
        """Run it as a person does, a process of its own; return all that it printed."""
        paths = {"PATH": os.environ["PATH"], "HOME": str(self.data)}
        done = subprocess.run(
            [sys.executable, "-m", "bot", "audit", *words],
            env={**paths, **self.environ, **environ},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr
        return done.stdout + done.stderr

    def says(self, status: int, *words: str, **environ: str) -> str:
        """Run the same in this process, which need not import it anew."""
        unset = {name: None for each in NAMES for name in (each, f"{each}_FILE")}
        told = {**unset, **self.environ, **environ}
        done = CliRunner().invoke(app, ["audit", *words], env=told, catch_exceptions=False)
        assert done.exit_code == status, done.output
        assert SECRET not in done.output
        return done.output


@pytest.fixture
def shell(server: EmbeddedValkey, tmp_path: Path) -> Iterator[Shell]:
    client = connect(server.url)
    client.flushall()
    yield Shell(client, server.url, tmp_path)
    client.close()


def test_a_whole_log_its_copy_and_a_posted_head(shell: Shell) -> None:
    shell.mirror()
    posted = shell.log.head().hash
    shell.write("r-10")
    for told in (
        shell.says(0, "verify", "--head", posted),
        shell.prints(0, "verify", "--head", posted),
    ):
        assert "ok: Redis: 11 entries, unbroken" in told
        assert "10 entries, the same as in Redis" in told


def test_the_status_of_the_process_tells_a_broken_log_from_what_prevents_a_look(
    shell: Shell,
) -> None:
    shell.redis.delete(keys.AUDIT_HEAD)
    assert "the head beside the log is gone" in shell.prints(1, "verify")
    assert "WAGGLE_SECRET or SLACK_BOT_TOKEN: missing" in shell.prints(
        2, "verify", WAGGLE_SECRET=""
    )


def test_where_a_cut_end_would_not_show_it_is_said(shell: Shell, tmp_path: Path) -> None:
    hint = "a cut end would not show here (no copy, no --head)"
    assert hint in shell.says(0, "verify")
    posted = shell.log.head().hash
    assert hint not in shell.says(0, "verify", "--head", posted)
    file = tmp_path / "export.jsonl"
    file.write_text(shell.says(0, "export"))
    assert hint in shell.says(0, "verify", "--file", str(file))
    assert hint not in shell.says(0, "verify", "--file", str(file), "--head", posted)
    shell.mirror()
    assert hint not in shell.says(0, "verify")


@pytest.mark.parametrize("head", ["xyz", "0" * 63])
def test_what_is_no_hash_is_a_slip_and_no_broken_log(shell: Shell, head: str) -> None:
    assert "--head: want the whole hash" in shell.says(2, "verify", "--head", head)


def test_a_changed_entry_is_named(shell: Shell) -> None:
    line = shell.log.lines(6, 1)[0]
    shell.redis.lset(keys.AUDIT, 6, line.decode().replace("denied", "posted"))
    told = shell.says(1, "verify")
    assert "BROKEN: Redis: entry 7 (" in told
    assert "r-6) was changed" in told


def test_a_cut_end_shows_by_the_copy_and_by_the_posted_head(shell: Shell) -> None:
    shell.mirror()
    posted = shell.log.head().hash
    for _ in range(3):
        shell.redis.rpop(keys.AUDIT)
    seventh = from_line(shell.log.lines(6, 1)[0])
    shell.redis.hset(keys.AUDIT_HEAD, mapping={"seq": 7, "hash": seventh.hash})
    told = shell.says(1, "verify", "--head", posted)
    assert f"no entry has the hash {posted[:12]}…" in told
    assert "the log ends at entry 7, but the copy has entry 8" in told
    assert "the copy itself: unbroken to entry 10" in told
    assert "set aside" in shell.mirror()
    assert "audit.1.jsonl and Redis" in shell.says(1, "verify"), "it shows for good"


def test_a_head_that_was_removed_is_said(shell: Shell) -> None:
    shell.redis.delete(keys.AUDIT_HEAD)
    assert "the head beside the log is gone" in shell.says(1, "verify")


def test_an_export_can_be_verified_elsewhere(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text(shell.says(0, "export"))
    assert "10 entries, unbroken" in shell.says(0, "verify", "--file", str(file), REDIS_URL="")
    file.write_bytes(file.read_bytes().replace(b"r-4", b"r-5"))
    assert "entry 5 (" in shell.says(1, "verify", "--file", str(file), REDIS_URL="")


def test_a_csv_is_a_table_that_runs_nothing(shell: Shell) -> None:
    shell.write("r-10", line='=HYPERLINK("http://x","y")')
    rows = list(csv.DictReader(io.StringIO(shell.says(0, "export", "--csv"))))
    assert [row["subject"] for row in rows] == [f"r-{n}" for n in range(11)]
    assert rows[-1]["result"] == '\'=HYPERLINK("http://x","y")'
    assert rows[0]["what"] == "denied"
    assert shell.says(0, "export", "--since", "2099-01-01") == ""
    assert shell.says(0, "export", "--since", "1h").count("\n") == 11


def test_after_a_new_secret_the_old_one_is_asked_for(shell: Shell, tmp_path: Path) -> None:
    new = "another secret, just as long as it was"
    told = shell.says(1, "verify", WAGGLE_SECRET=new)
    assert "signed with another key" in told
    old = tmp_path / "old"
    old.write_text(SECRET)
    told = shell.says(0, "verify", "--old-secret-file", str(old), WAGGLE_SECRET=new)
    assert "unbroken" in told


@pytest.mark.parametrize(
    ("words", "environ", "says"),
    [
        (("verify",), {"WAGGLE_SECRET": ""}, "WAGGLE_SECRET or SLACK_BOT_TOKEN: missing"),
        (("verify",), {"REDIS_URL": "http://x"}, "REDIS_URL: want"),
        (("verify",), {"REDIS_URL": "unix:///nowhere/x.sock"}, "Redis does not answer"),
        (("verify", "--file", "/nowhere"), {}, "No such file"),
        (("verify", "--old-secret-file", "/nowhere"), {}, "cannot read"),
        (("export", "--since", "soon"), {}, "--since soon"),
    ],
)
def test_what_prevents_a_look_is_status_2(
    shell: Shell, words: tuple[str, ...], environ: dict[str, str], says: str
) -> None:
    assert says in shell.says(2, *words, **environ)


def test_a_bent_line_is_left_to_verify(shell: Shell) -> None:
    shell.redis.lset(keys.AUDIT, 3, "bent")
    assert "`waggle audit verify` names it" in shell.says(2, "export", "--csv")
    assert "entry 4 was changed" in shell.says(1, "verify")


def test_the_embedded_store_is_looked_at_when_redis_url_is_unset(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path)
    server.start()
    try:
        shell = Shell(connect(server.url), server.url, tmp_path)
        assert "Redis: 10 entries" in shell.says(0, "verify", REDIS_URL="")
        assert shell.log.head() != Head(seq=0, hash="")
    finally:
        server.stop()
