"""Back to any revision, whole, at the rollback's own pace, and never to a bad one by itself."""

from playground.workspace import Seen
from tests.scenario.team import Team, payload, without_labels
from tests.waiting import eventually

SECOND = 1_000_000_000  # in the Engine's unit


def _to(team: Team, tag: str, more: str = "") -> Seen:
    return team.does(f"update {more} --image {team.image(tag)} {team.service}")


def test_back_to_any_revision_whole(team: Team) -> None:
    team.makes("--replicas", "1")
    first = team.spec()
    _to(team, "v2", "--env-add A=b")
    _to(team, "v3", "--replicas 3")
    parent = team.does(f"rollback --to 1 {team.service}", "rolled_back")
    assert payload(parent)["kind"] == "rollback"
    assert (payload(parent)["from_revision"], payload(parent)["to_revision"]) == (3, 1)
    assert without_labels(team.spec()) == without_labels(first), "UpdateConfig is restored, too"
    assert "replicas `3` → `1`" in parent.text
    team.does(f"rollback --to 3 {team.service}", "rolled_back")
    assert (team.tag(), team.replicas()) == ("v3", 3)
    assert "current is 3" in team.asks(f"history {team.service}").text


def test_the_replicas_can_be_kept(team: Team) -> None:
    team.makes("--replicas", "1")
    _to(team, "v2", "--replicas 3")
    team.does(f"rollback --keep-replicas {team.service}", "rolled_back")
    assert (team.tag(), team.replicas()) == ("v1", 3)


def test_twice_in_a_row_does_not_return_to_the_bad_one(team: Team) -> None:
    team.makes()
    _to(team, "v2")
    _to(team, "v3")
    team.does(f"docker service update --rollback {team.service}", "rolled_back")
    assert team.tag() == "v2"
    team.does(f"docker service rollback {team.service}", "rolled_back")
    assert team.tag() == "v1"
    answer = team.asks(f"rollback {team.service}")
    assert "no good revision" in answer.text
    assert "--to" in answer.text
    team.does(f"rollback --to 3 {team.service}", "rolled_back")
    assert team.tag() == "v3"


def test_it_runs_at_the_pace_of_the_rollback_and_the_update_config_comes_back(team: Team) -> None:
    pace = "--update-parallelism 1 --update-delay 7s --rollback-parallelism 2 --rollback-delay 1s"
    team.makes("--replicas", "2", *pace.split())
    config = team.spec()["UpdateConfig"]
    _to(team, "v2", "--update-delay 0s --update-parallelism 0")
    assert team.spec()["UpdateConfig"] != config
    parent = team.begins(f"rollback {team.service}")
    posted = {**config, "Parallelism": 2, "Delay": SECOND}
    eventually(lambda: team.spec()["UpdateConfig"] == posted, "the pace of the rollback")
    team.rests(parent, "rolled_back")
    assert team.spec()["UpdateConfig"] == config


def test_an_unknown_revision_and_the_present_one_are_refused(team: Team) -> None:
    team.makes()
    _to(team, "v2")
    assert "no revision 9 (known: 1 to 2)" in team.asks(f"rollback --to 9 {team.service}").text
    assert "at revision 2 already" in team.asks(f"rollback --to 2 {team.service}").text


def test_a_rollback_that_crashes_pauses_too_and_can_be_aborted(team: Team) -> None:
    team.makes()
    team.does(
        f"update --update-monitor 2s --rollback-monitor 2s --image {team.image('crash')} "
        f"{team.service}",
        "paused",
    )
    team.asks(f"abort {team.service}")
    _to(team, "v2")
    parent = team.does(f"rollback --to 2 {team.service}", "paused")
    assert "crash: no database" in team.note(parent, "paused").text
    assert "Roll back" not in parent.buttons
    team.clicks(parent, "Abort")
    team.rests(parent, "aborted")


def test_history_and_diff_tell_what_changed(team: Team) -> None:
    team.makes()
    _to(team, "v2", "--label-add tier=web")
    told = team.asks(f"history {team.service}").text
    assert "current is 2" in told
    assert "found, made by another tool" in told
    differs = team.asks(f"diff {team.service} 1 2").text
    assert "tier" in differs
    assert "v1" in differs
    back = team.asks(f"diff {team.service} 2 1").text
    assert back != differs
    assert "no difference" in team.asks(f"diff {team.service} 2").text
    assert "no revision 7" in team.asks(f"diff {team.service} 1 7").text


def test_a_job_goes_back_without_a_pace(team: Team) -> None:
    line = f"create --mode replicated-job --name {team.service} --restart-condition none"
    team.does(f"{line} {team.image('v1')} true")
    _to(team, "v2")
    team.does(f"rollback {team.service}", "rolled_back")
    assert team.tag() == "v1"
