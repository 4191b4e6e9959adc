"""trigger_id: good for one view, for three seconds (docs.slack.dev views.open)."""

from dataclasses import dataclass

from playground.workspace.errors import SlackError
from playground.workspace.settings import Settings
from playground.workspace.world import World


@dataclass
class Trigger:
    """Who caused it, when, and whether it was used."""

    user: str
    at: float
    used: bool = False


class Triggers:
    """All trigger ids that were handed out."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._settings = settings
        self._world = world
        self._issued: dict[str, Trigger] = {}

    def issue(self, user: str) -> str:
        """Return a new trigger id for a person's click or command."""
        number = f"{self._world.new_id('')}.{self._world.new_ts()}"
        self._issued[number] = Trigger(user, self._world.clock())
        return number

    def exchange(self, trigger_id: str) -> str:
        """Use a trigger and return the person it belongs to.

        Raises:
            SlackError: invalid_trigger_id, exchanged_trigger_id, expired_trigger_id.
        """
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._world.clock() - trigger.at > self._settings.trigger_lifetime:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user
