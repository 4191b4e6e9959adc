"""response_url: five posts within thirty minutes (docs.slack.dev handling-user-interaction)."""

import secrets
from dataclasses import dataclass

from playground.workspace.arguments import Arguments
from playground.workspace.content import Content, read_content, with_ids
from playground.workspace.errors import SlackError
from playground.workspace.records import RESPONSE, Message
from playground.workspace.settings import Settings
from playground.workspace.world import World


@dataclass
class Link:
    """One response_url; `source` is the message whose button was clicked, if one was."""

    key: str
    kind: str
    channel: str
    user: str
    at: float
    source: Message | None = None
    uses: int = 0


class ResponseLinks:
    """Hands out response URLs and carries out what is posted to them."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._settings = settings
        self._world = world
        self._links: dict[str, Link] = {}
        self.base_url = ""

    def issue(self, kind: str, channel: str, user: str, source: Message | None = None) -> str:
        """Return a new URL; `kind` is `commands` or `actions`, as in Slack's own."""
        key = secrets.token_hex(12)
        self._links[key] = Link(key, kind, channel, user, self._world.clock(), source)
        return f"{self.base_url}/{kind}/{self._settings.team_id}/{key}"

    def use(self, key: str, args: Arguments) -> Message | None:
        """Do what was posted to a URL; return the message it made or changed.

        Raises:
            SlackError: invalid_url, expired_url, used_url, no_text, or what read_content finds.
        """
        link = self._links.get(key)
        if link is None:
            raise SlackError("invalid_url")
        if self._world.clock() - link.at > self._settings.response_url_lifetime:
            raise SlackError("expired_url")
        if link.uses >= self._settings.response_url_uses:
            raise SlackError("used_url")
        result = self._carry_out(link, args)
        link.uses += 1
        return result

    def _carry_out(self, link: Link, args: Arguments) -> Message | None:
        if args.flag("delete_original"):
            if link.source is not None:
                link.source.deleted = True
                self._world.touch(link.source)
            return None
        content = read_content(args)
        if content.empty:
            raise SlackError("no_text")
        if args.flag("replace_original") and link.source is not None and not link.source.deleted:
            return replace(link.source, content, self._world)
        return self._post(link, args, content)

    def _post(self, link: Link, args: Arguments, content: Content) -> Message:
        public = args.text("response_type") == "in_channel"
        threaded = public and "replace_original" in args.raw
        return self._world.add(
            Message(
                channel=link.channel,
                ts=self._world.new_ts(),
                user=self._settings.bot_user,
                text=content.text or "",
                at=self._world.clock(),
                origin=RESPONSE,
                blocks=with_ids(content.blocks, self._world),
                attachments=content.attachments or [],
                thread_ts=(args.text("thread_ts") or None) if threaded else None,
                ephemeral_to=None if public else link.user,
            )
        )


def replace(message: Message, content: Content, world: World) -> Message:
    """Give a message new content; ephemeral stays ephemeral and public stays public."""
    message.text = content.text or ""
    message.blocks = with_ids(content.blocks, world)
    message.attachments = content.attachments or []
    world.revise(message)
    return message
