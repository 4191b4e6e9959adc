"""What people's hands and Slack make of a line, and what is answered to a slip."""

import pytest

from playground.stage import Stage
from playground.workspace import Seen
from tests.scenario.team import PEOPLE, SHORT, Team, payload
from tests.waiting import eventually

LIKELY = [
    ("scal {s}=3", "scale"),
    ("update --replica 3 {s}", "--replicas"),
    ("docker service updat --replicas 3 {s}", "update"),
    ("node updte --availability drain n1", "node update"),
]


@pytest.mark.parametrize(("line", "meant"), LIKELY, ids=[meant for _, meant in LIKELY])
def test_a_slip_in_a_verb_or_flag_gets_a_suggestion(team: Team, line: str, meant: str) -> None:
    told = team.told(line.format(s=team.service))
    assert "id you mean" in told
    assert f"`{meant}`" in told


def test_a_slip_in_a_name_gets_a_suggestion(team: Team) -> None:
    team.makes()
    slip = team.service.replace("slip", "slpi")
    assert f"Did you mean `{team.service}`" in team.asks(f"scale {slip}=3").text
    assert f"Did you mean `{team.service}`" in team.asks(f"ps {slip}").text
    assert f"Did you mean `{team.service}`" in team.asks(f"rm {slip}").text
    assert "Did you mean `n2`" in team.asks("node inspect n22").text
    assert "Did you mean `n3`" in team.asks("node update --availability drain nn3").text
    assert team.posts() == []


def test_an_unknown_tag_is_refused_with_the_nearest_ones(team: Team) -> None:
    team.makes()
    answer = team.asks(f"update --image {team.image('heatlh')} {team.service}")
    assert f"Did you mean `{team.image('health')}`" in answer.text
    assert team.tag() == "v1"
    answer = team.asks(f"update --image {team.image('v9')} {team.service}")
    assert "`v3`" in answer.text
    assert team.posts() == []


def test_a_registry_that_is_away_refuses_and_names_the_way_round(team: Team) -> None:
    team.makes()
    away = f"{team.stage.lab.registry.partition(':')[0]}:5999/httpd:v2"
    answer = team.asks(f"update --image {away} {team.service}")
    assert "--no-resolve-image" in answer.text
    assert team.tag() == "v1"
    parent = team.does(f"update --no-resolve-image --image {team.image('v2')} {team.service}")
    assert team.spec()["TaskTemplate"]["ContainerSpec"]["Image"] == team.image("v2")
    assert parent.state == "completed"


def test_an_image_that_is_only_local_is_refused_and_names_the_way_round(team: Team) -> None:
    team.makes()
    team.docker("pull", "-q", team.image("v1"))
    team.docker("tag", team.image("v1"), "127.0.0.1:5999/only-here:1")
    answer = team.asks(f"update --image 127.0.0.1:5999/only-here:1 {team.service}")
    assert "--no-resolve-image" in answer.text
    assert team.tag() == "v1"


@pytest.mark.parametrize("prefix", ["", "service ", "docker ", "docker service "])
def test_lines_work_with_the_words_that_docker_wants(team: Team, prefix: str) -> None:
    team.makes()
    team.does(f"{prefix}scale {team.service}=2")
    assert team.replicas() == 2


def test_what_phones_make_of_dashes_and_quotes_is_understood(team: Team, stage: Stage) -> None:
    stage.client.configure(smart_punctuation=True)
    try:
        parent = team.does(
            f"create --name {team.service} --env 'GREETING=good \"day\" to you' "
            f'--label a="b c" {SHORT} {team.image("v1")}'
        )
    finally:
        stage.client.configure(smart_punctuation=False)
    assert parent.state == "completed"
    assert team.spec()["Labels"]["a"] == "b c"
    env = team.spec()["TaskTemplate"]["ContainerSpec"]["Env"]
    assert env == ['GREETING=good "day" to you']


def test_what_slack_makes_of_links_and_names_is_undone(team: Team) -> None:
    line = f"create --dry-run --name {team.service} --label site=https://shop.example.com/a?b=1&c=2"
    more = "--label owner=@ann --label mail=ops@example.com --no-resolve-image shop.io/web:2.4"
    answer = team.asks(f"{line} {more}")
    assert "image: shop.io/web:2.4" in answer.text
    assert "https://shop.example.com/a?b=1&amp;c=2" in answer.text
    assert "ops@example.com" in answer.text
    assert "&lt;http" not in answer.text


def _mentioned(team: Team, text: str, thread: Seen | None = None) -> Seen:
    def say() -> None:
        team.client.mention("bob", team.channel, text, thread.ts if thread else None)

    return team.hears(say, "bob")


def test_a_mention_is_a_command(team: Team) -> None:
    team.makes()
    team.client.mention("bob", team.channel, f"docker service scale {team.service}=2")
    parent = team.client.wait_for(
        lambda m: payload(m).get("service") == team.service, channel=team.channel
    )
    team.rests(parent)
    assert team.replicas() == 2
    assert payload(parent)["requester"] == PEOPLE["bob"]


def test_a_mention_in_a_thread_is_answered_privately_in_that_thread(team: Team) -> None:
    team.makes()
    parent = team.does(f"scale {team.service}=2")
    known = {m.ts for m in team.client.messages(team.channel)}
    team.client.mention("bob", team.channel, f"ps {team.service}", parent.ts)

    def is_answer(message: Seen) -> bool:
        text = f"{team.service}.1" in message.text
        return message.ts not in known and text and message.ephemeral_to is not None

    answer = team.client.wait_for(is_answer, channel=team.channel)
    assert answer.ephemeral_to == PEOPLE["bob"]
    assert answer.thread_ts == parent.ts


def test_a_mistyped_mention_in_a_thread_is_answered_there(team: Team) -> None:
    team.makes()
    parent = team.does(f"scale {team.service}=2")
    answer = _mentioned(team, f"scael {team.service}=3", parent)
    assert "`scale`" in answer.text
    assert answer.thread_ts == parent.ts


def test_a_change_mentioned_in_a_thread_has_its_own_message_in_the_channel(team: Team) -> None:
    team.makes()
    first = team.does(f"scale {team.service}=2")
    team.client.mention("bob", team.channel, f"scale {team.service}=3", first.ts)
    eventually(lambda: len(team.posts()) == 2, "a second parent in the channel")
    team.rests(team.posts()[-1])
    assert team.replicas() == 3


def test_help_is_private_and_immediate(team: Team) -> None:
    told = team.told("help")
    assert "scale" in told
    assert "network rm" in told
    assert "--update-parallelism" in team.told("help update")
    assert "--constraint" in team.told("create --help")


def test_what_is_not_for_waggle_is_said_so(team: Team) -> None:
    assert "Waggle" in team.told("docker swarm leave")
    assert "one command at a time" in team.told("services | grep web")


def test_in_a_channel_without_the_bot_nothing_is_changed(team: Team) -> None:
    team.makes()
    team.client.control("remove", channel=team.channel)
    answer = team.asks(f"scale {team.service}=3")
    assert "/invite @waggle" in answer.text
    assert team.replicas() == 1
    answer = team.asks(f"node update --label-add {team.service}=x n2")
    assert "/invite @waggle" in answer.text
    assert team.service not in team.docker("node", "inspect", "n2")
    answer = team.asks(f"lock --reason why {team.service}")
    assert "/invite @waggle" in answer.text
    assert "is not locked" in team.asks(f"locks {team.service}").text
    assert team.asks("nodes").text.count("ready") == 3, "reads need no membership"
    team.client.control("invite", channel=team.channel)
    team.does(f"scale {team.service}=2", who="bob")
    assert not team.posts("waggle_lock"), "what was refused is not said later"
