"""TLS: a real server under a certificate, and clients that trust it, or not."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import httpx
import pytest
from fastapi import FastAPI, Request
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub

from api.access.identity import Scope
from collector.intake.intake import Intake
from collector.sender import CERTIFIED
from noshow.stores import Stores
from noshow.tls import BadCertificate, Certificate
from store.clickhouse import ClickHouse
from store.database import Database
from store.settings import SettingsError, TlsSettings, load
from tests.api.access.bearer import bearer
from tests.collector.conftest import LIMITS
from tests.collector.listening import Listening
from tests.collector.otlp.records import record, request
from tests.conftest import NOON
from tests.noshow.certificates import Authority, Pair
from tests.noshow.command import noshow
from tests.noshow.listening import listening
from tests.noshow.whole import whole
from tests.store.clock import ManualClock


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "stranger")


@contextmanager
def telling(certificate: Certificate) -> Iterator[str]:
    """A server that says whether its client has shown a certificate."""
    app = FastAPI()

    @app.get("/")
    async def certified(request: Request) -> bool:
        return getattr(request.state, CERTIFIED, False)

    with listening(app, certificate) as url:
        yield url


def settings(pair: Pair, client_ca: Path | None = None) -> TlsSettings:
    return TlsSettings(pair.certificate, pair.key, client_ca)


def trusting(authority: Authority, pair: Pair | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.file)
    if pair is not None:
        context.load_cert_chain(*pair.names)
    return context


def shown(url: str, authority: Authority) -> int:
    """The serial number of the server's certificate."""
    host, port = url.removeprefix("https://").split(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        trusting(authority).wrap_socket(plain, server_hostname=host) as secured,
    ):
        told = secured.getpeercert()
        assert told is not None
        return int(str(told["serialNumber"]), 16)


def test_who_trusts_the_authority_is_answered_and_nobody_else(authority: Authority, stranger: Authority) -> None:
    with telling(Certificate(settings(authority.issue("server")))) as url:
        assert httpx.get(url, verify=trusting(authority)).json() is False
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(url, verify=trusting(stranger))
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url.replace("https", "http"))


def test_what_is_older_than_tls_1_2_is_refused(authority: Authority) -> None:
    context = Certificate(settings(authority.issue("server"))).context
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_client_may_show_a_certificate_and_a_wrong_one_gets_no_connection(
    authority: Authority, stranger: Authority
) -> None:
    clients = authority.issue("client", "payments@example.org")
    strangers = stranger.issue("client", "payments@example.org")
    with telling(Certificate(settings(authority.issue("server"), authority.file))) as url:
        assert httpx.get(url, verify=trusting(authority)).json() is False
        assert httpx.get(url, verify=trusting(authority, clients)).json() is True
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError, httpx.ConnectError)):
            httpx.get(url, verify=trusting(authority, strangers))


def test_to_send_events_takes_a_certificate_where_a_ca_of_clients_is_set(
    authority: Authority, clickhouse: ClickHouse, database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    server, client = authority.issue("server"), authority.issue("client", "payments@example.org")
    files = {"certificate": server.certificate, "key": server.key, "client_ca": authority.file}
    given = load({}, overrides={"data": str(tmp_path), **{f"tls.{name}": str(file) for name, file in files.items()}})
    token = bearer(database, Scope.INGEST, Scope.READ)
    with whole(Stores(clickhouse, database, None), given, clock) as running:
        for shown, status in [(None, 403), (client, 200)]:
            with httpx.Client(base_url=running.url, headers=token, verify=trusting(authority, shown)) as http:
                answer = http.post("/v1/events", json=[])
                assert answer.status_code == status, answer.text
                assert http.get("/v1/cases").status_code == 200, "people need none"
        with httpx.Client(base_url=running.url, verify=trusting(authority, client)) as http:
            assert http.post("/v1/events", json=[]).status_code == 200, "this machine needs no token"


def test_a_certificate_that_has_changed_is_in_force_without_a_restart(authority: Authority) -> None:
    certificate = Certificate(settings(authority.issue("server")))
    with telling(certificate) as url:
        first = shown(url, authority)
        certificate.step(NOON)
        assert shown(url, authority) == first
        authority.issue("server")
        certificate.step(NOON)
        assert shown(url, authority) != first


def test_while_the_files_are_no_pair_the_one_before_stays(authority: Authority) -> None:
    pair = authority.issue("server")
    certificate = Certificate(settings(pair))
    with telling(certificate) as url:
        first = shown(url, authority)
        pair.key.write_bytes(authority.issue("other").key.read_bytes())
        with pytest.raises(BadCertificate, match="the key is not that of the certificate"):
            certificate.step(NOON)
        assert shown(url, authority) == first
        authority.issue("server")
        certificate.step(NOON)
        assert shown(url, authority) != first


def export(address: str, authority: Authority, client: Pair | None = None) -> grpc.StatusCode:
    """What a call that brings one record comes to."""
    key, chain = (None, None) if client is None else (client.key.read_bytes(), client.certificate.read_bytes())
    credentials = grpc.ssl_channel_credentials(authority.file.read_bytes(), key, chain)
    with grpc.secure_channel(address, credentials) as channel:
        try:
            stub = LogsServiceStub(channel)  # type: ignore[no-untyped-call]
            stub.Export(ExportLogsServiceRequest.FromString(request(record())), timeout=30)
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def test_the_same_certificate_serves_grpc_and_is_taken_anew(
    authority: Authority, stranger: Authority, clickhouse: ClickHouse, clock: ManualClock
) -> None:
    server_pair = authority.issue("server")
    certificate = Certificate(settings(server_pair, authority.file))
    client, strangers = authority.issue("client", "a@example.org"), stranger.issue("client", "a@example.org")
    with Intake(clickhouse) as intake:
        server = Listening(intake, LIMITS, clock, tls=certificate.grpc())
        assert export(server.grpc, authority, client) is grpc.StatusCode.OK
        for other in (None, strangers):
            assert export(server.grpc, authority, other) is grpc.StatusCode.UNAVAILABLE
        for file, other_file in zip(server_pair.names, stranger.issue("server").names, strict=True):
            Path(file).write_bytes(Path(other_file).read_bytes())
        assert export(server.grpc, authority, client) is grpc.StatusCode.OK, "nobody has looked yet"
        certificate.step(NOON)
        assert export(server.grpc, authority, client) is grpc.StatusCode.UNAVAILABLE, (
            "its authority has not issued this one"
        )
        server.stop()


@pytest.mark.parametrize("wrong", ["no certificate", "no key", "mixed", "no PEM", "encrypted", "no CA", "CA no PEM"])
def test_what_can_not_be_used_is_told_at_the_start(authority: Authority, tmp_path: Path, wrong: str) -> None:
    pair, other = authority.issue("server"), authority.issue("other")
    text = tmp_path / "text.pem"
    text.write_text("rubbish")
    locked = tmp_path / "locked.pem"
    locked.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
    nowhere = tmp_path / "nowhere.pem"
    told = {
        "no certificate": (settings(Pair(nowhere, pair.key)), r"tls.certificate .*nowhere.pem: No such file"),
        "no key": (settings(Pair(pair.certificate, nowhere)), r"tls.key .*nowhere.pem: No such file"),
        "mixed": (settings(Pair(pair.certificate, other.key)), "the key is not that of the certificate"),
        "no PEM": (settings(Pair(text, pair.key)), "both in PEM"),
        "encrypted": (settings(Pair(pair.certificate, locked)), "can't be used"),
        "no CA": (settings(pair, nowhere), r"tls.client_ca .*nowhere.pem: No such file"),
        "CA no PEM": (settings(pair, text), "holds no certificate in PEM"),
    }
    given, words = told[wrong]
    with pytest.raises(BadCertificate, match=words):
        Certificate(given)


def test_a_server_does_not_start_with_a_bad_pair(authority: Authority, tmp_path: Path) -> None:
    pair, other = authority.issue("server"), authority.issue("other")
    config = tmp_path / "noshow.yaml"
    config.write_text(f"data: data\ntls: {{certificate: {pair.certificate}, key: {other.key}}}\n")
    done = noshow("serve", "--config", config)
    assert (done.code, "the key is not that of the certificate" in done.err, done.err.count("\n")) == (3, True, 1)
    assert not (tmp_path / "data").exists()


def test_both_files_are_given_or_neither(tmp_path: Path) -> None:
    (tmp_path / "noshow.yaml").write_text("tls: {certificate: server.pem}\n")
    with pytest.raises(SettingsError, match=r"noshow.yaml:1:.*: TLS takes both tls.certificate and tls.key"):
        load({}, tmp_path / "noshow.yaml")
    with pytest.raises(SettingsError, match="NOSHOW_TLS_CLIENT_CA: TLS takes both"):
        load({"NOSHOW_TLS_CLIENT_CA": "ca.pem"})


def test_paths_are_beside_the_file_and_people_come_by_https(tmp_path: Path) -> None:
    (tmp_path / "noshow.yaml").write_text("tls: {certificate: server.pem, key: server.key}\n")
    given = load({}, tmp_path / "noshow.yaml")
    assert given.tls == TlsSettings(tmp_path / "server.pem", tmp_path / "server.key", None)
    assert given.public_url == "https://127.0.0.1:8080"
