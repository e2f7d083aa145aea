"""Workers in processes of their own, to be killed. Their time runs fast, so that holds and pauses pass in no time."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from threading import Event

from reconcile.actions.worker import Worker
from reconcile.outgoing.call import Call, Caller, NoReply, Reply
from store.database import Database
from tests.reconcile.desk import NOON

FASTER = 1000
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.faults.action_worker"])


@dataclass(frozen=True)
class FastClock:
    """Of all processes alike: NOON when it began."""

    began: float

    def now(self) -> int:
        return NOON + round((time.time() - self.began) * FASTER * 1_000_000)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / FASTER + 0.002)


@dataclass(frozen=True)
class Orders:
    """`die`: where the process kills itself, "before" or "after" the call; "" if it does not. `timeout`: seconds."""

    database: str
    clock: FastClock
    die: str = ""
    timeout: float = 0.05


def started(orders: Orders) -> ForkServerProcess:
    process = _processes.Process(target=work, args=(orders,), daemon=True)
    process.start()
    return process


def work(orders: Orders) -> None:
    database = Database.open(orders.database)
    call = _dying(Caller(allow_private=True, timeout=orders.timeout), orders.die)
    Worker(database, call, {}, steady=lambda: time.monotonic() * FASTER).run(orders.clock, Event())


def _dying(call: Call, where: str) -> Call:
    def dies() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def calls(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply | NoReply:
        here: Callable[[], None] = dies
        if where == "before":
            here()
        answer = call(method, url, headers, body)
        if where == "after":
            here()
        return answer

    return calls
