"""`tags`: whose may be seen, which run, which have moved."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.jsontypes import Spec
from bot.domain.policy import (
    OPEN,
    AnyOf,
    Criterion,
    Environment,
    Grant,
    Members,
    On,
    Policy,
    VerbGroup,
)
from bot.domain.reads import TagList
from bot.domain.reply import Refusal, Reply
from bot.usecases.answers.tags import LOOKED_AT
from tests.builders import NOW
from tests.unit.usecases.answering import Desk

REPOSITORY = "reg.example:5000/shop/web"


@pytest.fixture
def desk() -> Desk:
    """`web` runs v2 of a repository that has v1, v2 and v10, built one day after the other."""
    desk = Desk()
    for day, tag in enumerate(("v1", "v2", "v10")):
        built = NOW - timedelta(days=10 - day)
        desk.swarm.add_image(f"{REPOSITORY}:{tag}", created=built, size=1000)
    desk.run("web", f"{REPOSITORY}:v2")
    desk.run("api")
    return desk


def tags(reply: Reply) -> TagList:
    assert isinstance(reply, TagList), reply
    return reply


@pytest.mark.parametrize("named", ["web", REPOSITORY, f"{REPOSITORY}:v9"])
def test_the_newest_first_with_age_size_digest_and_what_runs(desk: Desk, named: str) -> None:
    reply = tags(desk.ask(f"tags {named}"))
    assert reply.repository == REPOSITORY
    assert [row.tag.name for row in reply.rows] == ["v10", "v2", "v1"]
    assert [row.runs for row in reply.rows] == [(), ("web",), ()]
    assert all(row.tag.size == 1000 and row.tag.digest for row in reply.rows)
    assert (reply.unlooked, reply.digests_only, reply.elsewhere) == (0, False, ())


def test_a_moved_tag_is_shown_as_such(desk: Desk) -> None:
    old = desk.swarm.resolve_image(f"{REPOSITORY}:v2").digest
    desk.swarm.add_image(f"{REPOSITORY}:v2", digest="sha256:" + "9" * 64)
    reply = tags(desk.ask("tags web"))
    by_name = {row.tag.name: row for row in reply.rows}
    assert (by_name["v2"].runs, by_name["v2"].moved) == ((), ("web",))
    desk.swarm.add_image(f"{REPOSITORY}:previous", digest=old)
    by_name = {row.tag.name: row for row in tags(desk.ask("tags web")).rows}
    assert by_name["previous"].runs == ("web",)
    assert by_name["v2"].moved == ("web",)


def test_what_runs_and_is_no_tag_any_more_is_said(desk: Desk) -> None:
    def by_digest(spec: Spec) -> None:
        container = spec["TaskTemplate"]["ContainerSpec"]
        container["Image"] = f"{REPOSITORY}@sha256:" + "8" * 64

    desk.swarm.post_outside("web", by_digest)
    assert tags(desk.ask("tags web")).elsewhere == ("web",)


def test_of_many_tags_the_highest_versions_are_looked_at(desk: Desk) -> None:
    for number in range(100):
        desk.swarm.add_image(f"{REPOSITORY}:1.{number}", created=NOW, size=1)
    reply = tags(desk.ask("tags web"))
    assert len(reply.rows) == 103
    assert reply.unlooked == 103 - LOOKED_AT
    assert [row.tag.name for row in reply.rows if row.tag.size][0:2] == ["1.99", "1.98"]
    assert all(row.tag.size is None for row in reply.rows[LOOKED_AT:])


def test_of_many_tags_those_that_run_are_looked_at_whatever_their_version(desk: Desk) -> None:
    for number in range(100):
        desk.swarm.add_image(f"{REPOSITORY}:{number + 100}", size=1)
    desk.run("old", f"{REPOSITORY}:v1")
    desk.swarm.add_image(f"{REPOSITORY}:v1", digest="sha256:" + "9" * 64, size=7)
    reply = tags(desk.ask("tags web"))
    by_name = {row.tag.name: row for row in reply.rows}
    assert (by_name["v1"].runs, by_name["v1"].moved, by_name["v1"].tag.size) == ((), ("old",), 7)
    assert (by_name["v2"].runs, by_name["v2"].tag.size) == (("web",), 1000)
    assert by_name["v10"].tag.size is None
    assert reply.unlooked == 103 - LOOKED_AT


def test_what_was_looked_at_without_its_age_is_in_the_order_of_versions() -> None:
    desk = Desk()
    desk.run("web")
    desk.swarm.add_image("httpd:v9")
    assert [row.tag.name for row in tags(desk.ask("tags web")).rows] == ["v9", "v2", "v1"]


def test_an_image_of_docker_hub_is_known_in_all_its_spellings() -> None:
    desk = Desk()
    desk.run("web")
    for named in ("web", "httpd", "httpd:v1"):
        reply = tags(desk.ask(f"tags {named}"))
        assert reply.digests_only
        assert {row.tag.name: row.runs for row in reply.rows} == {"v1": ("web",), "v2": ()}


def test_a_list_that_was_cut_says_so_and_does_not_tell_what_is_no_tag(desk: Desk) -> None:
    desk.run("old", f"{REPOSITORY}:v1")
    desk.swarm.most_tags = 1
    reply = tags(desk.ask("tags web"))
    assert [(row.tag.name, row.runs) for row in reply.rows] == [("v2", ("web",))]
    assert (reply.is_cut, reply.elsewhere) == (True, ())
    desk.swarm.most_tags = 3
    assert not tags(desk.ask("tags web")).is_cut


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("wbe", "There is no service `wbe`."),
        ("evil.example/x/y", "No service that you may read runs an image of `evil.example/x/y`."),
        ("127.0.0.1:9/x", "No service that you may read runs an image of `127.0.0.1:9/x`."),
        (
            "reg.example:5000/not/there",
            "The registry has no repository `reg.example:5000/not/there`.",
        ),
    ],
)
def test_what_cannot_be_shown_is_said(desk: Desk, named: str, why: str) -> None:
    reply = desk.ask(f"tags {named}")
    assert isinstance(reply, Refusal)
    assert reply.why == why


def test_a_registry_that_is_away_is_said(desk: Desk) -> None:
    desk.swarm.registry_away = True
    reply = desk.ask("tags web")
    assert isinstance(reply, Refusal)
    assert "cannot be read" in reply.why
    assert "docker login" in reply.next_step


def reading(service: str) -> Policy:
    """Everybody may read what is in the environment of one service."""
    return Policy(
        hash="h",
        roles={"all": Members(everyone=True)},
        grants=(
            Grant(
                name="g", role="all", may=frozenset({VerbGroup.READ}), environments=frozenset({"e"})
            ),
        ),
        environments=(
            Environment(name="e", match=AnyOf((Criterion(On.SERVICE, service),))),
            Environment(name="other"),
        ),
    )


def test_only_what_services_that_may_be_read_run_can_be_seen(desk: Desk) -> None:
    desk.policies.policy = reading("api")
    for line in ("tags web", f"tags {REPOSITORY}", "tags reg.example:5000/shop/other"):
        reply = desk.ask(line)
        assert isinstance(reply, Refusal), line
        assert "v10" not in repr(reply)
    assert isinstance(desk.ask("tags api"), TagList)
    desk.run("web2", f"{REPOSITORY}:v1")
    desk.policies.policy = reading("web2")
    reply = tags(desk.ask(f"tags {REPOSITORY}"))
    assert {name for row in reply.rows for name in row.runs} == {"web2"}


def test_nobody_who_may_read_nothing_sees_tags(desk: Desk) -> None:
    desk.policies.policy = replace(OPEN, open_to_all=False)
    assert "v10" not in repr(desk.ask("tags web"))
