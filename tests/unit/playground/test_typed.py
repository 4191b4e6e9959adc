import pytest

from playground.workspace.typed import as_sent, smart
from playground.workspace.world import World


@pytest.fixture
def world() -> World:
    return World(lambda: 1.0, "U0WAGGLE")


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a && b <x>", "a &amp;&amp; b &lt;x&gt;"),
        ("<@U0ANN>", "&lt;@U0ANN&gt;"),
        ("@ann #ops @sre", "<@U0ANN|ann> <#C0OPS|ops> <!subteam^S0SRE|@sre>"),
        ("@nobody #nowhere", "@nobody #nowhere"),
        ("@here", "<!here>"),
        ("--image ghcr.io/x/y:1.2 web", "--image <http://ghcr.io/x/y:1.2|ghcr.io/x/y:1.2> web"),
        ("reg.io:5000/web:1", "<http://reg.io:5000/web:1|reg.io:5000/web:1>"),
        ("--image shop/web:2.4 web", "--image shop/web:2.4 web"),
        ("127.0.0.1:5000/httpd:2.2", "127.0.0.1:5000/httpd:2.2"),
        ("node.labels.env==test", "node.labels.env==test"),
        ("https://ghcr.io/x?a=1&b=2.", "<https://ghcr.io/x?a=1&amp;b=2>."),
        ("a@b.com", "<mailto:a@b.com|a@b.com>"),
        ("USER=a@b", "USER=a@b"),
    ],
)
def test_what_slack_makes_of_typed_text(world: World, typed: str, sent: str) -> None:
    assert as_sent(typed, world, names=True) == sent


def test_messages_mention_people_by_id_alone(world: World) -> None:
    assert as_sent("@waggle ask @ann", world, names=False) == "<@U0WAGGLE> ask <@U0ANN>"


def test_a_private_channel_keeps_its_name(world: World) -> None:
    world.channels["C0OPS"].is_private = True

    assert as_sent("#ops", world, names=True) == "<#C0OPS|>"


def test_devices_curl_quotes_and_join_dashes() -> None:
    assert smart("update --env-add \"A=b c\" 'x' it's") == "update —env-add “A=b c” ‘x’ it’s"
