"""Where somebody asked, a line that says where the answer goes, when that is somewhere else."""

from dataclasses import replace

from bot.domain.message import Content, Message
from bot.domain.outbox import content_hash
from bot.ports import Put

_TOLD = "The answer is long: it comes to you directly, as a file."


def signpost(answer: Message) -> tuple[Put, ...]:
    """Return the row that goes with a private answer, for the same transaction; often none.

    A file cannot be ephemeral, so it is a direct message. Without a word where it was asked for,
    that looks like no answer at all.
    """
    address = answer.address
    asked_directly = address.channel.startswith("D")
    if address.private_to is None or answer.wanted.file_name is None or asked_directly:
        return ()
    told = Content(text=_TOLD)
    row = replace(
        answer, id=f"{answer.id}.where", wanted=told, wanted_hash=content_hash(told), final=True
    )
    return (Put(record=row, rev=0),)
