"""The embedded engine behind ClickHouse's HTTP protocol, so that the real client meets a real network and its faults.

    python -m tests.clickhouse_server --path DIR [--port 0] [--password SECRET]

prints the port it listens on, and then reads commands from its input, one in a line: the name of a `Fault`, answered by
the same name once it is in force. It ends when its input does.

It is a process of its own because a process can have one engine only.
"""

import argparse
import email.parser
import email.policy
import json
import re
import socket
import subprocess
import sys
import tempfile
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, quote, urlsplit

import chdb
import lz4.frame  # type: ignore[import-untyped]  # it has no stubs

# What a server does not take by default, so that we notice: `http_max_uri_size` and `http_max_field_value_size`.
MAX_URI = 1_048_576
MAX_FIELD = 131_072

# Parameters of the protocol itself; any other is a setting of the query.
PROTOCOL = {
    "query", "database", "query_id", "wait_end_of_query", "client_protocol_version", "enable_http_compression",
    "send_progress_in_http_headers", "http_headers_progress_interval_ms",
}  # fmt: skip

STATUS = {60: 404, 81: 404, 62: 400, 457: 400, 516: 403}


class Fault(StrEnum):
    NONE = "none"
    REFUSE = "refuse"  # nobody listens
    HANG = "hang"  # requests are taken and never answered
    LOST = "lost"  # inserts are stored, but a 500 of nobody knows whom comes back
    CUT = "cut"  # inserts are stored, but the connection breaks before the answer
    UNAVAILABLE = "unavailable"  # 503
    SLOW = "slow"  # inserts are stored, and answered when the fault is over


class Refused(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Statement:
    sql: str
    data: bytes | None  # of an INSERT … FORMAT Native, or … SELECT … FROM input(…) … FORMAT JSONEachRow
    parameters: Mapping[str, str]

    @property
    def is_insert(self) -> bool:
        return self.data is not None


@dataclass(frozen=True)
class Result:
    content: bytes = b""
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0


NO_RESULT = Result()

connect: Callable[[str], Any] = chdb.connect


class Engine:
    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._anchor = connect(self._path)

    def close(self) -> None:
        self._anchor.close()

    def run(self, statement: Statement) -> Result:
        """Each statement has a session to itself. Raises `Refused`."""
        session = connect(self._path)
        try:
            return self._run(session, statement)
        except Exception as error:
            message = str(error)
            code = re.search(r"Code: (\d+)", message)
            raise Refused(int(code[1]) if code else 1002, message[code.start() if code else 0 :]) from error
        finally:
            session.close()

    def _run(self, session: Any, statement: Statement) -> Result:
        if database := statement.parameters.get("database"):
            session.query(f"USE `{database}`")
        for name, value in statement.parameters.items():
            if name not in PROTOCOL and not name.startswith("param_"):
                session.query(f"SET {name} = {quoted(value)}")
        bound = {n.removeprefix("param_"): v for n, v in statement.parameters.items() if n.startswith("param_")}
        if statement.data is None:
            result = session.query(statement.sql, "TabSeparated", params=bound)
            return Result(bytes(result.bytes()), result.storage_rows_read(), result.storage_bytes_read())
        with tempfile.NamedTemporaryFile() as file:
            file.write(statement.data)
            file.flush()
            written = session.query(from_file(statement.sql, file.name), params=bound)
            return Result(written_rows=written.rows_read() or written.storage_rows_read())


def from_file(sql: str, path: str) -> str:
    """The same insert, with its data in a file: embedded, the engine takes none along with the statement."""
    if sql.endswith("FORMAT Native"):
        return f"{sql.removesuffix('FORMAT Native')} FROM INFILE {quoted(path)} FORMAT Native"
    source = rf"FROM file({quoted(path)}, 'JSONEachRow', \1)"
    return re.sub(r"FROM input\(('[^']*')\)", source, sql.removesuffix("FORMAT JSONEachRow"))


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, engine: Engine, password: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.engine = engine
        self.credentials = "Basic " + b64encode(f"noshow:{password}".encode()).decode() if password else ""
        self.fault = Fault.NONE
        self.changed = threading.Event()
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """No longer listen, and break what is connected."""
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are what this server is for."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._answer(200, b"Ok.\n")

    def do_POST(self) -> None:
        try:
            statement = self._statement()
            if self._faulty_before():
                return
            result = self.server.engine.run(statement)
        except Refused as refused:
            headers = {"X-ClickHouse-Exception-Code": str(refused.code)}
            self._answer(STATUS.get(refused.code, 500), str(refused).encode(), headers)
            return
        if not (statement.is_insert and self._faulty_after()):
            wanted = re.search(r"FORMAT\s+(\w+)\s*$", statement.sql)
            format_header = {"X-ClickHouse-Format": wanted[1] if wanted else "TabSeparated"} if result.content else {}
            self._answer(200, result.content, format_header, result)

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _faulty_before(self) -> bool:
        if self.server.fault is Fault.HANG:
            self.server.changed.wait()
            self.close_connection = True
            return True
        if self.server.fault is Fault.UNAVAILABLE:
            self._answer(503, b"no server is available")
            return True
        return False

    def _faulty_after(self) -> bool:
        if self.server.fault is Fault.SLOW:
            self.server.changed.wait()
        if self.server.fault is Fault.CUT:
            self.close_connection = True
            return True
        if self.server.fault is Fault.LOST:
            self._answer(500, b"something broke on the way")
            return True
        return False

    def _statement(self) -> Statement:
        body = self._body()
        if len(self.path) > MAX_URI:
            raise Refused(1000, "Code: 1000. DB::Exception: URI too long (POCO_EXCEPTION)")
        if self.headers.get("Authorization", "") != self.server.credentials and self.server.credentials:
            raise Refused(516, "Code: 516. DB::Exception: noshow: Authentication failed (AUTHENTICATION_FAILED)")
        parameters = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if self.headers.get_content_type() == "multipart/form-data":
            parameters |= form_fields(self.headers["Content-Type"], body)
            body = b""
        if any(len(value.encode()) > MAX_FIELD for value in parameters.values()):
            raise Refused(1000, "Code: 1000. DB::Exception: Field value too long (POCO_EXCEPTION)")
        whole = b"\n".join(part for part in (parameters.get("query", "").encode(), body) if part)
        insert = re.match(rb"INSERT INTO .*? FORMAT (Native|JSONEachRow)(?=\n)", whole, re.DOTALL)
        if insert:
            return Statement(insert[0].decode(), whole[insert.end() + 1 :], parameters)
        return Statement(whole.decode(), None, parameters)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            raw = b"".join(self._chunks())
        else:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") != "lz4":
            return raw
        try:
            return bytes(lz4.frame.decompress(raw))
        except RuntimeError as error:
            raise Refused(271, f"Code: 271. DB::Exception: {error} (CANNOT_DECOMPRESS)") from error

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None, result: Result = NO_RESULT
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("X-ClickHouse-Timezone", "UTC")
        summary = {key: str(getattr(result, key)) for key in ("written_rows", "read_rows", "read_bytes")}
        self.send_header("X-ClickHouse-Summary", json.dumps(summary))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def form_fields(content_type: str, body: bytes) -> dict[str, str]:
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    form = parser.parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    return dict(map(form_field, form.iter_parts()))


def form_field(part: "Message[str, str]") -> tuple[str, str]:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return str(part.get_param("name", header="content-disposition")), content.decode()


class Listener:
    """The listening socket, which a fault can take away."""

    def __init__(self, port: int, engine: Engine, password: str) -> None:
        self._engine = engine
        self._password = password
        self._server = self._started(port)

    @property
    def port(self) -> int:
        return self._server.server_port

    def set(self, fault: Fault) -> None:
        before, self._server.fault = self._server.fault, fault
        self._server.changed.set()
        if fault is Fault.REFUSE:
            self._server.stop()
        elif before is Fault.REFUSE:
            self._server = self._started(self.port)
            self._server.fault = fault
        self._server.changed = threading.Event()

    def _started(self, port: int) -> Server:
        server = Server(port, self._engine, self._password)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        return server


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--path", type=Path, required=True)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--password", default="")
    options = arguments.parse_args()
    engine = Engine(options.path)
    listener = Listener(options.port, engine, options.password)
    print(listener.port, flush=True)
    for line in sys.stdin:
        listener.set(Fault(line.strip()))
        print(line.strip(), flush=True)
    listener.set(Fault.REFUSE)
    engine.close()


class ClickHouseServer:
    """The process, from outside."""

    def __init__(self, process: "subprocess.Popen[str]", password: str) -> None:
        self._process = process
        self._input: IO[str] = process.stdin or sys.stdin
        self._output: IO[str] = process.stdout or sys.stdout
        credentials = f"noshow:{quote(password, safe='')}@" if password else ""
        self.url = f"http://{credentials}127.0.0.1:{int(self._output.readline())}"

    @contextmanager
    def fault(self, fault: Fault) -> Iterator[None]:
        """In force until the end of the block."""
        self._set(fault)
        try:
            yield
        finally:
            self._set(Fault.NONE)

    def stop(self) -> None:
        self._process.communicate()

    def _set(self, fault: Fault) -> None:
        self._input.write(f"{fault}\n")
        self._input.flush()
        assert self._output.readline().strip() == fault


def start(path: Path, password: str = "") -> ClickHouseServer:
    command = [sys.executable, "-m", "tests.clickhouse_server", "--path", str(path), "--password", password]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return ClickHouseServer(process, password)


if __name__ == "__main__":
    main()
