"""What a way in is, to the compliance table: a real client that sends, and what it is to hear."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from tests.collector.listening import Listening

SINGLE, BATCH, GZIP, PARTIAL = "single", "batch", "gzip", "partial failure"
MALFORMED, OVERSIZE, RETRY = "malformed", "oversize", "retry"
COLUMNS = (SINGLE, BATCH, GZIP, PARTIAL, MALFORMED, OVERSIZE, RETRY)

HTTP: Mapping[str, str] = {
    **{SINGLE: "200", BATCH: "200", GZIP: "200", PARTIAL: "200, 1 refused"},
    **{MALFORMED: "400", OVERSIZE: "413", RETRY: "503, then 200"},
}
GRPC: Mapping[str, str] = {
    **{SINGLE: "OK", BATCH: "OK", GZIP: "OK", PARTIAL: "OK, 1 refused"},
    **{MALFORMED: "INVALID_ARGUMENT", OVERSIZE: "RESOURCE_EXHAUSTED", RETRY: "UNAVAILABLE, then OK"},
}
ONE_BY_ONE = "one by one"
ALONE: Mapping[str, str] = {**HTTP, BATCH: ONE_BY_ONE, PARTIAL: "400, 1 refused"}
"""Of requests that hold one event only."""


class Sample(NamedTuple):
    """An event to send; without a correlation ID it is to be refused."""

    id: str
    correlation_id: str = "o-1"


class Client(Protocol):
    def send(self, at: Listening, samples: Sequence[Sample], *, packed: bool) -> str:
        """As this client does, which comes again where it is told to. What it heard."""

    def raw(self, at: Listening, body: bytes) -> str:
        """Bytes as they are. What was heard."""


class Way(NamedTuple):
    """A row of the table. `cells`: the answer in each column."""

    protocol: str
    driven_by: str
    cells: Mapping[str, str]
    client: Client


def heard(answers: Sequence[object], refused: int) -> str:
    """`answers`: one for each time that the client came; `refused`: how many events the last one says were."""
    came = ", then ".join(map(str, answers))
    return f"{came}, {refused} refused" if refused else came
