"""What the list of orders shows. Times are µs UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api import instance_pages
from api.completeness import Overall
from api.context import Context
from api.cursor import decode, encode
from api.instance_pages import Place
from api.instances_wanted import wanted
from api.links import board_path
from api.parameters_instances import OrdersParameters, Standing
from api.silent import Silent
from api.verdicts import Verdict
from reconcile.notify.digest import plural
from rules.present import Step
from rules.spec import UNNAMED
from rules.verdict import Kind, StepState

ROWS = 50
PATH = "/orders"


@dataclass(frozen=True, slots=True)
class Row:
    """An order in the list. `waits`: the steps that have not come and are expected; `held` those of them that are not
    judged, with why."""

    verdict: Verdict
    noun: str
    waits: Sequence[Step]
    held: str

    @property
    def late(self) -> bool:
        return any(kind == Kind.LATE for _, kind in self.verdict.instance.findings)

    @property
    def first_due(self) -> int | None:
        return min((step.due for step in self.waits if step.due is not None), default=None)


@dataclass(frozen=True, slots=True)
class Orders:
    """`states`: how many instances of each workflow are in which state, `None` where nobody knows. `choices` has what
    can be chosen for workflow, step and owner. `more`, `first`, `export`, `cases`: addresses. `noun`: what all that is
    asked for are called, order where they are called this and that."""

    now: int
    noun: str
    rows: Sequence[Row]
    states: Overall | None
    choices: Mapping[str, Sequence[str]]
    here: str
    first: str | None
    more: str | None
    export: str
    cases: str
    filtered: bool

    @property
    def nouns(self) -> str:
        return plural(self.noun)

    def count(self, state: str, workflow: str | None) -> int | None:
        """How many there are in a state ('': in any), of a workflow or of all; `None` where that is not counted."""
        if self.states is None or state in (Standing.LATE, Standing.HELD):
            return None
        counted = [it for name, it in self.states.items() if workflow in (None, name)]
        return sum(it.ever.all if state == "" else it.ever.states.get(state, 0) for it in counted)


def look(here: Context, asked: OrdersParameters) -> Orders:
    """`BadParameters` for a broken cursor, `StoreUnavailable` where a store is away."""
    now = here.clock.now()
    after = decode(asked.after, Place) if asked.after else None
    page = instance_pages.page(here.clickhouse, wanted(here, asked), asked.sort, after, ROWS)
    nouns = {it.name: it.noun for it in here.rulebook.workflows}
    silent, states = here.silent.get(), here.completeness["7d"].get()
    given = asked.given
    more = encode(page.next) if page.next else None
    of_cases = {name: given.get(name) for name in ("workflow", "step", "owner", "q")}
    return Orders(
        now=now,
        noun=_noun(nouns, asked.workflow),
        rows=[_row(verdict, nouns, silent, now) for verdict in page.verdicts],
        states=states,
        choices=_choices(here, asked, states),
        here=board_path({**given, "after": asked.after}, PATH),
        first=board_path(given, PATH) if asked.after else None,
        more=board_path({**given, "after": more}, PATH) if more else None,
        export=board_path(given, "/v1/instances/export"),
        cases=board_path(of_cases),
        filtered=any(name != "sort" for name in given),
    )


def _noun(nouns: Mapping[str, str], workflow: str | None) -> str:
    words = {noun for name, noun in nouns.items() if workflow in (None, name)} - {UNNAMED}
    return words.pop() if len(words) == 1 else "order"


def _row(verdict: Verdict, nouns: Mapping[str, str], silent: Sequence[Silent], now: int) -> Row:
    instance = verdict.instance
    waits = [step for step in instance.steps if step.state in (StepState.PENDING, StepState.MISSING)]
    overdue = [it.name for it in waits if it.state == StepState.PENDING and it.due is not None and it.due < now]
    held = (it.incident for it in silent for step in overdue if it.holds(instance.workflow, step))
    why = next((f"{it.subject} {it.how}" for it in held), "")
    return Row(verdict, nouns.get(instance.workflow, UNNAMED), waits, why)


def _choices(here: Context, asked: OrdersParameters, states: Overall | None) -> Mapping[str, Sequence[str]]:
    """What is chosen now stays, even if nothing has it any more."""
    rules = [it for it in here.rulebook.workflows if asked.workflow in (None, it.name)]
    every = {it.name for it in here.rulebook.workflows} | set(states or {})
    known = {
        "workflow": every,
        "step": {step.name for it in rules for step in it.steps},
        "owner": {step.owner for it in rules for step in it.steps},
    }
    chosen = {"workflow": asked.workflow, "step": asked.step, "owner": asked.owner}
    return {name: sorted({*names, chosen[name] or ""} - {""}) for name, names in known.items()}
