"""The workspace is an honest peer: nothing of ours, and nothing of Slack's own libraries, in it."""

import ast
from pathlib import Path

from slack_sdk.signature import Clock, SignatureVerifier

import playground.workspace
from playground.workspace.signing import signed_headers

ROOT = Path(playground.workspace.__file__).parent
FOREIGN = {"bot", "workers", "config", "slack_bolt", "slack_sdk", "docker", "redis", "rq"}


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    return found


def test_it_imports_nothing_of_ours_and_no_slack_library() -> None:
    modules = list(ROOT.rglob("*.py"))
    assert len(modules) > 20
    for module in modules:
        names = imported(module.read_text(encoding="utf-8"))
        assert not {name.split(".")[0] for name in names} & FOREIGN, module
        ours = {name for name in names if name.startswith("playground")}
        assert all(name.startswith("playground.workspace") for name in ours), module


class Fixed(Clock):
    def now(self) -> float:
        return 1_700_000_000.0


def test_slacks_own_verifier_accepts_the_signature() -> None:
    headers = signed_headers("secret", b"a=b&c=%C3%A9", 1_700_000_000.9)
    verifier = SignatureVerifier("secret", clock=Fixed())

    assert verifier.is_valid_request(b"a=b&c=%C3%A9", headers)
    assert not verifier.is_valid_request(b"a=b&c=d", headers)
