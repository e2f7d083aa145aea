"""The source of truth of a step: asked as its rule says, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import httpx

from reconcile.errors import Unfilled
from reconcile.outgoing.call import Call, NoReply, Reply
from reconcile.outgoing.prepared import Request
from reconcile.outgoing.request import Filling, attributes_in, of_lookup
from reconcile.outgoing.retry_after import retry_after
from reconcile.rulebook import Rulebook
from reconcile.truth.limits import Limits
from rules.expression import Attribute
from rules.spec import Workflow
from rules.spec_truth import Truth
from rules.truth import Heard, hear, known
from store import event
from store.clickhouse import ClickHouse

# A server in trouble: whatever the rule makes of its answer, it says nothing of the step.
IN_TROUBLE = frozenset({408, 425, 429, *range(500, 600)})


class Outcome(StrEnum):
    CONFIRMED = event.CONFIRMED  # it did happen
    ABSENT = event.ABSENT  # it did not happen, and will not
    UNKNOWN = "unknown"  # can't tell: never taken for a failure


@dataclass(frozen=True, slots=True)
class Question:
    """Whether a step of an instance happened, by the version of the rule that judged it."""

    workflow: str
    correlation_id: str
    step: str
    rule_hash: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`note` says in words what was answered. `time`: when it happened, if the source says so; `status`: of HTTP;
    `retry_after`: what was asked for; times in µs. `shown` is the request without secrets, `external` the references of
    others that it held."""

    outcome: Outcome
    note: str
    time: int | None = None
    status: int | None = None
    retry_after: int | None = None
    shown: Mapping[str, object] = field(default_factory=dict)
    external: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_fault(self) -> bool:
        """The source has said nothing at all; not even that it does not know."""
        return self.status is None or self.status in IN_TROUBLE


class Source:
    """Safe to share among threads. `environment` is what `${NAME}` in a rule reads."""

    def __init__(
        self, clickhouse: ClickHouse, rulebook: Rulebook, call: Call, environment: Mapping[str, str], limits: Limits
    ) -> None:
        self._clickhouse = clickhouse
        self._rulebook = rulebook
        self._call = call
        self._environment = environment
        self._limits = limits

    def truth(self, question: Question) -> Truth | None:
        """Where the rule in force says that the truth is, if it does."""
        step = self._rulebook.step(question.workflow, question.step, question.rule_hash)
        return step.truth if step else None

    def ask(self, question: Question, now: int) -> Answer:
        """One request at `now` (µs UTC). What the source, the network or the rule do wrong is an answer: can't tell.

        Raises `Busy` where the source is asked as much as it may be, and StoreError.
        """
        workflow = self._rulebook.workflow(question.workflow, question.rule_hash)
        truth = self.truth(question)
        if workflow is None or truth is None:
            return Answer(Outcome.UNKNOWN, "the rule in force names no source of truth for this step")
        try:
            request, external = self._request(workflow, truth, question, now)
        except Unfilled as error:
            return Answer(Outcome.UNKNOWN, f"not asked: {error}")
        with self._limits.place(_host(request.url), now):
            reply = self._call(request.method, request.url, request.headers, request.body)
        return self._answer(truth, request, external, reply, now)

    def _request(
        self, workflow: Workflow, truth: Truth, question: Question, now: int
    ) -> tuple[Request, Mapping[str, str]]:
        attributes = known(self._clickhouse, workflow, question.correlation_id, now, attributes_in(truth))
        filling = Filling(question.correlation_id, question.workflow, question.step, attributes, self._environment)
        return of_lookup(truth, filling), _references(attributes)

    def _answer(
        self, truth: Truth, request: Request, external: Mapping[str, str], reply: Reply | NoReply, now: int
    ) -> Answer:
        if isinstance(reply, NoReply):
            return Answer(Outcome.UNKNOWN, reply.error, shown=request.shown, external=external)
        said = f"HTTP {reply.status}"
        if reply.status in IN_TROUBLE:
            wait = retry_after(reply.headers.get("retry-after", ""), now)
            return Answer(Outcome.UNKNOWN, said, None, reply.status, wait, request.shown, external)
        heard = hear(self._clickhouse, truth, reply.status, reply.body)
        outcome, note = _read(heard, said)
        time = heard.time if outcome is Outcome.CONFIRMED else None
        return Answer(outcome, note, time, reply.status, None, request.shown, external)


def _read(heard: Heard, said: str) -> tuple[Outcome, str]:
    if heard.confirmed and heard.absent:
        return Outcome.UNKNOWN, f"{said}, and by the rule the answer says both: that it happened and that it did not"
    if heard.confirmed:
        return Outcome.CONFIRMED, said
    if heard.absent:
        return Outcome.ABSENT, said
    return Outcome.UNKNOWN, f"{said}, and the answer says neither that it happened nor that it did not"


def _host(url: str) -> str:
    try:
        return httpx.URL(url).netloc.decode("ascii").lower()
    except (httpx.InvalidURL, ValueError):
        return ""  # nobody is asked under such an address


def _references(attributes: Mapping[Attribute, str]) -> Mapping[str, str]:
    """What the request names that others would know it by, such as `charge_id`."""
    return {it.path[-1]: text.strip('"') for it, text in attributes.items() if text and it.path[-1].endswith("_id")}
