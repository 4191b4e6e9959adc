"""Who may do what where. `authorize` decides; everything else here is what it decides by."""

from bot.domain.policy.admins import admins, may_take_away
from bot.domain.policy.authorize import authorize
from bot.domain.policy.decision import Context, Decision, Outcome
from bot.domain.policy.defaults import where_from, with_update_defaults
from bot.domain.policy.explain import explain
from bot.domain.policy.grants import stranger
from bot.domain.policy.matching import all_environments, environments_of, fits
from bot.domain.policy.membership import is_member, roles_of
from bot.domain.policy.model import (
    NOBODY,
    OPEN,
    AllOf,
    AnyOf,
    ApprovalRule,
    Beyond,
    Criterion,
    Environment,
    Freeze,
    Grant,
    ImageRule,
    Limits,
    Match,
    Members,
    NotifyOn,
    NotifyRule,
    On,
    Policy,
    There,
    UpdateDefaults,
    VerbGroup,
    Window,
)
from bot.domain.policy.resource import (
    Extent,
    Piece,
    Resource,
    Side,
    network_side,
    node_side,
    side_of,
)
from bot.domain.policy.voters import may_vote, voters

__all__ = [
    "NOBODY", "OPEN",
    "AllOf", "AnyOf", "ApprovalRule", "Beyond", "Context", "Criterion", "Decision", "Environment",
    "Extent", "Freeze", "Grant", "ImageRule", "Limits", "Match", "Members", "NotifyOn",
    "NotifyRule", "On", "Outcome", "Piece", "Policy", "Resource", "Side", "There",
    "UpdateDefaults", "VerbGroup", "Window",
    "admins", "all_environments", "authorize", "environments_of", "explain", "fits",
    "is_member", "may_take_away", "may_vote", "network_side", "node_side", "roles_of", "side_of",
    "stranger", "voters", "where_from", "with_update_defaults",
]  # fmt: skip
