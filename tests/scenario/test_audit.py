"""The audit log from the channel's point of view, and by `waggle audit` as a process."""

from redis import Redis

from playground.workspace import Seen
from tests.scenario.audited import waggle
from tests.scenario.team import PEOPLE, Team
from tests.waiting import eventually


def lines_of(told: Seen) -> list[str]:
    return [line for line in told.text.splitlines() if " UTC · " in line]


def redis_of(team: Team) -> "Redis":
    return Redis.from_url(f"unix://{team.stage.dir}/valkey/valkey.sock")


def test_an_update_is_told_with_who_what_when_and_its_result(team: Team) -> None:
    team.creates()
    parent = team.does(f"update --image {team.image('v2')} {team.service}", who="bob")
    assert parent.state == "completed"
    told = team.asks(f"audit --by <@{PEOPLE['bob']}> {team.service}")
    lines = lines_of(told)
    words = [line.split(" · ")[2].strip("*") for line in lines]
    assert words == ["completed", "posted", "started", "planned", "accepted"]
    assert "revision 2" in lines[0]
    assert "by the steward" in lines[0]
    assert f"by <@{PEOPLE['bob']}> (slash)" in lines[-1]
    assert f"update --image {team.image('v2')} {team.service}" in lines[-1]
    assert team.asks(f"audit --since 1s no-{team.service}").text.startswith("No audit entries")


def test_a_change_in_redis_is_found_and_named_and_the_copy_is_kept(team: Team) -> None:
    team.creates()
    whole = waggle(team.stage, "verify")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert "ok: Redis: " in whole.stdout
    eventually(
        lambda: "the same as in Redis" in waggle(team.stage, "verify").stdout, "it is copied"
    )
    with redis_of(team) as redis:
        at = int(redis.llen("waggle:audit")) - 2
        line = bytes(redis.lindex("waggle:audit", at) or b"")
        redis.lset("waggle:audit", at, line.replace(b'"who":{', b'"who": {'))
        try:
            broken = waggle(team.stage, "verify")
        finally:
            redis.lset("waggle:audit", at, line)
    assert broken.returncode == 1
    assert f"BROKEN: Redis: entry {at + 1} (" in broken.stdout
    assert "was changed" in broken.stdout


def test_nothing_is_changed_while_the_copy_cannot_be_written(team: Team) -> None:
    team.creates()
    folder = team.stage.dir / "audit"
    folder.rename(team.stage.dir / "audit.away")
    try:
        folder.write_text("a file where the copies should be")
        told = team.asks(f"scale {team.service}=2")
        assert "audit log's copy" in told.text
        assert team.replicas() == 1
    finally:
        folder.unlink()
        (team.stage.dir / "audit.away").rename(folder)
    team.does(f"scale {team.service}=2")
    assert team.replicas() == 2
