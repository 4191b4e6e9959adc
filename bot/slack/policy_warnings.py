"""What /readyz says of the policy besides what is wrong with its file."""

from collections.abc import Iterable


def of_unknown_groups(groups: Iterable[str]) -> list[str]:
    """Return a line for each user group that the policy names and Slack does not know."""
    return [
        f"policy: it names user group {group}, which Slack does not know: nobody is in it"
        for group in groups
    ]
