"""TLS: the pair of files that the server shows itself by, taken anew when they change, and the CA of its senders."""

import logging
import ssl
from pathlib import Path
from threading import Event

import grpc

from collector.grpc.server import Tls
from noshow.errors import NoshowError
from store.clock import Clock
from store.settings import TlsSettings

log = logging.getLogger(__name__)

LOOK_EVERY = 10.0  # seconds

Pair = tuple[bytes, bytes]


class BadCertificate(NoshowError):
    """A certificate, its key, or the CA of clients can't be used."""


class Certificate:
    """The certificate in force. Connections that are open keep the one that they began with.

    With a CA of clients, whoever connects may show a certificate of it, and whoever shows another gets no connection.
    """

    def __init__(self, settings: TlsSettings) -> None:
        """Raises `BadCertificate`."""
        self._settings = settings
        self._seen = self._stamps()
        self.context = _context(settings)
        self._pair = self._read()

    def step(self, _now: int) -> bool:
        """Take the files anew if they have changed. Raises `BadCertificate` where they are no pair (yet)."""
        stamps = self._stamps()
        if stamps == self._seen:
            return False
        _context(self._settings)  # a pair that does not fit would leave a context without either
        _load(self.context, self._settings)
        self._seen, self._pair = stamps, self._read()
        log.warning("the certificate %s has changed, and is in force", self._settings.certificate)
        return False

    def run(self, clock: Clock, stop: Event) -> None:
        """Until `stop` is set. While the files are no pair, the one before stays in force."""
        told = ""
        while not stop.is_set():
            try:
                self.step(clock.now())
                told = ""
            except BadCertificate as error:
                if str(error) != told:
                    log.error("the certificate stays what it was: %s", error)
                told = str(error)
            clock.sleep(LOOK_EVERY)

    def grpc(self) -> Tls:
        """The same for gRPC, where whoever connects must show a certificate if there is a CA of clients."""
        client_ca = self._settings.client_ca
        roots = None if client_ca is None else client_ca.read_bytes()
        given: Pair | None = None

        def configuration() -> grpc.ServerCertificateConfiguration | None:
            """Asked at every handshake; `None`: what it was."""
            nonlocal given
            if given is self._pair:
                return None
            given = self._pair
            return grpc.ssl_server_certificate_configuration([given], roots)

        first = grpc.ssl_server_certificate_configuration([self._pair], roots)
        credentials = grpc.dynamic_ssl_server_credentials(
            first,
            configuration,  # type: ignore[arg-type]  # the stubs know of no `None`
            roots is not None,
        )
        return Tls(credentials, roots is not None)

    def _read(self) -> Pair:
        """Key and certificate, as gRPC wants them."""
        return self._settings.key.read_bytes(), self._settings.certificate.read_bytes()

    def _stamps(self) -> list[tuple[int, int, int]]:
        return [_stamp("tls.certificate", self._settings.certificate), _stamp("tls.key", self._settings.key)]


def _stamp(setting: str, path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(setting, path, error) from error
    return status.st_ino, status.st_mtime_ns, status.st_size


def _context(settings: TlsSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    _load(context, settings)
    if settings.client_ca is not None:
        _trust(context, settings.client_ca)
    return context


def _load(context: ssl.SSLContext, settings: TlsSettings) -> None:
    try:
        # Without a password OpenSSL would ask for one at the terminal.
        context.load_cert_chain(settings.certificate, settings.key, password="")
    except ssl.SSLError as error:
        where = f"tls.certificate {settings.certificate} and tls.key {settings.key}"
        raise BadCertificate(f"{where} can't be used: {_reason(error)}") from error
    except OSError as error:
        raise BadCertificate(f"tls.certificate or tls.key: {error.strerror}") from error


def _trust(context: ssl.SSLContext, client_ca: Path) -> None:
    try:
        context.load_verify_locations(client_ca)
    except ssl.SSLError as error:
        raise BadCertificate(f"tls.client_ca {client_ca} holds no certificate in PEM") from error
    except OSError as error:
        raise _unreadable("tls.client_ca", client_ca, error) from error
    context.verify_mode = ssl.CERT_OPTIONAL


def _unreadable(setting: str, path: Path, error: OSError) -> BadCertificate:
    return BadCertificate(f"{setting} {path}: {error.strerror}")


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's own words are for those who know its source."""
    match error.reason:
        case "KEY_VALUES_MISMATCH":
            return "the key is not that of the certificate"
        case "BAD_DECRYPT" | "BAD_PASSWORD_READ":
            return "the key is encrypted; expected one without a password"
        case _:
            return "expected a certificate (with those that lead to its CA behind it) and a key, both in PEM"
