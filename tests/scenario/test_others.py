"""Somebody else changes the service meanwhile: by another command, or by the docker CLI."""

from tests.scenario.team import PEOPLE, Team, payload, states_of

SLOW = "--update-parallelism 1 --update-delay 20s"


def test_an_outside_change_supersedes_and_nothing_is_overwritten(team: Team) -> None:
    team.makes("--replicas", "2")
    parent = team.begins(f"update {SLOW} --image {team.image('v2')} {team.service}")
    team.shows(parent, lambda m: "1/2 updated" in m.text)
    team.docker("service", "update", "-d", "--env-add", "BY=hand", team.service)
    ended = team.rests(parent, "superseded")
    assert "Nothing was overwritten" in ended.text
    assert "env" in ended.text
    assert "hand" not in ended.text
    assert ended.buttons == []
    assert team.spec()["TaskTemplate"]["ContainerSpec"]["Env"] == ["BY=hand"]
    assert team.note(parent, "ended").broadcast


def test_supersede_takes_over_and_both_messages_say_so(team: Team) -> None:
    team.makes("--replicas", "2")
    first = team.begins(f"update {SLOW} --image {team.image('v2')} {team.service}")
    team.shows(first, lambda m: "1/2 updated" in m.text)
    quick = "--update-delay 0s --update-parallelism 0"
    second = team.does(
        f"update --supersede {quick} --image {team.image('v3')} {team.service}", who="bob"
    )
    ended = team.rests(first, "superseded")
    assert f"<@{PEOPLE['bob']}>" in ended.text
    assert str(payload(second)["rollout_id"]) in ended.text
    assert team.running() == [team.image("v3")] * 2


def test_rollback_acts_on_the_live_rollout_and_its_message(team: Team) -> None:
    team.makes("--replicas", "2")
    parent = team.begins(f"update {SLOW} --image {team.image('v2')} {team.service}")
    team.shows(parent, lambda m: "1/2 updated" in m.text)
    team.asks(f"docker service update --rollback {team.service}", "bob")
    ended = team.rests(parent, "rolled_back")
    assert states_of(ended) == ["progressing", "rolling_back", "rolled_back"]
    assert len(team.posts()) == 1
    assert team.running() == [team.image("v1")] * 2


def test_abort_says_what_it_leaves_behind(team: Team) -> None:
    team.makes("--replicas", "2")
    parent = team.begins(f"update {SLOW} --image {team.image('v2')} {team.service}")
    team.shows(parent, lambda m: "1/2 updated" in m.text)
    assert "under rollout" in team.asks(f"rm {team.service}", "cat").text
    team.asks(f"abort {team.service}", "bob")
    ended = team.rests(parent, "aborted")
    assert f"<@{PEOPLE['bob']}> stopped following" in ended.text
    assert "1" in ended.text
    assert team.tag() == "v2"
    assert "no live rollout" in team.asks(f"abort {team.service}").text.lower()


def test_removed_by_hand_ends_failed(team: Team) -> None:
    team.makes("--replicas", "2")
    parent = team.begins(f"update {SLOW} --image {team.image('v2')} {team.service}")
    team.shows(parent, lambda m: "1/2 updated" in m.text)
    team.docker("service", "rm", team.service)
    assert "removed" in team.rests(parent, "failed").text


def test_two_people_at_once_and_one_is_refused(team: Team) -> None:
    team.makes("--replicas", "2")
    team.types(f"scale {team.service}=3", "ann")
    team.types(f"scale {team.service}=1", "bob")
    parent = team.client.wait_for(lambda m: payload(m).get("kind") == "scale", channel=team.channel)
    first = str(payload(parent)["requester"])
    (second,) = {PEOPLE["ann"], PEOPLE["bob"]} - {first}
    refused = team.client.wait_for(
        lambda m: m.ephemeral_to == second and "--supersede" in m.text, channel=team.channel
    )
    assert f"<@{first}>" in refused.text
    assert str(payload(parent)["rollout_id"]) in refused.text
    team.rests(parent)
    assert len(team.posts()) == 1
    assert team.replicas() == (3 if first == PEOPLE["ann"] else 1)
