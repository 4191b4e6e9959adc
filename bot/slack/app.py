"""The Bolt app: built by a function, never at import.

Middleware for what cuts across, listeners of three lines.
"""

import logging
from collections.abc import Awaitable, Callable

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import payload
from bot.slack.front import Front
from bot.slack.identity import Identity
from bot.slack.listeners import actions, commands, mentions, options, shortcuts, views

_log = logging.getLogger(__name__)
_bolt_log = logging.getLogger("slack_bolt.AsyncApp")

STARTING = (
    "Waggle has just started and Slack has not confirmed it yet. Nothing was changed; "
    "try again in a few seconds."
)


class _AlwaysAcks(AsyncApp):
    """Bolt's error handler does not see what its own matchers raise on a payload of an odd shape.

    Measured on 1.30: a view_submission without `state` is a 500, in Socket Mode no ack at all.
    """

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        try:
            return await super().async_dispatch(req)
        except Exception as error:  # noqa: BLE001  whatever it is, Slack gets its ack
            return await _always_ack(error, req.body)


def build_app(
    client: AsyncWebClient,
    signing_secret: str | None,
    identity: Identity,
    front: Front,
    app_id: str,
) -> AsyncApp:
    """Return the app with its listeners.

    Args:
        client: for the token and Slack's address.
        signing_secret: None in Socket Mode, where requests are not signed.
        identity: who we are, learned in the background.
        front: the use cases.
        app_id: our app's id if it is known (the app token names it), else empty: then the signature
            vouches for it.
    """
    _bolt_log.addFilter(_is_news)

    async def authorize() -> AuthorizeResult:
        return identity.authorize()

    app = _AlwaysAcks(
        client=client,
        signing_secret=signing_secret or "",
        request_verification_enabled=signing_secret is not None,
        process_before_response=True,  # without it Bolt polls for the ack every 10 ms
        raise_error_for_unhandled_request=True,  # so that nothing is ever left without an ack
        authorize=authorize,
    )
    app.use(_only_our_workspace(identity, app_id))
    app.error(_always_ack)
    for listeners in (commands, mentions, actions, views, options, shortcuts):
        listeners.register(app, front, identity)
    return app


def _only_our_workspace(
    identity: Identity, app_id: str
) -> Callable[..., Awaitable[BoltResponse | None]]:
    """Refuse payloads of other workspaces, other apps and Slack Connect guests, in both modes.

    Socket Mode skips Bolt's verification. Until Slack has said who we are, nobody is served.
    """

    async def check(
        body: payload.Body, next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        if not identity.team:
            return private(STARTING)
        teams = {payload.team_of(body), *payload.teams_of_person(body)}
        if teams != {identity.team} or (app_id and payload.app_of(body) != app_id):
            _log.warning("refused a payload of another workspace or app")
            return private("Waggle serves the people of its own workspace only.")
        await next_()
        return None

    return check


def _is_news(record: logging.LogRecord) -> bool:
    """Drop Bolt's two start-up warnings: it sees SLACK_BOT_TOKEN, too, and says it is not used."""
    return "`token`" not in record.getMessage()


def private(text: str) -> BoltResponse:
    """Return an ack that only the person sees."""
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": text})


async def _always_ack(error: Exception, body: payload.Body) -> BoltResponse:
    """Answer 200 whatever happened.

    Otherwise Bolt loses an ack when the listener raises right after it.
    """
    if isinstance(error, BoltUnhandledRequestError):
        _log.info("a payload without a listener was acknowledged: %s", body.get("type"))
        return BoltResponse(status=200)
    # not the traceback's text into the answer: it could carry what was typed
    _log.error("a listener failed: %s", type(error).__name__, exc_info=error)
    if "command" in body:
        return private(
            "Waggle failed inside and has logged why. Look with `rollouts`, then try again."
        )
    return BoltResponse(status=200)
