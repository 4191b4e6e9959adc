"""The keeper of the inventory: what it sees it writes down, a registry is asked now and then."""

import pytest

from bot.domain.inventory import Inventory
from bot.ports import EngineUnavailableError, TagNames
from tests.builders import a_stock
from tests.fakes.inventories import FakeInventories
from tests.unit.usecases.bed import made
from workers.inventory import MOST_REPOSITORIES, TAGS_EVERY, InventoryKeeper


class Watch:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def inventories() -> FakeInventories:
    return FakeInventories()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def keeper(inventories: FakeInventories, watch: Watch) -> InventoryKeeper:
    bed = made(2)
    return InventoryKeeper(
        cluster="eu",
        swarm=bed.swarm,
        registry=bed.swarm,
        inventories=inventories,
        leads=lambda: True,
        clock=watch,
    )


def test_it_writes_down_what_there_is(
    keeper: InventoryKeeper, inventories: FakeInventories
) -> None:
    keeper.look()
    seen = inventories.seen("eu")
    assert seen is not None
    assert [each.name for each in seen.inventory.services] == ["web"]
    assert [each.name for each in seen.inventory.nodes] == ["n1", "n2", "n3"]


def test_what_a_menu_offers_is_in_the_order_of_names(inventories: FakeInventories) -> None:
    bed = made(2)
    bed.done("create --name api reg/httpd:v1")
    nodes = bed.swarm.world.nodes
    for name in list(nodes)[:2]:
        nodes[name] = nodes.pop(name)  # an Engine lists them in the order of their ids
    InventoryKeeper(
        cluster="eu",
        swarm=bed.swarm,
        registry=bed.swarm,
        inventories=inventories,
        leads=lambda: True,
    ).look()
    seen = inventories.seen("eu")
    assert seen is not None
    assert [each.name for each in seen.inventory.services] == ["api", "web"]
    assert [each.name for each in seen.inventory.nodes] == ["n1", "n2", "n3"]


def test_what_cannot_be_seen_is_left_as_it_was(
    keeper: InventoryKeeper, inventories: FakeInventories
) -> None:
    keeper.look()
    before = inventories.seen("eu")
    keeper.swarm.unavailable = True  # type: ignore[attr-defined]  # the fake's
    with pytest.raises(EngineUnavailableError):
        keeper.look()
    assert inventories.seen("eu") == before


def test_a_registry_is_asked_again_after_a_while(
    keeper: InventoryKeeper, inventories: FakeInventories, watch: Watch
) -> None:
    assert not keeper.ask_a_registry()  # nobody knows of any image yet
    keeper.look()
    assert keeper.ask_a_registry()
    assert inventories.tags("eu", "reg/httpd") == ("v3", "v2", "v1")
    assert not keeper.ask_a_registry()
    watch.now += TAGS_EVERY
    assert keeper.ask_a_registry()


class Registry:
    """Remembers what it was asked for; each repository has one tag."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def tags(self, repository: str) -> TagNames:
        self.asked.append(repository)
        return TagNames(names=("v1",), is_cut=False)


def test_of_many_repositories_each_gets_its_turn(
    keeper: InventoryKeeper, inventories: FakeInventories, watch: Watch
) -> None:
    names = [f"reg/app{number:03}" for number in range(MOST_REPOSITORIES * 2 + 20)]
    services = tuple(a_stock(name=name[4:], image=f"{name}:v1") for name in names)
    inventories.keep("eu", Inventory(services=services))
    keeper.registry = registry = Registry()  # type: ignore[assignment]  # only its tags are asked for
    for _ in range(3):
        while keeper.ask_a_registry():
            watch.now += 0.1
        watch.now += TAGS_EVERY
    assert len(registry.asked) == 3 * MOST_REPOSITORIES  # no more at a time
    assert registry.asked[: len(names)] == names
    assert registry.asked[len(names) :] == names[: 3 * MOST_REPOSITORIES - len(names)]
    assert all(inventories.tags("eu", name) for name in names)


def test_a_registry_that_is_away_is_left_in_peace(
    keeper: InventoryKeeper, inventories: FakeInventories, watch: Watch
) -> None:
    keeper.look()
    keeper.registry.registry_away = True  # type: ignore[attr-defined]  # the fake's
    assert keeper.ask_a_registry()
    assert not keeper.ask_a_registry()
    assert inventories.tags("eu", "reg/httpd") == ()


def test_while_an_earlier_look_into_a_registry_lives_none_is_asked(
    keeper: InventoryKeeper, inventories: FakeInventories
) -> None:
    keeper.look()
    keeper.is_busy = lambda: True
    assert not keeper.ask_a_registry()
    assert inventories.tags("eu", "reg/httpd") == ()
    keeper.is_busy = lambda: False
    assert keeper.ask_a_registry()
    assert inventories.tags("eu", "reg/httpd") == ("v3", "v2", "v1")


def test_it_looks_while_its_steward_leads_and_ends_when_told(
    keeper: InventoryKeeper, inventories: FakeInventories
) -> None:
    keeper.leads = lambda: inventories.known == {}
    keeper.every = 0.01
    thread = keeper.start()
    while not inventories.known:
        thread.join(0.01)
    keeper.stop()
    thread.join(5)
    assert not thread.is_alive()
