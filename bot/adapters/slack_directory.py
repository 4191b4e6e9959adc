"""Slack's word on ids: users.info, usergroups.list, conversations.info.

The scopes of the manifest see the user groups alone. What a token may not see is said to be so, and
never taken for something that is not there.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from slack_sdk import WebClient

from bot.adapters.slack_errors import translated
from bot.ports import IdKind, SlackId, SlackRefusedError, SlackUnknownOutcomeError, Standing

T = TypeVar("T")

_SAYS: Final = {
    "missing_scope": Standing.NOT_SEEN,
    "user_not_found": Standing.UNKNOWN,
    "user_not_visible": Standing.HIDDEN,
    "channel_not_found": Standing.UNKNOWN,
    "paid_teams_only": Standing.NO_GROUPS,
    "plan_upgrade_required": Standing.NO_GROUPS,
}
"""Slack's words about an id; every other refusal is of something else."""

_OF_ALL: Final = frozenset({Standing.NOT_SEEN, Standing.NO_GROUPS})
"""What then holds for all people, or groups; channels are of two kinds, each with its own scope."""

_PUBLIC: Final = "channels:read"
_PRIVATE: Final = "groups:read"


class SlackDirectory:
    """Implements `bot.ports.Directory`. User groups are listed once, whatever their number."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._scopes: frozenset[str] = frozenset()
        self._groups: Mapping[str, Standing] | None = None
        self._of_all: dict[IdKind, Standing] = {}

    def introduce(self) -> None:
        """Have the token looked at by auth.test, whose answer names its scopes."""
        with translated():
            answer: Any = self._client.auth_test()
        headers = {str(name).lower(): value for name, value in answer.headers.items()}
        self._scopes = frozenset(
            scope.strip() for scope in str(headers.get("x-oauth-scopes", "")).split(",")
        )

    def standing(self, of: SlackId) -> Standing:
        """Return what Slack says of an id."""
        if of.kind in self._of_all:
            return self._of_all[of.kind]
        ask = {
            IdKind.USER: self._user,
            IdKind.GROUP: self._group,
            IdKind.CHANNEL: self._channel,
        }[of.kind]
        try:
            with translated():
                return ask(of.id)
        except SlackRefusedError as error:
            if error.code not in _SAYS:
                raise
            says = _SAYS[error.code]
        if of.kind is IdKind.CHANNEL:
            return self._not_found() if says is Standing.UNKNOWN else says
        if says in _OF_ALL:
            self._of_all[of.kind] = says
        return says

    def _not_found(self) -> Standing:
        """Return what `channel_not_found` tells a token with these scopes."""
        if _PUBLIC not in self._scopes:
            return Standing.NOT_SEEN
        return Standing.UNKNOWN if _PRIVATE in self._scopes else Standing.NOT_PUBLIC

    def _user(self, user: str) -> Standing:
        return _gone_if(_part(self._client.users_info(user=user), "user", dict).get("deleted"))

    def _channel(self, channel: str) -> Standing:
        answer = self._client.conversations_info(channel=channel)
        return _gone_if(_part(answer, "channel", dict).get("is_archived"))

    def _group(self, group: str) -> Standing:
        if self._groups is None:
            self._groups = self._listed()
        return self._groups.get(group, Standing.UNKNOWN)

    def _listed(self) -> dict[str, Standing]:
        found: dict[str, Standing] = {}
        cursor = ""
        while True:
            more: dict[str, Any] = {"cursor": cursor} if cursor else {}
            answer: Any = self._client.usergroups_list(include_disabled=True, **more)
            for each in _part(answer, "usergroups", list):
                found[str(each["id"])] = _gone_if(each.get("date_delete"))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found


def _part(answer: Any, name: str, kind: type[T]) -> T:
    """Return what an answer is about; without it, it is no answer, and tells nothing."""
    found = answer.get(name)
    if not isinstance(found, kind):
        raise SlackUnknownOutcomeError("an answer that is not Slack's")
    return found


def _gone_if(mark: object) -> Standing:
    return Standing.GONE if mark else Standing.THERE
