"""What is kept of a swarm for forms: never an env value."""

from bot.domain.inventory import (
    MOST_TAGS,
    Inventory,
    node_stock,
    repository_of,
    service_stock,
    tags_to_keep,
)
from bot.domain.observation import NodeView, ServiceView

SPEC = {
    "Name": "web",
    "Labels": {"team": "shop"},
    "TaskTemplate": {
        "ContainerSpec": {"Image": "shop/web:2@sha256:" + "0" * 64, "Env": ["TOKEN=c4n4ry"]},
        "Placement": {"Constraints": ["node.role == worker"]},
        "Networks": [{"Target": "n0"}],
    },
    "Mode": {"Replicated": {"Replicas": 3}},
    "UpdateConfig": {"Parallelism": 2, "Delay": 90_000_000_000, "Order": "start-first"},
}


def a_view(**spec: object) -> ServiceView:
    return ServiceView(id="s1", name="web", version=1, spec={**SPEC, **spec})


def test_a_service_is_kept_as_people_say_it() -> None:
    stock = service_stock(a_view(), {"n0": "backend"})
    assert (stock.image, stock.replicas, stock.parallelism, stock.delay) == (
        *("shop/web:2", 3, 2, "1m30s"),
    )
    assert (stock.order, stock.failure_action) == ("start-first", "pause")
    assert stock.constraints == ("node.role == worker",)
    assert stock.side.networks == {"backend"}
    assert stock.resource("eu").cluster == "eu"
    assert "c4n4ry" not in repr(stock)


def test_without_an_update_config_it_is_swarms_own() -> None:
    stock = service_stock(a_view(UpdateConfig=None, Mode={"Global": {}}), {})
    assert (stock.parallelism, stock.delay, stock.order) == (1, "0s", "stop-first")
    assert stock.replicas is None


def test_a_zero_of_replicas_is_a_number() -> None:
    assert service_stock(a_view(Mode={"Replicated": {}}), {}).replicas == 0


def test_things_are_found_by_name() -> None:
    node = node_stock(
        NodeView(id="x", hostname="n1", status="ready", availability="active", role="worker")
    )
    there = Inventory(services=(service_stock(a_view(), {}),), nodes=(node,))
    assert there.service("web") is there.services[0]
    assert there.service("api") is None
    assert there.node("n1") is node
    assert there.node("n2") is None
    assert node.resource("eu").node == "n1"


def test_a_repository_is_what_stands_before_the_tag() -> None:
    assert repository_of("reg:5000/shop/web:2") == "reg:5000/shop/web"
    assert repository_of("Not One!") == ""


def test_the_newest_tags_are_kept() -> None:
    assert tags_to_keep(["v9", "v10", "v2", "v9"]) == ("v10", "v9", "v2")
    assert len(tags_to_keep([f"v{n}" for n in range(MOST_TAGS + 5)])) == MOST_TAGS
