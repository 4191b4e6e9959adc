"""Policy files for tests."""

import textwrap

from config.policy_file import Reading, understood

ISSUE = """\
version: 1
roles:
  viewer:   {everyone: true}
  operator: {groups: [S0OPS], users: [U001]}
  admin:    {users: [U002]}
grants:
  - {role: viewer, may: [read]}
  - {role: operator, may: [read, scale, update, rollback], environments: [staging, production],
     services: ["web*"], channels: [C0OPS]}
environments:
  production:
    match: {any: [{service: "prod_*"}, {label: "env=prod"}, {constraint: "node.labels.env==prod"},
                  {network: prod}, {cluster: eu}]}
    approvals: {required: 2, approvers: {groups: [S0SRE], users: []}, expires: 30m,
                self_approval: false, remind: 10m, verbs: [update, scale, create, remove]}
    notify: {channels: [C0RELEASES], on: [requested, approved, rejected, expired, started, paused,
                                          failed, completed, rolled_back]}
    freeze: [{cron: "0 16 * * FRI", for: 64h, timezone: Europe/Berlin, reason: "weekend",
              except: [rollback]}]
    images: {allow: ["registry.example.com/*"], require_digest: true}
    limits: {replicas: 50, step: 10, beyond: approve}
    update: {defaults: {failure_action: rollback, monitor: 10s}}
  default: {approvals: {required: 0}}
"""
"""The first policy that was asked for."""


def reading_of(text: str) -> Reading:
    return understood(textwrap.dedent(text).encode(), "policy.yaml")


def with_roles(rest: str) -> str:
    """Return a file in which `ops` and `admin` are roles."""
    head = "version: 1\nroles:\n  ops: {users: [U001]}\n  admin: {groups: [S001]}\n"
    return head + textwrap.dedent(rest)


def problems(text: str) -> list[str]:
    """Return the problems without the file's name; the file must be refused then."""
    reading = reading_of(text)
    assert (reading.values is None) == bool(reading.problems)
    return [line.removeprefix("policy.yaml:") for line in reading.problems]


def warnings(text: str) -> list[str]:
    """Return the warnings without the file's name; the file must be valid then."""
    reading = reading_of(text)
    assert reading.problems == ()
    return [line.removeprefix("policy.yaml:") for line in reading.warnings]


def place(text: str, part: str) -> str:
    """Return LINE:COL of a part of the text."""
    before = text[: text.index(part)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
