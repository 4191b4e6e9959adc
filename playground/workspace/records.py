"""What a workspace holds: people, channels, messages with every edit, files, groups and views."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

#: How a message came to be; only "posted" and "file" are the bot's own to edit or delete.
POSTED = "posted"  # chat.postMessage
EPHEMERAL = "ephemeral"  # chat.postEphemeral
FILE = "file"  # files.completeUploadExternal
PERSON = "person"  # typed by a person
ACK = "ack"  # the body of a slash command's HTTP 200 or of its Socket Mode acknowledgement
RESPONSE = "response_url"  # posted to a response_url
SLACKBOT = "slackbot"  # said by Slack itself, such as operation_timeout


@dataclass
class Person:
    """A member of the workspace; `is_bot` marks the app's own user, `deleted` who has left."""

    id: str
    name: str
    real_name: str
    is_bot: bool = False
    deleted: bool = False

    def wire(self, team_id: str) -> Json:
        """Return the `user` object of users.info (docs.slack.dev/reference/objects/user-object)."""
        email = f"{self.name}@playground.invalid"
        return {
            "id": self.id,
            "team_id": team_id,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.deleted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "tz": "Etc/UTC",
            "profile": {
                "real_name": self.real_name,
                "display_name": self.name,
                "email": email,
                "team": team_id,
            },
        }


@dataclass
class Channel:
    """A conversation; direct messages have `is_im` and exactly two members."""

    id: str
    name: str
    members: list[str]
    is_private: bool = False
    is_archived: bool = False
    is_im: bool = False

    def wire(self, bot_user: str, created: int) -> Json:
        """Return the conversation object as the bot sees it."""
        shape: Json = {
            "id": self.id,
            "created": created,
            "is_archived": self.is_archived,
            "is_im": self.is_im,
            "is_channel": not self.is_im,
            "is_group": False,
            "is_private": self.is_private or self.is_im,
            "is_member": bot_user in self.members,
        }
        if self.is_im:
            others = [member for member in self.members if member != bot_user]
            return shape | {"user": others[0] if others else bot_user}
        return shape | {
            "name": self.name,
            "name_normalized": self.name,
            "num_members": len(self.members),
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }


@dataclass
class Group:
    """A user group such as @sre; `users` are ids."""

    id: str
    handle: str
    users: list[str]
    disabled: bool = False


@dataclass
class StoredFile:
    """An uploaded file; it has no `channels` until completeUploadExternal shared it."""

    id: str
    name: str
    length: int
    upload_key: str
    title: str = ""
    content: bytes | None = None
    channels: list[str] = field(default_factory=list)

    def wire(self, base_url: str) -> Json:
        """Return the file object, with a download address on this workspace."""
        kind = self.name.rsplit(".", 1)[-1] if "." in self.name else "text"
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "size": len(self.content or b""),
            "filetype": kind,
            "mode": "hosted",
            "url_private": f"{base_url}/files/{self.id}",
            "permalink": f"{base_url}/files/{self.id}",
            "channels": list(self.channels),
        }


@dataclass(frozen=True)
class Revision:
    """What a message said from `at` (seconds since the epoch) until the next revision."""

    at: float
    text: str
    blocks: list[Json]
    metadata: Json | None


@dataclass
class Message:
    """One message and its past. `seq` is the workspace's change number of its last change."""

    channel: str
    ts: str
    user: str
    text: str
    at: float
    origin: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    ephemeral_to: str | None = None
    files: list[str] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited_mark: float | None = None
    deleted: bool = False
    revisions: list[Revision] = field(default_factory=list)
    seq: int = 0

    @property
    def is_reply(self) -> bool:
        """Whether the message stands in a thread below another one."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    def note(self, at: float) -> None:
        """Keep what the message says now as a revision of its history."""
        self.revisions.append(Revision(at, self.text, self.blocks, self.metadata))


@dataclass
class View:
    """A modal or an App Home; `user` sees it.

    Attributes:
        offered: action_id → the options that the app last gave for that external menu.
    """

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    open: bool = True
    previous_id: str | None = None
    offered: dict[str, list[Json]] = field(default_factory=dict)

    def wire(self, team_id: str, app_id: str, bot_id: str) -> Json:
        """Return the view object of views.open and of view payloads."""
        defaults: Json = {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "state": {"values": {}},
        }
        return (
            defaults
            | self.body
            | {
                "id": self.id,
                "team_id": team_id,
                "app_id": app_id,
                "bot_id": bot_id,
                "hash": self.hash,
                "root_view_id": self.root_id,
                "previous_view_id": self.previous_id,
            }
        )
