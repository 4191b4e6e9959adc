"""The people and channels that every run starts with."""

from playground.workspace.records import Channel, Group, Person

SLACKBOT_ID = "USLACKBOT"
BOT_ID = "U0WAGGLE"
PEOPLE = ("U0ANN", "U0BOB", "U0CAT", "U0SRE")


def people() -> list[Person]:
    """Return ann, bob, cat, sam, the bot and Slackbot."""
    return [
        Person("U0ANN", "ann", "Ann Apis"),
        Person("U0BOB", "bob", "Bob Bombus"),
        Person("U0CAT", "cat", "Cat Carpenter"),
        Person("U0SRE", "sam", "Sam Stingless"),
        Person(BOT_ID, "waggle", "Waggle", is_bot=True),
        Person(SLACKBOT_ID, "slackbot", "Slackbot", is_bot=True),
    ]


def channels() -> list[Channel]:
    """Return the channels; the bot is in all but #lonely."""
    return [
        Channel("C0OPS", "ops", [*PEOPLE, BOT_ID]),
        Channel("C0DEV", "dev", [*PEOPLE, BOT_ID]),
        Channel("C0PROD", "releases", [*PEOPLE, BOT_ID]),
        Channel("C0LONELY", "lonely", list(PEOPLE)),
    ]


def groups() -> list[Group]:
    """Return the one user group, @sre, with sam in it."""
    return [Group("S0SRE", "sre", ["U0SRE"])]
