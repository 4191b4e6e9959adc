"""A Valkey for the tests of a module, and a local workspace with a client of Slack's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from slack_sdk.web.client import WebClient

from bot.adapters.redis_client import connect
from bot.adapters.valkey import EmbeddedValkey, ValkeyError, server_binary
from playground.workspace import LocalWorkspace, WorkspaceClient
from tests.lab_fixtures import cannot_run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """Yield a Valkey that the tests of a module share."""
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(server: EmbeddedValkey) -> Iterator[Redis]:
    """Yield a client of the module's Valkey, which is empty."""
    client = connect(server.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a Valkey of the test's own: a worker's processes use it, or kill it."""
    try:
        server_binary()
    except ValkeyError as error:
        cannot_run(str(error))
    server = EmbeddedValkey(tmp_path / "redis")
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def workspace() -> Iterator[LocalWorkspace]:
    """Yield a workspace."""
    with LocalWorkspace() as running:
        yield running


@pytest.fixture
def client(workspace: LocalWorkspace) -> WorkspaceClient:
    """Return the hands of people in that workspace."""
    return workspace.client


@pytest.fixture
def slack(workspace: LocalWorkspace) -> WebClient:
    """Return Slack's own client for that workspace."""
    return WebClient(
        token=workspace.settings.bot_token, base_url=workspace.api_url, retry_handlers=[]
    )
