"""The walk-through as a list of scenes: who types or clicks what, and how it must end.

Every line is one that a user of the docker CLI types today. Monitor and delay are short, so that
the whole takes minutes; the transcript says so.
"""

from dataclasses import dataclass

SHORT = "--update-monitor 2s --rollback-monitor 2s --stop-grace-period 1s"


@dataclass(frozen=True)
class Scene:
    """One thing that a person does.

    Attributes:
        title: what it shows.
        line: what is typed after `/swarm`, or empty when `click` names a button.
        click: the button's words, on the message of the scene before.
        end: the state in which the message must come to rest; empty for a private answer.
        who: the person.
    """

    title: str
    line: str = ""
    click: str = ""
    end: str = "completed"
    who: str = "ann"


def scenes(image: str) -> list[Scene]:
    """Return the walk-through for images of the repository `image`."""
    return [*_one_service(image), *_trouble(image), *_nodes(image)]


def _one_service(image: str) -> list[Scene]:
    create = f"docker service create --name web_http --replicas 3 {SHORT} {image}:v1"
    paced = "--update-parallelism 2 --update-delay 3s"
    return [
        Scene("A service is made", create),
        Scene("It is scaled up", "docker service scale web_http=6"),
        Scene("and down", "docker service scale web_http=4"),
        Scene(
            "A rolling update, as Swarm does it by default",
            f"docker service update --image {image}:v2 web_http",
        ),
        Scene(
            "Another, two at a time with a delay",
            f"docker service update --image {image}:v3 {paced} web_http",
        ),
        Scene(
            "Back to the revision before",
            "docker service update --rollback web_http",
            end="rolled_back",
            who="bob",
        ),
    ]


def _trouble(image: str) -> list[Scene]:
    return [
        Scene(
            "An image that crashes: the update pauses and says why",
            f"docker service update --image {image}:crash --reason 'hotfix' web_http",
            end="paused",
            who="bob",
        ),
        Scene("Roll back, by its button", click="Roll back", end="rolled_back"),
        Scene("What happened so far", "history web_http", end=""),
        Scene("A mistyped name gets a suggestion", "scale web_htp=5", end="", who="cat"),
    ]


def _nodes(image: str) -> list[Scene]:
    everywhere = f"docker service create --mode global --name my_test {SHORT} {image}:v1"
    label = "docker node update --label-add"
    on_test = "docker service create --constraint node.labels.env==test --replicas 3"
    to_prod = "--constraint-rm node.labels.env==test --constraint-add node.labels.env==prod"
    return [
        Scene("A global service: one task on every node", everywhere),
        Scene("A node is labelled for test", f"{label} env=test n2", end="applied", who="sam"),
        Scene("another for production", f"{label} env=prod n3", end="applied", who="sam"),
        Scene(
            "A service runs on the test node",
            f"{on_test} --name my_web --publish 8080:80 {SHORT} {image}:v2",
        ),
        Scene("and moves to production", f"docker service update {to_prod} my_web"),
        Scene("What runs where", "ps my_web", end=""),
        Scene("All services", "services", end=""),
    ]
