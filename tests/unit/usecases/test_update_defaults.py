"""An environment's update policy, from the typed line to what is posted."""

from datetime import timedelta

from bot.domain.policy import (
    Criterion,
    Environment,
    Grant,
    Members,
    On,
    Policy,
    UpdateDefaults,
    VerbGroup,
)
from tests.builders import SECOND
from tests.unit.usecases.bed import Bed

PROD = Environment(
    name="prod",
    match=Criterion(On.LABEL, "env=prod"),
    update=UpdateDefaults(failure_action="rollback", monitor=timedelta(seconds=1)),
)
POLICY = Policy(
    hash="h",
    roles={"all": Members(everyone=True)},
    grants=(Grant(name="grants[0] (all)", role="all", may=frozenset(VerbGroup)),),
    environments=(PROD,),
)


def bed(line: str) -> Bed:
    made = Bed(policy=POLICY)
    made.done(line)
    return made


def config(of: Bed) -> dict[str, object]:
    found: dict[str, object] = of.swarm.service("web").spec.get("UpdateConfig") or {}
    return found


def test_a_new_service_gets_it_and_the_plan_says_where_from() -> None:
    made = Bed(policy=POLICY)
    rollout = made.done("create --name web --label env=prod reg/httpd:v1")
    assert config(made)["FailureAction"] == "rollback"
    assert config(made)["Monitor"] == SECOND
    assert config(made)["Parallelism"] == 1
    assert rollout.plan is not None
    (warning,) = rollout.plan.warnings
    assert warning == (
        "neither the line nor the service has an update policy: prod's is taken, "
        "failure_action rollback, monitor 1s"
    )
    assert "prod's is taken" in " ".join(m.content.text for m in made.thread(rollout.id))


def test_a_service_that_moves_there_gets_it_and_the_diff_shows_it() -> None:
    made = bed("create --name web reg/httpd:v1")
    assert config(made) == {}
    rollout = made.done("update --label-add env=prod web")
    assert config(made)["FailureAction"] == "rollback"
    assert rollout.plan is not None
    changed = {change.path for change in rollout.plan.changes}
    assert "update-failure-action" in changed


def test_who_names_one_gets_that() -> None:
    made = bed("create --name web --label env=prod --update-parallelism 2 reg/httpd:v1")
    assert config(made)["FailureAction"] == "pause"
    rollout = made.done("update --image reg/httpd:v2 web")
    assert config(made)["FailureAction"] == "pause"
    assert rollout.plan is not None
    assert rollout.plan.warnings == ()


def test_scaling_adds_nothing() -> None:
    made = bed("create --name web reg/httpd:v1")
    spec = made.swarm.service("web").spec
    assert not config(made)
    made.done("update --label-add env=prod --update-order stop-first web")
    assert spec != made.swarm.service("web").spec
    made = bed("create --name web --label env=test reg/httpd:v1")
    made.policies.policy = Policy(
        hash="h2",
        roles=POLICY.roles,
        grants=POLICY.grants,
        environments=(Environment(name="default", update=PROD.update),),
    )
    made.done("scale web=2")
    assert config(made) == {}


def test_what_changes_nothing_stays_nothing() -> None:
    made = bed("create --name web reg/httpd:v1")
    made.policies.policy = Policy(
        hash="h2",
        roles=POLICY.roles,
        grants=POLICY.grants,
        environments=(Environment(name="default", update=PROD.update),),
    )
    request = made.type("update --image reg/httpd:v1 web")
    made.work()
    assert made.rollout(request).state.value == "unchanged"
    assert "is like that already" in made.private(request)
