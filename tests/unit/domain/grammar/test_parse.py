"""Lines to commands and answers."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.suggest import nearest as by_rapidfuzz
from bot.domain.flags.flag import Flag
from bot.domain.flags.lookup import flags_of
from bot.domain.grammar import Answer, Command, Options, Verb, parse, split
from bot.domain.grammar.help import verb_help
from bot.domain.grammar.reference import render
from bot.domain.grammar.suggest import Suggest
from bot.domain.grammar.suggest import nearest as by_difflib
from bot.domain.grammar.tokens import HIDDEN
from bot.domain.grammar.verbs import VERBS
from tests.unit.domain.grammar.reading import refused, understood

A_VALUE = {
    "IMAGE": "shop/web:2.4", "TEXT": "some text", "NAME": "web", "N": "3", "REV": "2",
    "TIME": "10m", "@USER": "U0ANN",
    "DURATION": "1m30s", "BYTES": "512m", "CPUS": "0.5", "RATIO": "0.1", "KEY=VALUE": "a=b c",
    "KEY": "a", "EXPR": "node.labels.env==prod", "spread=LABEL": "spread=node.labels.zone",
    "CIDR": "10.20.0.0/16", "IP": "10.20.0.1", "DRIVER": "overlay", "json": "json",
    "SIGNAL": "SIGTERM", "PORT": "8080:80", "MOUNT": "type=bind,source=/a,target=/b",
    "NETWORK": "back", "TARGET": "/b", "COMMAND": "sleep 1h", "EXTRA": "",
    "EVENTS": "failed,Rolled-Back", "NAME:IP": "db.local:10.0.0.5", "CAP": "net_admin",
    "NAME=SOFT[:HARD]": "nofile=1024:2048", "KIND=N": "GPU=2", "DOMAIN": "shop.internal",
    "NAME=VALUE": "id=abc", "table": "table",
    "SECRET": "source=db,target=pw,mode=0400", "CONFIG": "site.conf", "SPEC": "config://gmsa",
}  # fmt: skip
NOT_KEPT = {"rollback", "env-file", "follow", "details"}  # another verb; always refused
ALL_FLAGS = [(verb, flag) for verb in Verb for flag in flags_of(verb) if flag.name not in NOT_KEPT]


def _line(verb: Verb, flag: Flag) -> str:
    info = next(info for info in VERBS if info.verb is verb)
    value = A_VALUE.get(flag.kind.metavar, flag.kind.metavar.split("|", maxsplit=1)[0])
    typed = f"--{flag.name}" if flag.kind.is_bool else f"--{flag.name}='{value}'"
    name = "--name web" if verb is Verb.CREATE and flag.name != "name" else ""
    job = flag.name == "max-concurrent" and verb is Verb.CREATE
    mode = "--mode replicated-job" if job else ""
    more = {
        Verb.UPDATE: "--label-add x=y" if flag.effect is None else "",
        Verb.NODE_UPDATE: "--availability drain" if flag.effect is None else "",
    }.get(verb, "")
    if flag.name == "gateway":
        more = "--subnet 10.20.0.0/16"
    locking = {Verb.LOCK, Verb.UNLOCK, Verb.LOCKS}
    if verb in locking and flag.name != "reason":
        more = "--reason why" if verb is not Verb.LOCKS else ""
    targets = {Verb.SCALE: "web=3", Verb.CREATE: "shop/web", Verb.DIFF: "web 3"}
    if verb is Verb.REJECT:
        targets[verb] = "p-1" if flag.name == "reason" else "p-1 not now"
    whole = flag.name in {"stack", "environment", "all"}
    of_one = bool(info.least) or (verb in locking and not whole)
    target = targets.get(verb, "web" if of_one else "")
    return " ".join(f"{info.name} {name} {mode} {more} {typed} {target}".split())


@pytest.mark.parametrize(("verb", "flag"), ALL_FLAGS, ids=lambda v: getattr(v, "name", v))
def test_every_flag_is_read_stored_and_echoed(verb: Verb, flag: Flag) -> None:
    if verb is Verb.SCALE and flag.name == "replicas":
        return  # web=3 is how scale says it
    command = understood(_line(verb, flag))
    assert command.verb is verb
    if flag.option:
        assert getattr(command.options, flag.option) != getattr(Options(), flag.option)
    else:
        assert flag.name in [edit.flag for edit in command.edits]
    assert Command.from_json(command.to_json()) == command
    if not flag.secret:
        assert parse(command.canonical) == command


@pytest.mark.parametrize(
    ("line", "canonical"),
    [
        ("docker service update --image REG/httpd web", "update --image REG/httpd web"),
        ("Service UPDATE --Force web", "update --force web"),
        ("`docker service ls`", "services"),
        ("ls", "services"),
        ("docker node ls", "nodes"),
        (
            "docker node update --availability active node1",
            "node update --availability active node1",
        ),
        ("$ docker service scale web=4", "scale web=4"),
        ("scale b=3 a=6 -d", "scale --detach b=3 a=6"),
        ("docker service inspect my_test --pretty", "inspect --pretty my_test"),
        ("docker service update --rollback web -d", "rollback --detach web"),
        ("docker service update --rollback=false --force web", "update --force web"),
        (
            "update web --image <https://ghcr.io/x/y:1.2>",
            "update --image https://ghcr.io/x/y:1.2 web",
        ),
        (
            "create --name web shop/web sh -c 'a b' --flag",
            "create --name web shop/web sh -c 'a b' --flag",
        ),
        (
            "create -eA=1 -p8080:80 -dq --name w shop/web",
            f"create --env A={HIDDEN} --publish 8080:80 --name w --detach --quiet shop/web",
        ),
        ("update --env-add DB=pass=word web", f"update --env-add DB={HIDDEN} web"),
        ("diff web r3 5", "diff web 3 5"),
        ("logs -n 5 --since 10m web", "logs --tail 5 --since 10m web"),
        ("logs --tail all web", "logs --tail all web"),
        (
            "rollback --to 3 --reason \u201cit was bad\u201d --deadline 90s web",
            "rollback --to 3 --reason 'it was bad' --deadline 1m30s web",
        ),
        (
            "update --mount-add type=volume,target=/a,volume-opt=password=y web",
            f"update --mount-add type=volume,target=/a,volume-opt=password={HIDDEN} web",
        ),
        ("rm web -- -x", None),
        ("node ps", "node ps self"),
        ("node ps -q --filter name=web", "node ps --quiet --filter name=web self"),
        ("network create -d overlay -o a=b back", "network create --driver overlay --opt a=b back"),
    ],
)
def test_canonical(line: str, canonical: str | None) -> None:
    parsed = parse(line)
    assert (parsed.canonical if isinstance(parsed, Command) else None) == canonical


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("updte web", "`updte` is not a command.\nDid you mean `update`?"),
        ("service scael a=1", "Did you mean `scale`?"),
        ("node updat n1", "Did you mean `node update`?"),
        ("stack deploy x", "`stack deploy` is not a command"),
        ("update --imgae x web", "has no flag `--imgae`.\nDid you mean `--image`?"),
        (
            f"update --force --reason {'x' * 301} web",
            "xxx…`: it has 301 characters; 300 is the most.\nSay it in a sentence.",
        ),
        (
            f"update --force --break-glass {'x' * 301} web",
            "xxx…`: it has 301 characters; 300 is the most.\nSay it in a sentence.",
        ),
        ("hist web", "Did you mean `history`?"),
        ("rollback --revision 3 web", "Did you mean `--to`?"),
        ("scale --replicas 5 web=2", "`scale` has no flag `--replicas`."),
        ("scale --replicas 5 web", "Write the number behind the name: `scale web=6 api=3`."),
        ("update --memory-swap 1g web", "`--memory-swap` is not yet supported by Waggle"),
        ("create --name a --env-file .env x/y", "no files in a chat.\nSay each variable: `--env "),
        (
            "create --name a --env-file .env x/y",
            "alone: its form has a box that takes the lines of",
        ),
        (
            "update --env-file .env web",
            "Or type `update SERVICE` without flags: its form has a box that takes",
        ),
        (
            "update --env-file .env web",
            "`--env-file`, and there are no files in a chat.\nSay each variable: `--env-add KEY=V",
        ),
        (
            "update --credential-spec file://a.json web",
            "there are no files in a chat.\nPut it into a config",
        ),
        ("update --credential-spec a.json web", "Write `config://NAME` or `registry://KEY`"),
        ("update --credential-spec config:// web", "not a credential spec"),
        ("update --secret-add target=x web", "the source is missing"),
        ("update --secret-add source=a,target web", "`target` has no value"),
        ("update --config-add source=a,perm=1 web", "`perm` is not known here"),
        ("update --config-add source=a,mode=rw web", "the mode is a number, in octal"),
        ("update --config-add source=a,mode=0x100000000 web", "the mode is a number"),
        (
            "update --secret-add a --secret-add source=b,target=a web",
            "the secret `a` is at the target `a` already.\nTake that away: `--secret-rm a`",
        ),
        ("update --ulimit-add nofil=1 web", "not a limit.\nOne of: core, cpu"),
        ("update --ulimit-add nofile web", "a soft limit is needed"),
        ("update --ulimit-add nofile=1:2:3 web", "a soft limit is needed"),
        ("update --ulimit-add nofile=2:1 web", "above the hard one"),
        ("update --ulimit-add nofile=-1:1 web", "above the hard one"),
        ("update --ulimit-add nofile=many web", "a limit is a whole number"),
        ("update --ulimit-add nofile=9223372036854775808 web", "a limit is a whole number"),
        ("update --sysctl-add =1 web", "the key is missing"),
        ("update --generic-resource-add GPU=uuid1 web", "a kind and a number are needed"),
        ("update --generic-resource-add GPU=9223372036854775808 web", "too large"),
        (
            "update --generic-resource-add GPU=1 --generic-resource-add GPU=2 web",
            "`GPU`: this kind is there twice",
        ),
        ("update --cap-add 'net admin' web", "not a capability"),
        ("update --oom-score-adj 1001 web", "from -1000 to 1000"),
        ("update --dns-add 1.1.1 web", "not an IP address"),
        ("update --dns-add fe80::1%eth0 web", "an address with a zone is not possible"),
        ("update --dns-search-add 1.2 web", "not a domain"),
        ("update --dns-search-add a_b web", "not a domain"),
        ("update --host-add db web", "a name and an address are needed"),
        ("update --host-add db:10.0.0 web", "not an IP address"),
        ("update --log-opt =x web", "an option needs a name"),
        ("update --log-driver syslog --log-opt tag web", "Write `tag=value`, or `tag=`"),
        ("update --isolation hyper web", "One of: default, process, hyperv"),
        ("logs -f web", "--follow: a message cannot go on for ever.\nAsk again: `logs --since"),
        ("logs --details web", "--details: details may hold values of the environment"),
        ("services --filter nme=web", "no such filter.\nFilters: id, label, mode, name, runtime"),
        ("network ls -f type=mine", "this is no type.\nOne of: custom, builtin."),
        ("network ls -f dangling=true", "no such filter.\nFilters: driver, id, label, name, scope"),
        ("services --filter name", "Write it as `name=VALUE`"),
        ("services -f mode=globl", "--filter `mode=globl`: this is no mode.\nOne of: replicated,"),
        ("ps -f desired-state=up web", "this is no desired-state"),
        ("nodes -f role=boss", "One of: manager, worker"),
        ("nodes --format {{.ID}}", "an answer in Slack is a table"),
        ("update -z web", "has no flag `-z`"),
        ("update --image", "`--image` needs a value"),
        ("update --replicas many web", "--replicas `many`: a whole number is needed"),
        ("update --replicas 010 web", "whole number"),
        ("update --update-delay 10 web", "a duration needs a unit.\nWrite it as 30s"),
        ("update --limit-memory 1m web", "4m is the least"),
        ("update --limit-cpu 0.1234567891 web", "too precise"),
        ("update --update-max-failure-ratio 1.5 web", "between 0 and 1"),
        ("update --update-order frist web", "One of: stop-first, start-first"),
        ("update --env-add PATH web", "--env-add `PATH`: there is no value"),
        ("update --env-rm A=1 web", "only the name"),
        ("update --constraint-add node.role=worker web", "needs == or !="),
        ("update --image Shop/Web:1 web", "lower case"),
        ("update --image 'a b' web", "not the name of an image"),
        ("update --publish-add 1.2.3.4:80:80 web", "an IP is not possible"),
        ("update --publish-add 80-82:80-81 web", "differ in length"),
        ("update --publish-add 0:70000 web", "from 1 to 65535"),
        ("update --mount-add type=bind,source=./a,target=/a web", "relative source"),
        ("update --mount-add type=bind,volume-nocopy,target=/a web", "do not go with type=bind"),
        ("update --mount-add source=a web", "target is missing"),
        ("update --label-add waggle.x=1 web", "Waggle's own records"),
        ("update --no-healthcheck --health-retries 3 web", "does not go with"),
        ("update --rollback --image x web", "cannot be combined with --rollback"),
        ("update --force a b", "does not know what to do with b"),
        ("update --image x", "needs to know which service"),
        ("update web", "Nothing is said about what should change"),
        ("update --force <@U1>", "not the name of a service"),
        ("scale web", "a service and a number"),
        ("scale web=x", "whole number"),
        ("scale a=1 a=2", "`a` is there twice"),
        ("create shop/web", "needs a name"),
        ("create --name web", "needs to know which image"),
        ("create --name web --mode global --replicas 3 x/y", "--replicas does not go with"),
        ("create --name web --mode global-job --update-delay 1s x/y", "Jobs have no"),
        ("create --name web x/y --dry-run", "`--dry-run` stands after the image"),
        ("create --name we.b x/y", "a name has letters"),
        ("diff 3 5", "Which service's revisions"),
        ("diff web x", "not a revision number"),
        ("rollback --to 0 web", "not a revision number"),
        ("update --force a && update --force b", "is for shells"),
        ("network create --driver bridge x", "Use `overlay`"),
        ("network create --gateway 10.1.0.1 --subnet 10.2.0.0/16 x", "lies in no subnet"),
        ("update --deadline 10ms --force web", "a second is the least"),
        ("inspect --format '{{.ID}}' web", "only json"),
        ("inspect --format json --pretty web", "--format does not go with --pretty"),
        ("node inspect -f json --pretty n1", "--format does not go with --pretty"),
        ("node update --then active --role worker n1", "about a drain, and none is asked for"),
        ("node update --availability pause --detach n1", "about a drain, and none is asked for"),
        ("node update --availability drain --then active -d n1", "Leave one of them out"),
        ("node update --availability drain --then pause n1", "One of: active"),
        ("A=it's", "is not closed"),
        ("update --env-add \u2014 web", "--env-add"),
    ],
)
def test_refusals_say_what_and_what_next(line: str, says: str) -> None:
    assert says in refused(line)


@pytest.mark.parametrize("suggest", [by_difflib, by_rapidfuzz])
@pytest.mark.parametrize(
    "stem", ["publish", "constraint", "label", "mount", "network", "container-label", "env"]
)
def test_a_flag_of_create_never_leads_an_update_to_removal(stem: str, suggest: Suggest) -> None:
    told = refused_by(suggest, f"update --{stem} 80:80 web")
    assert f"Did you mean `--{stem}-add`?" in told
    assert "-rm`" not in refused_by(suggest, f"update --{stem[:-1]} 80:80 web")
    assert f"`--{stem}-rm`" in refused_by(suggest, f"update --{stem}-r 80:80 web")


def refused_by(suggest: Suggest, line: str) -> str:
    answer = parse(line, suggest)
    assert isinstance(answer, Answer)
    return answer.text


def test_what_is_near_nothing_gets_no_suggestion() -> None:
    assert "Did you mean" not in refused_by(by_rapidfuzz, "help bogus")


def test_secrets_are_in_no_error() -> None:
    assert "hush" not in refused("create --env '=hush' --name w x/y")
    assert "hush" not in refused("update --env-add 'A B=hush' web")


@pytest.mark.parametrize("line", ["", "  ", "help", "docker", "--help", "docker service", "node"])
def test_help_lists_all_verbs(line: str) -> None:
    answer = parse(line)
    assert isinstance(answer, Answer)
    assert answer.kind == "help"
    assert all(info.name in answer.text for info in VERBS)


@pytest.mark.parametrize(
    "line", ["help update", "update --help", "docker service update -h", "help service update"]
)
def test_help_of_a_verb(line: str) -> None:
    assert parse(line) == Answer(verb_help(Verb.UPDATE), "help")


@pytest.mark.parametrize("verb", Verb)
def test_help_fits_into_a_message_and_names_every_flag(verb: Verb) -> None:
    text = verb_help(verb)
    assert len(text) <= 3900
    for flag in flags_of(verb):
        assert f"--{flag.name}" in text


def test_help_shows_what_each_of_a_pair_of_flags_takes() -> None:
    update = verb_help(Verb.UPDATE)
    assert "  --env-add KEY=VALUE, --env-rm KEY  an environment variable\n" in update
    assert "  --mount-add MOUNT, --mount-rm TARGET  a mount\n" in update
    assert "  --mount MOUNT  A mount\n" in verb_help(Verb.CREATE)
    assert "--label-add KEY=VALUE, --label-rm KEY  " in verb_help(Verb.NODE_UPDATE)


def test_examples_are_understood() -> None:
    for info in VERBS:
        assert understood(info.example).verb is info.verb


def test_reference_names_everything() -> None:
    page = render()
    assert all(f"## {info.name}\n" in page for info in VERBS)
    assert "| `-e, --env KEY=VALUE` |" in page


def test_reference_page_is_up_to_date() -> None:
    page = Path(__file__).parents[4] / "docs" / "reference" / "commands.md"
    assert page.read_text() == render(), "run: python -m bot.domain.grammar.reference > " + str(
        page
    )


def test_suggestions_come_by_the_seam() -> None:
    answer = parse("xyzzy", lambda _word, known: known[0])
    assert isinstance(answer, Answer)
    assert "Did you mean `services`?" in answer.text


def test_options() -> None:
    line = "update --force --deadline 10m --dry-run --reason why --no-resolve-image --supersede web"
    expected = Options(
        dry_run=True,
        reason="why",
        deadline=timedelta(minutes=10),
        no_resolve_image=True,
        supersede=True,
    )
    assert understood(line).options == expected


def test_split_gives_one_command_for_each_target() -> None:
    six, three = split(understood("scale a=6 b=3 --reason x"))
    assert (six.targets, [e.value for e in six.edits]) == (("a",), [6])
    assert (three.targets, [e.value for e in three.edits]) == (("b",), [3])
    assert three.options.reason == "x"
    assert [c.targets for c in split(understood("rm a b"))] == [("a",), ("b",)]
    assert len(split(understood("update --force a"))) == 1
