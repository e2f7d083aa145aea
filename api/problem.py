"""What goes wrong here, and as what problem it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.responses import Response

from store.problem import problem

NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request: the parameter, and what is wrong with it or was expected."""

    parameter: str
    reason: str


class ApiError(Exception):
    """Base of what this package raises. It becomes an answer with this status; anybody may read its text."""

    def __init__(
        self, status: int, detail: str, faults: Sequence[Fault] = (), *, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = headers


class BadParameters(ApiError):
    """What was asked can't be understood."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        words = "; ".join(f"{fault.parameter} {fault.reason}" for fault in faults)
        super().__init__(400, f"This can't be answered: {words}.", faults)


class NotFound(ApiError):
    """There is no such thing."""

    def __init__(self, detail: str) -> None:
        super().__init__(404, detail)


def title(status: int) -> str:
    return HTTPStatus(status).phrase


def fault_problem(
    status: int, detail: str, faults: Sequence[Fault] = (), headers: Mapping[str, str] = NO_HEADERS
) -> Response:
    """With `errors` in the document where single parameters are to blame."""
    told = [{"parameter": fault.parameter, "reason": fault.reason} for fault in faults]
    return problem(status, detail, headers=headers, members={"errors": told} if told else None)
