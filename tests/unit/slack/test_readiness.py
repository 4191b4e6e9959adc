"""What of /readyz is only worth a look."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.identity import Identity
from bot.slack.readiness import Readiness
from tests.fakes.clock import FakeClock
from tests.fakes.closed_channels import FakeClosedChannels
from tests.fakes.leases import FakeLeases


def readiness(channels: FakeClosedChannels) -> Readiness:
    client = AsyncWebClient(token="xoxb-x", base_url="http://127.0.0.1:9/api/")
    identity = Identity(client, FakeClock())
    return Readiness(identity=identity, leases=FakeLeases(), channels=channels)


def test_a_closed_channel_is_a_warning_and_no_problem() -> None:
    channels = FakeClosedChannels()
    assert readiness(channels).warnings() == []
    channels.close("C9", "is_archived")
    channels.close("C8", "not_in_channel")
    assert readiness(channels).warnings() == [
        "channel C8: is not told of rollouts, Slack says not_in_channel",
        "channel C9: is not told of rollouts, Slack says is_archived",
    ]
    assert not any("channel" in problem for problem in readiness(channels).others())


def test_an_unknown_redis_is_a_problem_and_no_warning() -> None:
    assert readiness(FakeClosedChannels({"C9": "is_archived"}, down=True)).warnings() == []
