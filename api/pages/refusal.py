"""What was sent and did not happen: the page says why, and keeps what was filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import Request
from starlette.responses import Response

from api.errors import STATUS, as_sentence, wants_page
from api.problem import ApiError, BadParameters, Fault
from reconcile.errors import ReconcileError

REFUSALS: tuple[type[Exception], ...] = (ApiError, *STATUS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """`form`: the last part of the address that it was sent to, '' where nothing was refused. `faults`: where there is
    more to say than `why` has room for."""

    status: int = 200
    why: str = ""
    form: str = ""
    sent: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[Fault] = ()

    def kept(self, form: str, name: str) -> str:
        """What to fill into a field again."""
        return self.sent.get(name, "") if form == self.form else ""

    def on(self, page: Response) -> Response:
        page.status_code = self.status
        return page


NOTHING_REFUSED = Refusal()


def refused(request: Request, error: Exception, form: str, sent: Mapping[str, str]) -> Refusal:
    """Of one of `REFUSALS`. Raises it again for programs."""
    if not wants_page(request):
        raise error
    if isinstance(error, ApiError):
        # Of single fields everything is said in the sentence.
        faults = () if isinstance(error, BadParameters) else error.faults
        return Refusal(error.status, error.detail, form, sent, faults)
    assert isinstance(error, ReconcileError)
    return Refusal(STATUS[type(error)], f"Not done: {as_sentence(str(error))}", form, sent)
