import pytest

from playground.workspace.arguments import Arguments
from playground.workspace.errors import SlackError
from playground.workspace.links import ResponseLinks
from playground.workspace.records import POSTED, Message
from playground.workspace.settings import Settings
from playground.workspace.world import World


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(clock, "U0WAGGLE")


@pytest.fixture
def links(world: World) -> ResponseLinks:
    return ResponseLinks(Settings(clock=world.clock), world)


def key_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


def a_message(world: World, ephemeral_to: str | None = None) -> Message:
    return world.add(
        Message("C0OPS", world.new_ts(), "U0WAGGLE", "a", 1.0, POSTED, ephemeral_to=ephemeral_to)
    )


def test_it_ends_after_thirty_minutes(links: ResponseLinks, clock: Clock) -> None:
    key = key_of(links.issue("commands", "C0OPS", "U0ANN"))
    clock.now += 1800
    assert links.use(key, Arguments({"text": "in time"})) is not None

    clock.now += 1
    with pytest.raises(SlackError, match="expired_url"):
        links.use(key, Arguments({"text": "late"}))


def test_a_refused_post_is_no_use_of_it(links: ResponseLinks) -> None:
    key = key_of(links.issue("commands", "C0OPS", "U0ANN"))
    for _ in range(9):
        with pytest.raises(SlackError, match="no_text"):
            links.use(key, Arguments({}))
    assert links.use(key, Arguments({"text": "still works"})) is not None


def test_the_default_is_ephemeral_for_the_person(links: ResponseLinks) -> None:
    key = key_of(links.issue("commands", "C0OPS", "U0ANN"))

    private = links.use(key, Arguments({"text": "a"}))
    public = links.use(key, Arguments({"text": "a", "response_type": "in_channel"}))

    assert private is not None
    assert private.ephemeral_to == "U0ANN"
    assert public is not None
    assert public.ephemeral_to is None


def test_a_replacement_keeps_the_source_as_private_as_it_was(
    links: ResponseLinks, world: World
) -> None:
    source = a_message(world, ephemeral_to="U0ANN")
    key = key_of(links.issue("actions", "C0OPS", "U0ANN", source))

    changed = links.use(
        key, Arguments({"text": "b", "replace_original": True, "response_type": "in_channel"})
    )

    assert changed is source
    assert (source.text, source.ephemeral_to) == ("b", "U0ANN")


def test_the_source_can_be_deleted(links: ResponseLinks, world: World) -> None:
    source = a_message(world)
    key = key_of(links.issue("actions", "C0OPS", "U0ANN", source))

    assert links.use(key, Arguments({"delete_original": True})) is None
    assert source.deleted


def test_a_thread_needs_in_channel_and_no_replacement(links: ResponseLinks) -> None:
    key = key_of(links.issue("actions", "C0OPS", "U0ANN"))
    asked = {"text": "a", "thread_ts": "1.0", "replace_original": False}

    private = links.use(key, Arguments(asked))
    public = links.use(key, Arguments(asked | {"response_type": "in_channel"}))

    assert private is not None
    assert private.thread_ts is None
    assert public is not None
    assert public.thread_ts == "1.0"
