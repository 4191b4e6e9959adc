"""Redis, Slack or the worker away: said in time, borne, and over when they are back."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from redis import Redis
from redis.exceptions import RedisError

from bot.adapters.redis_closed_channels import RedisClosedChannels
from bot.adapters.redis_store import RedisRecordStore
from bot.adapters.valkey import server_binary
from bot.domain.rollout.record import Rollout
from playground.stage import free_port
from playground.workspace.client import Ack
from tests.integration.front_bed import FrontBed, front
from tests.waiting import eventually


class OwnValkey:
    """A server that a test may stop, freeze and start again."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._dir = directory
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--appendonly", "yes"]
        self._process = subprocess.Popen(
            [str(server_binary()), *options, "--dir", str(self._dir)], stdout=subprocess.DEVNULL
        )
        eventually(self._answers)

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url, retry=None) as redis:
                return bool(redis.ping())
        except RedisError:
            return False

    def send(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)


@contextmanager
def with_own_valkey(directory: Path) -> Iterator[tuple[FrontBed, OwnValkey]]:
    valkey = OwnValkey(directory)
    valkey.start()
    try:
        with front(REDIS_URL=valkey.url) as bed:
            yield bed, valkey
    finally:
        valkey.kill()


def scale(bed: FrontBed, service: str) -> Ack:
    return bed.client.type("ann", "#ops", f"/swarm scale {service}=3")


def accepted(bed: FrontBed) -> bool:
    return "Understood" in (scale(bed, "back").shown or "")


def test_redis_dead_is_said_in_time_and_over_when_it_is_back(tmp_path: Path) -> None:
    with with_own_valkey(tmp_path) as (bed, valkey):
        valkey.kill()
        ack = scale(bed, "web")
        assert ack.status == "ok"
        assert ack.seconds < 3
        assert "Redis" in (ack.shown or "")
        assert "redis: no answer" in bed.problems()
        assert bed.get("/healthz").status_code == 200
        assert bed.get("/metrics").status_code == 200
        help_ = bed.client.type("ann", "#ops", "/swarm help")
        assert "What can be asked" in (help_.shown or "")
        valkey.start()
        eventually(lambda: accepted(bed))
        assert "redis: no answer" not in bed.problems()


@pytest.mark.parametrize("how", ["dead", "hung"])
def test_a_change_typed_while_redis_is_away_is_told_what_is_known(tmp_path: Path, how: str) -> None:
    with with_own_valkey(tmp_path) as (bed, valkey):
        assert accepted(bed)
        if how == "dead":
            valkey.kill()
        else:
            valkey.send(signal.SIGSTOP)
        ack = scale(bed, "web")
        assert ack.seconds < 3
        assert ack.body["response_type"] == "ephemeral"
        assert ack.shown == (
            "Waggle could not record your command: its store (Redis) does not answer. "
            "Most likely nothing was started. Look with `/swarm rollouts`, then try again."
        )
        if how == "hung":
            return  # it may be recorded yet: then that is said, as another test shows
        valkey.start()
        with Redis.from_url(valkey.url) as redis:
            store = RedisRecordStore(redis)
            known = store.get_many(Rollout, store.open_ids("default", Rollout))
        assert {stored.value.service for stored in known} == {"back"}


def test_a_mention_is_answered_though_redis_is_dead(tmp_path: Path) -> None:
    with with_own_valkey(tmp_path) as (bed, valkey):
        valkey.kill()
        bed.client.mention("ann", "#ops", "scale web=3")
        said = bed.client.wait_for(lambda m: m.ephemeral_to == "U0ANN", channel="#ops")
        assert "Redis" in said.text


def test_a_redis_that_swallows_everything_still_leaves_every_ack_in_time(tmp_path: Path) -> None:
    with with_own_valkey(tmp_path) as (bed, valkey):
        scale(bed, "first")
        valkey.send(signal.SIGSTOP)
        with ThreadPoolExecutor(48) as pool:
            acks = list(pool.map(lambda n: scale(bed, f"w{n}"), range(48)))
        assert {ack.status for ack in acks} == {"ok"}
        assert max(ack.seconds for ack in acks) < 3
        assert not any("Understood" in (ack.shown or "") for ack in acks)
        began = time.monotonic()
        assert "redis: no answer" in bed.problems()
        assert time.monotonic() - began < 10
        valkey.send(signal.SIGCONT)
        eventually(lambda: accepted(bed))


def test_what_was_recorded_after_the_ack_gave_up_is_said_afterwards(tmp_path: Path) -> None:
    with with_own_valkey(tmp_path) as (bed, valkey):
        scale(bed, "first")
        valkey.send(signal.SIGSTOP)
        ack = scale(bed, "late")
        assert "could not record" in (ack.shown or "")
        valkey.send(signal.SIGCONT)
        said = bed.client.wait_for(lambda m: "after all" in m.text, channel="#ops", timeout=15)
        assert said.ephemeral_to == "U0ANN"
        assert "scale late=3" in said.text


def test_a_killed_embedded_valkey_comes_back_with_its_data() -> None:
    with front() as bed:
        scale(bed, "kept")
        (pid,) = [p for p in bed.valkey_pids() if p != getattr(bed.process, "pid", 0)]
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: accepted(bed))
        assert "kept" in {rollout.service for rollout in bed.rollouts()}


@pytest.mark.parametrize("mode", ["refuse", "503"])
@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])
def test_slack_away_at_the_start_is_waited_out(mode: str, *, socket_mode: bool) -> None:
    with front(socket_mode=socket_mode, started=False) as bed:
        bed.client.down(mode=mode)
        bed.start()
        eventually(lambda: any(problem.startswith("slack: ") for problem in bed.problems()))
        assert bed.get("/readyz").status_code == 503
        assert bed.get("/healthz").status_code == 200
        time.sleep(1.5)
        bed.client.up()
        eventually(bed.serves)
        assert "Understood" in (scale(bed, "web").shown or "")
        assert "Traceback" not in bed.log()


def test_a_command_before_slack_has_confirmed_us_is_refused_in_its_ack() -> None:
    with front(started=False) as bed:
        bed.client.fault("http_error", "auth.test", count=None, word="500")
        bed.start()
        ack = scale(bed, "early")
        assert "just started" in (ack.shown or "")
        assert ack.body["response_type"] == "ephemeral"
        bed.client.clear()
        eventually(bed.serves)
        assert not bed.rollouts()


@pytest.mark.parametrize("word", ["invalid_auth", "token_revoked", "account_inactive"])
def test_a_token_that_slack_refuses_is_named(word: str) -> None:
    with front(started=False) as bed:
        bed.client.fault("error", "auth.test", count=None, word=word)
        bed.start()
        eventually(lambda: f"slack: {word}" in bed.problems())
        assert bed.get("/readyz").status_code == 503


def test_a_token_revoked_later_makes_it_unready_soon() -> None:
    with front() as bed:
        bed.client.fault("error", "auth.test", count=None, word="token_revoked")
        eventually(lambda: "slack: token_revoked" in bed.problems())


@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])
def test_ready_means_fresh_workers_and_a_steward_of_every_known_cluster(
    *, socket_mode: bool
) -> None:
    with front(socket_mode=socket_mode) as bed:
        missing = "cluster default: no fresh heartbeat of a "
        queries, rollouts = missing + "queries worker", missing + "rollouts worker"
        assert bed.problems() == [queries, rollouts, missing + "steward"]
        bed.beat("queries")
        assert bed.problems() == [rollouts, missing + "steward"]
        bed.beat("rollouts")
        assert bed.problems() == [missing + "steward"]
        bed.beat("steward", seconds=2)
        answer = bed.get("/readyz")
        ready = {"ok": True, "problems": [], "warnings": []}
        assert (answer.status_code, answer.json()) == (200, ready)
        bed.beat("queries", "rollouts", cluster="eu")
        assert bed.problems() == ["cluster eu: no fresh heartbeat of a steward"]
        eventually(lambda: missing + "steward" in bed.problems())
        metrics = bed.get("/metrics").text
        assert 'waggle_heartbeats{cluster="eu",role="rollouts"} 1.0' in metrics


def test_a_channel_that_cannot_be_told_of_rollouts_is_a_warning_only() -> None:
    with front() as bed:
        bed.beat("queries", "rollouts", "steward")
        with bed.redis() as redis:
            RedisClosedChannels(redis).close("C9", "is_archived")
        answer = bed.get("/readyz")
        assert answer.status_code == 200
        assert answer.json()["warnings"] == [
            "channel C9: is not told of rollouts, Slack says is_archived"
        ]


def test_one_swarm_of_another_name_is_enough_to_be_ready() -> None:
    with front() as bed:
        bed.beat("queries", "rollouts", "steward", cluster="eu")
        assert bed.problems() == []


def test_slack_requests_have_no_door_in_socket_mode() -> None:
    with front(socket_mode=True) as bed:
        assert bed.post(b"x", bed.signed(b"x")).status_code == 404
        assert isinstance(bed.get("/healthz"), requests.Response)
