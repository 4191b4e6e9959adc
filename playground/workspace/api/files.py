"""files.getUploadURLExternal and files.completeUploadExternal: the steps of files_upload_v2."""

import secrets

from playground.workspace.api.chat import thread_parent
from playground.workspace.api.method import Method, tier, writable_channel
from playground.workspace.arguments import Arguments
from playground.workspace.content import read_content, with_ids
from playground.workspace.errors import SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import FILE, Channel, Json, Message, StoredFile


def get_upload_url(hub: Hub, args: Arguments) -> Json:
    """Announce a file and return where its bytes go."""
    length = args.number("length", 0)
    if length < 1:
        raise SlackError("invalid_arguments", ["[ERROR] must be greater than 0: length"])
    stored = StoredFile(
        id=hub.world.new_id("F"),
        name=args.required("filename"),
        length=length,
        upload_key=secrets.token_hex(16),
    )
    hub.world.files[stored.id] = stored
    return {"upload_url": f"{hub.base_url}/upload/v1/{stored.upload_key}", "file_id": stored.id}


def complete_upload(hub: Hub, args: Arguments) -> Json:
    """Share uploaded files in a channel, a thread or a direct message."""
    files = [_uploaded(hub, entry) for entry in args.parsed("files") or []]
    if not files:
        raise SlackError("invalid_arguments", ["[ERROR] missing required field: files"])
    references = args.words("channels") or args.words("channel_id")
    for channel in [writable_channel(hub, reference) for reference in references]:
        _share(hub, args, channel, files)
    return {"files": [stored.wire(hub.base_url) for stored in files]}


def _uploaded(hub: Hub, entry: Json) -> StoredFile:
    stored = hub.world.files.get(str(entry.get("id")))
    if stored is None or stored.content is None:
        raise SlackError("file_not_found")
    stored.title = str(entry.get("title") or stored.name)
    return stored


def _share(hub: Hub, args: Arguments, channel: Channel, files: list[StoredFile]) -> None:
    content = read_content(args)
    message = Message(
        channel=channel.id,
        ts=hub.world.new_ts(),
        user=hub.settings.bot_user,
        text=args.text("initial_comment"),
        at=hub.world.clock(),
        origin=FILE,
        blocks=with_ids(content.blocks, hub.world),
        thread_ts=thread_parent(hub, channel, args.text("thread_ts")),
        files=[stored.id for stored in files],
    )
    for stored in files:
        stored.channels.append(channel.id)
    hub.world.add(message)


METHODS = (
    Method("files.getUploadURLExternal", get_upload_url, tier(4), ("files:write",)),
    Method("files.completeUploadExternal", complete_upload, tier(4), ("files:write",)),
)
