"""A server on a socket that answers as it is told, and remembers what it was asked."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse

OTLP = {"Content-Type": "application/x-protobuf"}


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: OTLP)


def refusing(count: int, reason: str) -> Reply:
    """OTLP's partial success."""
    answer = ExportLogsServiceResponse()
    answer.partial_success.rejected_log_records = count
    answer.partial_success.error_message = reason
    return Reply(body=answer.SerializeToString())


@dataclass
class Answering:
    """Gives its replies one after the other, and the last again and again."""

    url: str
    replies: list[Reply]
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    """Headers, by names in lower case, and bodies."""
    asked: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def names(self) -> list[list[str]]:
        """The names of the events of each request."""
        return [_names(body) for _, body in self.requests]

    def all_names(self) -> list[str]:
        return [name for names in self.names() for name in names]


def _names(body: bytes) -> list[str]:
    logs = ExportLogsServiceRequest.FromString(body).resource_logs
    return [record.event_name for log in logs for scope in log.scope_logs for record in scope.log_records]


@contextmanager
def answering(*replies: Reply, hangs: bool = False) -> Iterator[Answering]:
    """Where it hangs, it answers only once `released` is set."""
    server = _Server(("127.0.0.1", 0), BaseHTTPRequestHandler)
    told = Answering(f"http://127.0.0.1:{server.server_port}", list(replies) or [Reply()])
    if not hangs:
        told.released.set()
    server.RequestHandlerClass = _handler(told)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        told.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Who asked may be gone when the answer comes."""


def _handler(told: Answering) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            told.asked.set()
            told.released.wait(60)
            reply = told.replies[0] if len(told.replies) == 1 else told.replies.pop(0)
            self.send_response(reply.status)
            self._headers(reply.headers, reply.body)
            self.wfile.write(reply.body)

        def _headers(self, headers: Mapping[str, str], body: bytes) -> None:
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
