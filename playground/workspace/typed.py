"""What Slack makes of the text a person types, before an app sees it.

Rules: docs.slack.dev formatting-message-text (escaping) and implementing-slash-commands
(should_escape). Which bare words become links is Slack's own undocumented matter: here a word with
one of a few well-known endings does, which is enough to hit the image references people paste.
"""

import re

from playground.workspace.world import World

_ENDINGS = "com|org|net|io|dev|app|cloud|sh|co|de|eu|uk|fr|info|ai|me|tech|xyz|run|page"
_TOKEN = re.compile(
    r"(?P<url>https?://[^\s<>|\"“”]*[^\s<>|\"“”.,;:!?)'’])"
    r"|(?P<mail>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    rf"|(?P<bare>(?<![^\s(\"“])(?:[\w-]+\.)+(?:{_ENDINGS})(?::\d+)?(?:/[^\s<>|\"“”]*[\w/])?(?![\w.-]))"
    r"|(?P<at>(?<![\w.])@[\w.-]*\w)"
    r"|(?P<hash>(?<![\w&])\#[\w-]*\w)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"(?<!\S)([\"'])")


def escape(text: str) -> str:
    """Replace the three characters that control Slack's formatting, in the order Slack says."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def smart(text: str) -> str:
    """Curl quotes and join two hyphens to a dash, as phones and macOS do while typing.

    >>> smart('update --image "a b" web')
    'update —image “a b” web'
    """
    text = text.replace("--", "—")
    text = _OPENING.sub(lambda found: "“" if found[1] == '"' else "‘", text)
    return text.replace('"', "”").replace("'", "’")


def as_sent(text: str, world: World, *, names: bool) -> str:
    """Escape typed text and mark its links, people, channels and groups.

    Args:
        text: What was typed, at most some kilobytes.
        world: Where names are looked up; unknown ones stay as typed.
        names: Whether a person's mention carries the name (`<@U1|ann>`), as slash commands do.
    """

    def mark(found: re.Match[str]) -> str:
        word = found[0]
        if found["url"]:
            return f"<{word}>"
        if found["mail"]:
            return f"<mailto:{word}|{word}>"
        if found["bare"]:
            return f"<http://{word}|{word}>"
        return _named(word, world, names=names)

    return _TOKEN.sub(mark, escape(text))


def _named(word: str, world: World, *, names: bool) -> str:
    if word.startswith("#"):
        channel = world.channel_named(word)
        if channel is None:
            return word
        return f"<#{channel.id}|{'' if channel.is_private else channel.name}>"
    if word in ("@channel", "@here", "@everyone"):
        return f"<!{word[1:]}>"
    person = world.person_named(word)
    if person is not None:
        return f"<@{person.id}|{person.name}>" if names else f"<@{person.id}>"
    group = world.group_named(word[1:])
    return f"<!subteam^{group.id}|@{group.handle}>" if group is not None else word
