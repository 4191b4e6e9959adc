"""The bot's forms over a worker in memory."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.audit import AuditDraft, from_line
from bot.domain.flags.verb import Verb
from bot.domain.form import Form
from bot.domain.grammar.suggest import nearest
from bot.domain.grammar.wish import Wish
from bot.domain.policy import Grant, Members, Policy, VerbGroup
from bot.domain.request import Place
from bot.usecases.form_choices import FormChoices
from bot.usecases.form_rights import Asked
from bot.usecases.forms import Forms, Shown, Tried, Wrong
from bot.usecases.propose import Ack, Propose
from tests.fakes.leases import all_well
from tests.unit.usecases.bed import ANN, CHANNEL, Bed
from workers.inventory import InventoryKeeper

UPDATE, SCALE = Wish(Verb.UPDATE, "web"), Wish(Verb.SCALE, "web")


class Office:
    """The bot's forms over the bed's worker."""

    def __init__(self, bed: Bed, *others: str) -> None:
        self.bed, self.count = bed, 0
        propose = Propose(
            store=bed.store,
            queue=bed.queue,
            clock=bed.clock,
            ids=bed.ids,
            gate=bed.gate,
            suggest=nearest,
            clusters=all_well(bed.cluster, *others),
        )
        self.forms = Forms(propose=propose, inventories=bed.inventories)
        self.choices = FormChoices(forms=self.forms)
        self.keeper = InventoryKeeper(
            cluster=bed.cluster,
            swarm=bed.swarm,
            registry=bed.swarm,
            inventories=bed.inventories,
            leads=lambda: True,
        )
        self.keeper.look()

    def asked(self, wish: Wish = UPDATE, **fields: object) -> Asked:
        self.count += 1
        place = Place(channel=CHANNEL, response_url="https://hooks.slack.com/x")
        one = Asked(wish=wish, by=ANN, place=place, delivery=f"trigger:{self.count}")
        return replace(one, **fields)  # type: ignore[arg-type]  # fields are named at each call

    def form(self, asked: Asked) -> dict[str, str]:
        form = self.forms.open(asked)
        assert isinstance(form, Form), form
        return {each.name: each.value for each in form.fields}

    def refused(self, asked: Asked) -> str:
        said = self.forms.open(asked)
        assert isinstance(said, Ack), said
        return said.text

    def tries(self, wish: Wish = UPDATE, **filled: str) -> Shown:
        named = {key.replace("_", "-"): text for key, text in filled.items()}
        shown = self.form(self.asked(wish))
        tried = self.forms.filled(self.asked(wish), shown, shown | named)
        assert isinstance(tried, Tried), tried
        assert self.forms.outcome(tried.record_id) is None
        self.bed.work()
        found = self.forms.outcome(tried.record_id)
        assert found is not None
        return found

    def entries(self) -> list[AuditDraft]:
        lines = self.bed.audit.lines(0, self.bed.audit.length())
        return [from_line(line).draft for line in lines]

    def wrong(self, shown: Mapping[str, str], filled: Mapping[str, str]) -> Wrong:
        said = self.forms.filled(self.asked(), shown, filled)
        assert isinstance(said, Wrong), said
        return said


def rules(*may: VerbGroup, **grant: object) -> Policy:
    line = Grant(name="g", role="dev", may=frozenset(may), **grant)  # type: ignore[arg-type]  # as above
    return Policy(roles={"dev": Members(users=frozenset({ANN.user}))}, grants=(line,), hash="h")
