"""A local workspace that speaks Slack's protocol, for trying Waggle out and for its tests.

It is an honest peer: it imports nothing of the bot, the workers or their settings, so what it
accepts and refuses is decided by Slack's rules alone (docs/reference/workspace-fidelity.md).
"""

from playground.workspace.client import Ack, WorkspaceClient
from playground.workspace.seen import Seen
from playground.workspace.server import LocalWorkspace
from playground.workspace.settings import Settings

__all__ = ["Ack", "LocalWorkspace", "Seen", "Settings", "WorkspaceClient"]
