"""What is said when rules were passed by: loudly, and that people look at it afterwards."""

from bot.domain.change import Change
from bot.domain.message import Content
from bot.domain.rollout.glass import REVIEWERS, breakings_of
from bot.domain.rollout.record import Rollout
from bot.rendering import blocks, metadata
from bot.rendering.buttons import review_button
from bot.rendering.cut import cut_line
from bot.rendering.escape import clean, code, one_line, person

_LONGEST_REASON = 500


def broken(subject: Rollout | Change) -> str:
    """Return who has broken the glass, and why, a line each time; empty where nobody has."""
    told = (f"*Glass broken* by {person(who)}: “{why}”" for who, why in reasons(subject))
    return "\n".join(f":rotating_light: {each}" for each in told)


def reasons(subject: Rollout | Change) -> list[tuple[str, str]]:
    """Return who has broken the glass and why, ready to be shown; together not too long."""
    known = breakings_of(subject)
    longest = _LONGEST_REASON // max(1, len(known))
    return [(each.by, one_line(cut_line(clean(each.reason), longest))) for each in known]


def review(subject: Rollout | Change) -> Content:
    """Return what asks two other people to look at it, with who has."""
    name = subject.service if isinstance(subject, Rollout) else subject.target
    what = f"{code(subject.request.line)} ({one_line(name)}, {code(subject.id)})"
    text = f"{broken(subject)}\n{what} passed the rules by. {looked(subject)}."
    buttons = review_button(subject.id) if _missing(subject) else []
    return Content(
        text=text,
        blocks=(blocks.section(text), *buttons),
        metadata=metadata.of_review(subject),
    )


def looked(subject: Rollout | Change) -> str:
    """Return how many people are still to look at it, and who has; without a full stop."""
    seen = ", ".join(f"✓ {person(user)}" for user in subject.reviews)
    missing = _missing(subject)
    people = "other person" if missing == 1 else "other people"
    asks = f"{missing} {people} should look at it" if missing else "It is reviewed"
    return f"{asks}: {seen}" if seen else asks


def _missing(subject: Rollout | Change) -> int:
    return REVIEWERS - len(subject.reviews)
