"""What every way in shares: a request counts from the instant at which its events are accepted."""

from starlette.requests import Request

from collector.acceptance import Acceptance
from collector.batch import Batch
from collector.intake.intake import Intake
from collector.json.body import decode_json
from collector.reception import Reception, Sent
from collector.room import Share
from store.clickhouse import ClickHouse
from tests.collector.conftest import LIMITS
from tests.conftest import NOON
from tests.finished import finished
from tests.store.clock import ManualClock

BODY = b'{"correlation_id": "o-1", "name": "OrderPlaced", "time": "2025-11-20T12:00:00Z", "source": "shop"}'


def test_what_is_being_decoded_is_waited_for(clickhouse: ClickHouse, clock: ManualClock) -> None:
    oldest: list[int | None] = []
    with Intake(clickhouse) as intake:

        def decode(body: bytes, terms: Acceptance) -> Batch:
            oldest.append(intake.oldest())
            return decode_json(body, terms)

        async def receive(_share: Share) -> Sent:
            oldest.append(intake.oldest())
            return Sent(BODY, False, decode)

        request = Request({"type": "http", "headers": [], "query_string": b"", "state": {}, "client": None})
        batch = finished(Reception(intake, LIMITS, clock).take(request, receive))
        assert batch.events.received_at == [NOON]
        assert oldest == [None, NOON], "from the acceptance on, not while the body comes: that can take long"
        assert intake.oldest() is None
