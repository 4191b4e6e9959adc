"""People who ask each other for a yes, as the channel sees it."""

import requests

from playground.workspace import Seen
from tests.scenario.team import Team, event_type, payload

ENDED = {"approved", "rejected", "expired", "cancelled", "void"}
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def moved(registry: str, image: str, tag: str) -> None:
    """Let a tag of a registry name the image of another one."""
    url = f"http://{registry}/v2/httpd/manifests"
    with requests.Session() as session:
        session.trust_env = False
        found = session.get(f"{url}/{image}", headers={"Accept": MANIFEST}, timeout=10)
        found.raise_for_status()
        put = session.put(
            f"{url}/{tag}", found.content, headers={"Content-Type": MANIFEST}, timeout=10
        )
        put.raise_for_status()


class Court(Team):
    """People who ask each other."""

    def wants(self, line: str, who: str = "ann") -> Seen:
        """Type a line; return the request for approval that comes of it."""
        known = {m.ts for m in self.client.messages(self.channel)}
        ack = self.types(line, who)
        assert (ack.shown or "").startswith("Understood"), ack.shown
        return self.client.wait_for(
            lambda m: event_type(m) == "waggle_approval" and m.ts not in known,
            channel=self.channel,
        )

    def comes_to(self, request: Seen, end: str) -> Seen:
        """Wait for a request's end."""
        return self.shows(
            request, lambda m: m.state == end, lambda m: m.state in ENDED - {"approved"}
        )

    def approved(self, line: str) -> Seen:
        """Let ann ask for a change and bob say yes, which is enough; return the rollout."""
        request = self.wants(line)
        self.clicks(request, "Approve", "bob")
        kind = "rollback" if line.startswith("rollback") else "update"
        return self.rollout(self.comes_to(request, "approved"), kind)

    def pending(self) -> Seen:
        """Wait for a request that waits for people; return it."""
        return self.client.wait_for(
            lambda m: event_type(m) == "waggle_approval" and m.state == "pending",
            channel=self.channel,
        )

    def requests(self) -> int:
        """Return how many requests for approval there have been."""
        return len(self.posts("waggle_approval"))

    def rollout(self, request: Seen, kind: str = "update") -> Seen:
        """Return the message of the rollout that was approved."""
        return self.finds("rollout_id", str(payload(request)["rollout_id"]), kind)

    def move_tag(self, tag: str, to: str) -> None:
        """Let a tag of the registry name the image of another one."""
        moved(self.stage.lab.registry, to, tag)
