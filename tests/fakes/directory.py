"""A workspace's people, user groups and channels as a test says them."""

from dataclasses import dataclass, field

from bot.ports import Directory, SlackError, SlackId, Standing


@dataclass
class FakeDirectory(Directory):
    """Implements Directory. What is not in it Slack does not know.

    Attributes:
        stands: what it says of an id.
        troubles: what is raised before it says anything, one each time it is asked, in order.
        refuses: what is raised instead of saying something of an id.
        asked: about which ids it was asked, in order; `introduce` is None.
    """

    stands: dict[SlackId, Standing] = field(default_factory=dict)
    troubles: list[SlackError | None] = field(default_factory=list)
    refuses: dict[SlackId, SlackError] = field(default_factory=dict)
    asked: list[SlackId | None] = field(default_factory=list)

    def introduce(self) -> None:
        self._take(None)

    def standing(self, of: SlackId) -> Standing:
        self._take(of)
        if of in self.refuses:
            raise self.refuses[of]
        return self.stands.get(of, Standing.UNKNOWN)

    def _take(self, asked: SlackId | None) -> None:
        self.asked.append(asked)
        if self.troubles and (trouble := self.troubles.pop(0)) is not None:
            raise trouble
