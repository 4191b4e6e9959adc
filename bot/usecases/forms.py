"""Forms: who may see one, what stands in it, and what becomes of what was filled in.

A form is opened from the inventory, at once, for a trigger lives three seconds; no record is
written for it. What is filled in becomes a line, which goes the way of every typed line (`Propose`)
twice: first as a dry run, whose answer is shown in the form, then, by a second submission, as it
is, bound to the plan that was shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.domain.change import Change, ChangeState
from bot.domain.errors import NotFound, UserError
from bot.domain.flags.verb import Verb
from bot.domain.form import (
    Form,
    check_visible,
    create_form,
    deploy_form,
    field_of,
    node_choice_form,
    node_form,
    scale_form,
    typed_line,
    update_form,
)
from bot.domain.grammar import Answer, Command, parse
from bot.domain.grammar.suggest import did_you_mean
from bot.domain.grammar.verbs import info_of
from bot.domain.grammar.wish import Wish
from bot.domain.inventory import Inventory, NodeStock, ServiceStock, Sighting
from bot.domain.message import Content, Message
from bot.domain.request import Source
from bot.domain.rollout.record import Rollout, RolloutState
from bot.domain.typed import typed
from bot.domain.vitals import span
from bot.ports import Inventories, RecordStore, StoreUnavailableError
from bot.usecases.form_rights import Asked, FormRights
from bot.usecases.propose import Ack, AckKind, Propose, Typed
from bot.usecases.refusals import TOO_LATE
from bot.usecases.rights import group_of_verb, resource_of_subject
from bot.usecases.speak import private_id
from bot.usecases.which_cluster import StrangerError

_SHOWN = {RolloutState.SHOWN, ChangeState.SHOWN}
_OVER = _SHOWN | {
    RolloutState.REFUSED,
    RolloutState.UNCHANGED,
    ChangeState.REFUSED,
    ChangeState.UNCHANGED,
}
_JUST_NOW = "If it was made just now: forms learn of it within seconds."
_NOTHING_BEFORE = "Nothing happens before it is back."
_SHOWN_LATER = (
    f"What would change is shown here if it is back within {span(TOO_LATE)}. Nothing was changed."
)
_TOO_OLD = "What you were shown is gone. Nothing was changed. Open the form again."


@dataclass(frozen=True)
class Wrong:
    """A field cannot be meant so; an empty name: the whole of it."""

    field: str
    text: str


@dataclass(frozen=True)
class Tried:
    """What was filled in is a dry run now; its answer comes with the record.

    Attributes:
        away: that no worker is there to answer, and what becomes of it then; empty: one is.
    """

    record_id: str
    away: str = ""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The end of a dry run.

    Attributes:
        line: what it would be as a typed line, env values hidden.
        cluster: the swarm, where there are several.
        about: the field that is wrong, where it is refused because of one.
        is_refused: there is no plan.
        changes: it would change something.
    """

    record_id: str
    line: str
    content: Content
    cluster: str = ""
    about: str = ""
    is_refused: bool = False
    changes: bool = False


@dataclass(frozen=True, kw_only=True)
class Forms:
    """The bot's side of forms."""

    propose: Propose
    inventories: Inventories

    @property
    def rights(self) -> FormRights:
        """Who may be shown what."""
        return FormRights(propose=self.propose)

    @property
    def _store(self) -> RecordStore:
        return self.propose.store

    # -- opening

    def open(self, asked: Asked) -> Form | Ack:
        """Return the form, filled in with what is now, or why there is none for this person."""
        verb = asked.wish.verb.value
        try:
            return self._open(asked)
        except StrangerError as error:
            return self.rights.guessed(error, asked)
        except UserError as error:
            return Ack(kind=AckKind.ERROR, text=error.full_text, verb=verb)
        except StoreUnavailableError:  # also: nobody can tell what is locked
            return Ack(kind=AckKind.UNAVAILABLE, text=self.propose.away(), verb=verb)

    def _open(self, asked: Asked) -> Form | Ack:
        wish = asked.wish
        cluster = self.cluster_of(asked)
        seen = self.inventories.seen(cluster)
        if no := self.rights.objection(asked, cluster, seen):
            return self.rights.deny(no, asked, cluster)
        if seen is None:
            raise UserError(
                "No worker has told yet what there is in this swarm, so there is no form.",
                f"Try again in a moment, or type it: `{info_of(wish.verb).example}`.",
            )
        notes = self._notes(wish, cluster, seen)
        form = self._form(asked, cluster, seen.inventory, notes)
        if not form.fields:
            raise UserError(
                f"`{wish.target}` has nothing that this form could change.",
                f"Type it: `help {info_of(wish.verb).name}` lists the flags.",
            )
        return replace(form, cluster=self._named(asked, cluster))

    def cluster_of(self, asked: Asked) -> str:
        """Return the swarm that a form is of; raises as of `Propose`."""
        return self.propose.cluster_of(asked.wish.cluster, asked.place.channel, asked.by)

    def _named(self, asked: Asked, cluster: str) -> str:
        """Return the swarm where it has to be named, because another could be meant."""
        return cluster if asked.wish.cluster or len(self.propose.clusters.beats()) > 1 else ""

    def _notes(self, wish: Wish, cluster: str, seen: Sighting) -> tuple[str, ...]:
        """Return that the worker is away: what it saw is old, or that nobody is there to act."""
        if seen.is_stale:
            return (_old(seen.age),)
        gone = self.propose.gone(wish.verb, cluster)
        return (f"{gone} {_NOTHING_BEFORE}",) if gone else ()

    def _form(self, asked: Asked, cluster: str, there: Inventory, notes: tuple[str, ...]) -> Form:
        wish = asked.wish
        if wish.verb is Verb.CREATE:
            return create_form(notes)
        if wish.verb is Verb.NODE_UPDATE:
            if not wish.target:
                return node_choice_form(notes)
            return node_form(self._node(asked, cluster, there), notes)
        if not wish.target:
            return deploy_form(channel=asked.nowhere, notes=notes)
        service = self._service(asked, cluster, there)
        return (scale_form if wish.verb is Verb.SCALE else update_form)(service, notes)

    def _service(self, asked: Asked, cluster: str, there: Inventory) -> ServiceStock:
        found = there.service(asked.wish.target)
        if found is None:
            names = [each.name for each in self.rights.readable(asked, cluster, there.services)]
            raise self._unknown("service", asked, cluster, names)
        return found

    def _node(self, asked: Asked, cluster: str, there: Inventory) -> NodeStock:
        found = there.node(asked.wish.target)
        if found is None:
            names = [each.name for each in self.rights.readable(asked, cluster, there.nodes)]
            raise self._unknown("node", asked, cluster, names)
        return found

    def _unknown(self, what: str, asked: Asked, cluster: str, known: list[str]) -> NotFound:
        name = asked.wish.target
        hint = did_you_mean(name, known, self.propose.suggest)
        hint = f"{hint} " if hint else f"`{typed(f'{what}s', cluster)}` lists them. "
        return NotFound(f"There is no {what} `{name}`.", f"{hint}{_JUST_NOW}", what)

    # -- filled in

    def chosen(self, asked: Asked, name: str, channel: str) -> Form | Wrong:
        """Return the form of the service or node that was chosen."""
        about = "node" if asked.wish.verb is Verb.NODE_UPDATE else "service"
        try:
            offered = self._offered(asked, channel)
        except StrangerError as error:
            return Wrong(about, self.rights.guessed(error, asked).text)
        except UserError as error:
            return Wrong(about, error.full_text)
        except StoreUnavailableError:
            return Wrong(about, self.propose.away())
        form = self.open(self.with_choice(asked, name, channel, offered))
        return Wrong(about, form.text) if isinstance(form, Ack) else form

    def with_choice(self, asked: Asked, service: str, channel: str, cluster: str) -> Asked:
        """Return what is asked for by who has chosen a service, and a channel if there was none.

        Args:
            asked: as it was when the services were offered.
            service: the one that was chosen.
            channel: the one that was chosen.
            cluster: the swarm whose services were offered: what that channel's own one is does not
                count. Empty where there is no other.
        """
        place = replace(asked.place, channel=channel) if asked.nowhere else asked.place
        wish = replace(asked.wish, target=service, cluster=cluster)
        return replace(asked, wish=wish, place=place)

    def _offered(self, asked: Asked, channel: str) -> str:
        """Return the swarm whose services were offered, where the channel could mean another."""
        cluster = self.cluster_of(asked)
        home = self.propose.gate.policy.channels.get(channel, "")
        return cluster if home else self._named(asked, cluster)

    def filled(
        self, asked: Asked, shown: Mapping[str, str], filled: Mapping[str, str]
    ) -> Tried | Wrong:
        """Try what was filled in as a dry run.

        Args:
            asked: the form.
            shown: what stood in it, by field.
            filled: what stands in it now.
        """
        command = self._read(asked, shown, filled)
        if isinstance(command, Wrong):
            return command
        try:
            cluster = self.cluster_of(asked)
            no = self.rights.objection(asked, cluster, self.inventories.seen(cluster))
        except StrangerError as error:
            return Wrong("", self.rights.guessed(error, asked).text)
        except UserError as error:
            return Wrong("", error.full_text)
        except StoreUnavailableError:
            return Wrong("", self.propose.away())
        if no:
            return Wrong("", self.rights.deny(no, asked, cluster).text)
        return self.tried(command, asked)

    def _read(
        self, asked: Asked, shown: Mapping[str, str], filled: Mapping[str, str]
    ) -> Command | Wrong:
        try:
            check_visible(filled)
        except UserError as error:
            return Wrong(error.about, error.full_text)
        line = typed_line(asked.wish, shown, filled)
        parsed = parse(line, self.propose.suggest, literal=True)
        if isinstance(parsed, Answer):
            return Wrong(field_of(parsed.about), parsed.text)
        return parsed

    def tried(self, command: Command, asked: Asked) -> Tried | Wrong:
        """Begin the dry run of a line."""
        dry = replace(command, options=replace(command.options, dry_run=True))
        typed = Typed(
            text="",
            by=asked.by,
            place=replace(asked.place, in_form=True),
            source=Source.FORM,
            delivery=asked.delivery,
        )
        ack = self.propose.understood(dry, typed)
        if ack.kind is AckKind.ACCEPTED:
            return Tried(ack.ids[0], self._away(command, asked))
        return Wrong("", ack.text)

    def _away(self, command: Command, asked: Asked) -> str:
        """Return what an ack of a typed line has in it, too; what cannot be looked up is not said.

        The plan of a dry run is refused when it comes too late, as every line is.
        """
        try:
            cluster = self.propose.cluster_of(
                command.options.cluster, asked.place.channel, asked.by
            )
        except (StoreUnavailableError, UserError):  # it was known when it was recorded
            return ""
        gone = self.propose.gone(command.verb, cluster)
        return f"{gone} {_SHOWN_LATER}" if gone else ""

    def outcome(self, record_id: str) -> Shown | None:
        """Return what a dry run came to, None while it goes on.

        Raises:
            StoreUnavailableError: nobody can tell.
        """
        record = self._record(record_id)
        row = self._store.get(Message, private_id(record_id)) if record else None
        if record is None or record.state not in _OVER or row is None:
            return None
        plan = record.plan if isinstance(record, Rollout) else record
        return Shown(
            record_id=record_id,
            line=_line(record),
            content=row.value.wanted,
            cluster=Command.from_json(record.request.command).options.cluster,
            about=field_of(str(row.value.extra.get("about", ""))),
            is_refused=record.state not in _SHOWN,
            changes=record.state in _SHOWN and plan is not None and bool(plan.changes),
        )

    def send(self, record_id: str, asked: Asked) -> Ack:
        """Ask for what was shown: the same line without --dry-run, bound to that very plan."""
        try:
            record = self._record(record_id)
            if record is None or record.state not in _SHOWN or record.request.by != asked.by:
                return Ack(kind=AckKind.ERROR, text=_TOO_OLD)
            command = Command.from_json(record.request.command)
            what, verb = resource_of_subject(record), group_of_verb(command.verb)
            no = self.rights.refused(asked, [verb], what) if asked.nowhere else None
        except StoreUnavailableError:
            return Ack(kind=AckKind.UNAVAILABLE, text=self.propose.away())
        if no:
            wish = Wish(command.verb, command.targets[0], command.options.cluster)
            return self.rights.deny(no, replace(asked, wish=wish), record.cluster)
        typed = Typed(
            text="",
            by=asked.by,
            place=replace(record.request.place, in_form=False),
            source=Source.FORM,
            delivery=asked.delivery,
            expects=_fingerprint(record),
        )
        wanted = replace(command, options=replace(command.options, dry_run=False))
        return self.propose.understood(wanted, typed)

    def _record(self, record_id: str) -> Rollout | Change | None:
        if record_id.startswith("c-"):
            change = self._store.get(Change, record_id)
            return change.value if change else None
        rollout = self._store.get(Rollout, record_id)
        return rollout.value if rollout else None


def _line(record: Rollout | Change) -> str:
    command = Command.from_json(record.request.command)
    return replace(command, options=replace(command.options, dry_run=False)).canonical


def _fingerprint(record: Rollout | Change) -> str:
    if isinstance(record, Change):
        return record.fingerprint
    return record.plan.fingerprint if record.plan else ""


def _old(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return (
        f"The worker was last heard {minutes} min ago: this is what it saw then, and nothing "
        "happens before it is back."
    )
