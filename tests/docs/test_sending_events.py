"""What docs/sending-events.md shows is so: its commands are run, and what they send is stored."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from collector.intake.intake import Intake
from store import events as event_store
from store.clickhouse import ClickHouse
from store.event import DAY
from tests.collector.conftest import LIMITS
from tests.collector.listening import Listening
from tests.conftest import NOON
from tests.store.clock import ManualClock

PAGE = (Path(__file__).parents[2] / "docs" / "sending-events.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_command_sends_an_event_that_is_stored(clickhouse: ClickHouse) -> None:
    with Intake(clickhouse) as intake:
        server = Listening(intake, LIMITS, ManualClock(NOON + 400 * DAY))
        said = [_run(block, server) for block in BLOCKS]
        server.stop()
    assert all('"rejected": []' in answer or answer == "{}" for answer in said), said
    kept = [(event.source, event.name) for event in event_store.history(clickhouse, "order-1")]
    # The first two have one id: the same event, however it came.
    assert sorted(kept) == [
        ("payments", "PaymentReceived"),
        ("payments", "PaymentReceived"),
        ("warehouse", "ItemShipped"),
    ]


def _run(block: str, server: Listening) -> str:
    script = block.replace("localhost:8080", f"127.0.0.1:{server.port}").replace("curl ", "curl -sS ")
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=60).stdout
