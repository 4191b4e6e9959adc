"""What an Engine is too old for is refused: it would drop the field and say nothing."""

from collections.abc import Sequence

from bot.domain.errors import UserError
from bot.domain.flags.flag import Edit
from bot.domain.spec import newer_than
from bot.ports import SwarmReader

_NEXT = "Nothing was changed. Leave it out; `nodes` shows which Engines run."


def insist_on_api(swarm: SwarmReader, edits: Sequence[Edit], *, creating: bool) -> None:
    """Refuse edits that the Engine's API does not know yet, in the docker CLI's words.

    Raises:
        UserError: which flags, and the versions that they need.
        EngineUnavailableError: the Engine does not answer.
    """
    version = swarm.api_version()
    wanted = newer_than(version, edits, creating=creating)
    if not wanted:
        return
    raise UserError(
        "\n".join(
            f"{what} requires API version {since}, but the Docker daemon API version is {version}."
            for what, since in wanted
        ),
        _NEXT,
    )
