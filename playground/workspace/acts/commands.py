"""A person types a slash command (docs.slack.dev implementing-slash-commands)."""

from playground.workspace.acts.present import (
    failure_word,
    outcome,
    person,
    place,
    say_as,
    show_ack,
    slackbot_says,
)
from playground.workspace.courier import COMMAND, OK, Answer
from playground.workspace.errors import ControlError, SlackError
from playground.workspace.hub import Hub
from playground.workspace.records import Channel, Json, Message, Person
from playground.workspace.typed import as_sent, smart


async def type_command(hub: Hub, user: str, channel: str, line: str) -> Json:
    """Send a typed line such as `/swarm ls` to the app and show the person what comes back.

    Returns:
        status, http_status, seconds, body (the ack as sent), and `shown`: the text on screen,
        with `message_ts` if it became a message.

    Raises:
        ControlError: nobody could have typed this, there or so.
    """
    if not line.startswith("/"):
        raise ControlError("a command starts with a slash")
    who = person(hub, user)
    where = place(hub, channel, who)
    command, _, rest = line.partition(" ")
    if command not in hub.settings.commands:
        return _unknown(hub, command, who, where)
    answer = await hub.courier.deliver(COMMAND, _payload(hub, command, rest.strip(), who, where))
    if answer.status != OK:
        return _failed(hub, command, answer, who, where)
    try:
        return _shown(hub, line, answer, who, where)
    except SlackError as error:
        text = f'{command} failed with the error "{error.code}"'
        return outcome(answer, shown=text, message_ts=slackbot_says(hub, who, where, text).ts)


def _payload(hub: Hub, command: str, rest: str, who: Person, where: Channel) -> Json:
    settings = hub.settings
    text = smart(rest) if settings.smart_punctuation else rest
    if settings.should_escape:
        text = as_sent(text, hub.world, names=True)
    return {
        "token": "deprecated-verification-token",
        "team_id": settings.team_id,
        "team_domain": settings.team_domain,
        "channel_id": where.id,
        "channel_name": "directmessage" if where.is_im else where.name,
        "user_id": who.id,
        "user_name": who.name,
        "command": command,
        "text": text,
        "api_app_id": settings.app_id,
        "is_enterprise_install": "false",
        "response_url": hub.links.issue("commands", where.id, who.id),
        "trigger_id": hub.triggers.issue(who.id),
    }


def _unknown(hub: Hub, command: str, who: Person, where: Channel) -> Json:
    text = f"{command} is not a valid command. In Slack, all commands start with a slash."
    said = slackbot_says(hub, who, where, text)
    return outcome(Answer("unknown_command"), shown=text, message_ts=said.ts)


def _failed(hub: Hub, command: str, answer: Answer, who: Person, where: Channel) -> Json:
    text = f'{command} failed with the error "{failure_word(answer)}"'
    said = slackbot_says(hub, who, where, text)
    return outcome(answer, shown=text, message_ts=said.ts)


def _shown(hub: Hub, line: str, answer: Answer, who: Person, where: Channel) -> Json:
    body = answer.body
    if isinstance(body, dict) and body.get("response_type") == "in_channel":
        say_as(hub, who, where, line)  # in_channel also shows what was typed
    message: Message | None = show_ack(hub, body, who, where)
    if message is None:
        return outcome(answer, shown=None, message_ts=None)
    return outcome(answer, shown=message.text, message_ts=message.ts)
