"""The settings of every process, from the command line, the environment, `noshow.yaml` and defaults, in that order.

Each setting has one dotted name, which is its place in the file (`collector.max_body`), and one name in the
environment (`NOSHOW_COLLECTOR_MAX_BODY`). A secret can also be given as the name of a file that holds it: with
`_FILE` behind its name in the environment, `_file` in YAML. Who is told what, who signs people in, sweeps,
mappings and Kafka are given in the file only.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from store import settings_receivers
from store import settings_values as values
from store.duration import format_duration
from store.errors import SettingsError
from store.event import DAY, SECOND
from store.secret import Secret
from store.settings_access import AccessSettings
from store.settings_branch import Branch
from store.settings_evaluator import EvaluatorSettings
from store.settings_kafka import KEYS as KAFKA_KEYS
from store.settings_kafka import SECRETS as KAFKA_SECRETS
from store.settings_kafka import KafkaSettings, kafka
from store.settings_notify import Endpoint, NotifySettings, Route
from store.settings_oidc import OIDC, oidc
from store.settings_rates import RATES, UNLIMITED, Rate, own_rates
from store.settings_routes import ROUTE, route
from store.settings_silence import EXPECT, EXPECT_SOURCES, SilenceSettings, expectations
from store.settings_source import (
    CONFIG,
    FILE_SUFFIX,
    Given,
    Key,
    environment_name,
    from_command_line,
    from_environment,
    from_file,
    with_files_read,
)
from store.settings_sources import SOURCES, UNMAPPED, Sources, sources
from store.settings_sweeps import KEYS as SWEEP_KEYS
from store.settings_sweeps import SweepSettings, sweeps
from store.settings_values import NOWHERE, Anonymous, Listening, Spans
from store.shard import ALONE, Shard

__all__ = [
    "AccessSettings",
    "ActionSettings",
    "Anonymous",
    "AuditSettings",
    "CollectorSettings",
    "Endpoint",
    "EvaluatorSettings",
    "KafkaSettings",
    "NotifySettings",
    "OutgoingSettings",
    "QuarantineSettings",
    "Rate",
    "ReconcileSettings",
    "Route",
    "Secret",
    "Settings",
    "SettingsError",
    "SweepSettings",
    "TlsSettings",
    "TruthSettings",
    "load",
]

DEFAULT_FILE = Path("noshow.yaml")
SHARES_OF_A_SERVER = 6  # which one, two, three or six processes share evenly


@dataclass(frozen=True, slots=True)
class QuarantineSettings:
    """Of what was refused. `keep`: for how long, in µs; `per_minute`: bytes that are kept of each source."""

    keep: int = 30 * DAY
    per_minute: int = 1 << 20


@dataclass(frozen=True, slots=True)
class CollectorSettings:
    """`max_body`: bytes of a request, packed and unpacked; `max_batch`: events in one request; `max_event`: bytes of
    one event's attributes; `max_ahead`: µs that an event may lie in the future; `grpc_port`: where OTLP over gRPC is
    taken; `sources`: where the parts of their events are; `trace_id_as_correlation_id`: it stands in where there is
    none, unless the mapping says otherwise; `spans`: what in a trace may be events; `rates`: how fast senders of these
    names may send, `rate`: everybody else. ClickHouse has `patience` (µs) to take a group of events, or the spool does,
    which has `spool_size` bytes; `spool_synced`: what it has outlives a loss of power."""

    max_body: int
    max_batch: int
    max_event: int
    max_ahead: int
    quarantine: QuarantineSettings = QuarantineSettings()
    grpc_port: Listening = NOWHERE
    sources: Sources = UNMAPPED
    trace_id_as_correlation_id: bool = False
    spans: Spans = Spans.EVENTS
    rate: Rate = UNLIMITED
    rates: Mapping[str, Rate] = field(default_factory=dict)
    patience: int = 2 * SECOND
    spool_size: int = 4 << 30
    spool_synced: bool = False


@dataclass(frozen=True, slots=True)
class OutgoingSettings:
    """Of every request to somebody else's server. `allow_private`: it may go to a private address."""

    allow_private: bool


@dataclass(frozen=True, slots=True)
class TruthSettings:
    """Of lookups, for each host that is asked: most requests in a second, and at a time."""

    rate: int
    at_once: int


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """`keep`: how long an entry stays in the SQL database once ClickHouse has it, in µs."""

    keep: int


@dataclass(frozen=True, slots=True)
class ActionSettings:
    """`automatic_per_hour`: most automatic actions that are asked for within an hour, by all processes together."""

    automatic_per_hour: int


@dataclass(frozen=True, slots=True)
class ReconcileSettings:
    """`references`: names of attributes that hold references of others, in which `*` stands for anything."""

    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """`otlp`: the address that traces are sent to, '' for none but what the environment says. `trace_url`: where people
    see the trace whose id is put in place of `{trace_id}`, '' for nowhere."""

    otlp: str
    trace_url: str = ""


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Files in PEM. `client_ca`: of those whose certificates senders must show; `None`: they need none."""

    certificate: Path
    key: Path
    client_ca: Path | None


@dataclass(frozen=True, slots=True)
class Settings:
    """`clickhouse` and `database` are URLs, `None` for the embedded ones under `data`; `cluster`: of which `clickhouse`
    is one server. `tls` `None`: plain HTTP."""

    data: Path
    rules: Path
    host: str
    port: int
    public_url: str
    tls: TlsSettings | None
    clickhouse: Secret | None
    cluster: str | None
    database: Secret | None
    collector: CollectorSettings
    evaluator: EvaluatorSettings
    notify: NotifySettings
    outgoing: OutgoingSettings
    truth: TruthSettings
    audit: AuditSettings
    access: AccessSettings
    actions: ActionSettings
    sweeps: Mapping[str, SweepSettings]
    reconcile: ReconcileSettings
    telemetry: TelemetrySettings
    kafka: KafkaSettings | None


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Setting(Generic[T_co]):
    """One setting: its dotted name, what its text means, and its default as text (`None`: there is none)."""

    name: str
    parse: Callable[[str], T_co]
    default: str | None = None

    @property
    def key(self) -> Key:
        return tuple(self.name.split("."))

    @property
    def environment(self) -> str:
        return environment_name(self.key)


DATA = Setting("data", values.path, "noshow-data")
RULES = Setting("rules", values.path, "rules")
HOST = Setting("host", values.host, "127.0.0.1")
PORT = Setting("port", values.port, "8080")
PUBLIC_URL = Setting("public_url", values.web_address)
TLS_CERTIFICATE = Setting("tls.certificate", values.path)
TLS_KEY = Setting("tls.key", values.path)
TLS_CLIENT_CA = Setting("tls.client_ca", values.path)
CLICKHOUSE = Setting("clickhouse.url", values.clickhouse_url)
CLUSTER = Setting("cluster", values.cluster)
DATABASE = Setting("database.url", values.database_url)
MAX_BODY = Setting("collector.max_body", values.size, "32MiB")
MAX_BATCH = Setting("collector.max_batch", values.count, "50000")
MAX_EVENT = Setting("collector.max_event", values.size, "256KiB")
MAX_AHEAD = Setting("collector.max_ahead", values.span, "1d")
RATE_EVENTS = Setting("collector.rate.events", values.count)
RATE_BYTES = Setting("collector.rate.bytes", values.size)
QUARANTINE_KEEP = Setting("collector.quarantine.keep", values.span, "30d")
QUARANTINE_PER_MINUTE = Setting("collector.quarantine.per_minute", values.size, "1MiB")
GRPC_PORT = Setting("collector.grpc_port", values.port_or_off, "4317 if free")
TRACE_ID = Setting("collector.trace_id_as_correlation_id", values.flag, "false")
SPANS = Setting("collector.spans", values.spans, "events")
PATIENCE = Setting("collector.patience", values.span, "2s")
SPOOL_SIZE = Setting("collector.spool_size", values.size, "4GiB")
SPOOL_SYNCED = Setting("collector.spool_synced", values.flag, "false")
TICK = Setting("evaluator.tick", values.span, "500ms")
OVERLAP = Setting("evaluator.overlap", values.span, "15s")
INSERT_TIMEOUT = Setting("evaluator.insert_timeout", values.span, "10s")
SWEEP_EVERY = Setting("evaluator.sweep_every", values.span, "30s")
SWEEP_SLICES = Setting("evaluator.sweep_slices", values.count, "64")
BATCH = Setting("evaluator.batch", values.count, "20000")
MOST_EVENTS = Setting("evaluator.most_events", values.count, "10000")
RETENTION = Setting("evaluator.retention", values.span)
HOLD_AT_MOST = Setting("evaluator.hold_at_most", values.span, "15m")
LEARN = Setting("evaluator.silence.learn", values.span, "1d")
IGNORE = Setting("evaluator.silence.ignore", values.patterns)
LAG_AT_MOST = Setting("evaluator.lag_at_most", values.span, "30s")
SHARES = Setting("evaluator.shares", values.count)
STORIES = Setting("evaluator.stories", values.flag, "true")
SHARD = Setting("evaluator.shard", values.shard)
TRUTH_RATE = Setting("truth.rate", values.count, "10")
TRUTH_AT_ONCE = Setting("truth.at_once", values.count, "4")
STRETCH = Setting("evaluator.stretch", values.span, "10m")
ALLOW_PRIVATE = Setting("outgoing.allow_private", values.flag, "false")
AUDIT_KEEP = Setting("audit.keep", values.span, "90d")
NOTIFY_KEEP = Setting("notify.keep", values.span, "90d")
AUTOMATIC_PER_HOUR = Setting("actions.automatic_per_hour", values.count, "20")
ANONYMOUS = Setting("access.anonymous", values.anonymous, "loopback")
PERSONAL = Setting("access.personal", values.patterns)
ACCESS_RATE = Setting("access.rate", values.count, "100")
REFERENCES = Setting("reconcile.references", values.patterns, "*_id")
TELEMETRY_OTLP = Setting("telemetry.otlp", values.web_address)
TRACE_URL = Setting("telemetry.trace_url", values.trace_address)

SETTINGS: tuple[Setting[object], ...] = (
    DATA, RULES, HOST, PORT, PUBLIC_URL, TLS_CERTIFICATE, TLS_KEY, TLS_CLIENT_CA, CLICKHOUSE, DATABASE, MAX_BODY,
    MAX_BATCH, MAX_EVENT, MAX_AHEAD, GRPC_PORT, TRACE_ID, RATE_EVENTS, RATE_BYTES, TICK, OVERLAP, INSERT_TIMEOUT,
    SWEEP_EVERY, SWEEP_SLICES, BATCH, MOST_EVENTS, RETENTION, STRETCH, ALLOW_PRIVATE, ANONYMOUS, ACCESS_RATE, PERSONAL,
    TRUTH_RATE, TRUTH_AT_ONCE, AUDIT_KEEP, NOTIFY_KEEP, AUTOMATIC_PER_HOUR, REFERENCES, QUARANTINE_KEEP,
    QUARANTINE_PER_MINUTE, TELEMETRY_OTLP, TRACE_URL, SPANS, PATIENCE, SPOOL_SIZE, SPOOL_SYNCED, HOLD_AT_MOST,
    LAG_AT_MOST, SHARES, LEARN, IGNORE, CLUSTER, SHARD,
    STORIES,
)  # fmt: skip

SECRETS = (CLICKHOUSE.key, DATABASE.key, *settings_receivers.KEYS, *KAFKA_SECRETS)


def load(
    environ: Mapping[str, str], file: Path | None = None, overrides: Mapping[str, object] | None = None
) -> Settings:
    """The settings in force. `overrides` are options of the command line by dotted name; `None` means not given.

    Without `file` it is the one `NOSHOW_CONFIG` names, or `noshow.yaml` in the working directory if there is one.
    Raises `SettingsError` that lists every problem.
    """
    problems: list[str] = []
    keys = [setting.key for setting in SETTINGS]
    in_environment = [*keys, *_file_keys(CLICKHOUSE.key, DATABASE.key)]
    in_file = [*keys, *settings_receivers.KEYS, *SWEEP_KEYS, *KAFKA_KEYS, *_file_keys(*SECRETS)]
    branches: dict[Key, Branch | None] = dict.fromkeys((ROUTE, SOURCES, RATES, EXPECT, EXPECT_SOURCES, OIDC))
    path = _file(environ, file)
    sources = (
        {} if path is None else from_file(path, in_file, branches, problems),
        from_environment(environ, in_environment, problems),
        from_command_line(overrides or {}),
    )
    given: dict[Key, Given] = {}
    for source in sources:
        given |= with_files_read(source, SECRETS, problems)
    settings = _settings(_Reader(given, problems, branches))
    if problems:
        raise SettingsError(problems)
    return settings


class _Reader:
    """Reads values out of what was given; what is wrong is noted, and the default stands in for it."""

    def __init__(self, given: Mapping[Key, Given], problems: list[str], branches: Mapping[Key, Branch | None]) -> None:
        self.given = given
        self.problems = problems
        self.branches = branches

    def optional(self, setting: Setting[T]) -> T | None:
        given = self.given.get(setting.key)
        value = None if given is None else self.parsed(given, setting.parse)
        if value is None and setting.default is not None:
            value = setting.parse(setting.default)
        return value

    def value(self, setting: Setting[T]) -> T:
        value = self.optional(setting)
        assert value is not None, f"{setting.name} has no default"
        return value

    def path(self, setting: Setting[Path]) -> Path:
        path = self.optional_path(setting)
        assert path is not None, f"{setting.name} has no default"
        return path

    def optional_path(self, setting: Setting[Path]) -> Path | None:
        """Beside the file that it is given in."""
        given, path = self.given.get(setting.key), self.optional(setting)
        return path if given is None or path is None else given.base / path

    def parsed(self, given: Given, parse: Callable[[str], T]) -> T | None:
        try:
            return None if given.broken else parse(given.text)
        except ValueError as error:
            self.problems.append(f"{given.place}: {error}")
            return None


def _settings(read: _Reader) -> Settings:
    host, port, tls = read.value(HOST), read.value(PORT), _tls(read)
    return Settings(
        data=read.path(DATA),
        rules=read.path(RULES),
        host=host,
        port=port,
        public_url=read.optional(PUBLIC_URL) or default_public_url(host, port, secure=tls is not None),
        tls=tls,
        clickhouse=read.optional(CLICKHOUSE),
        cluster=_cluster(read),
        database=read.optional(DATABASE),
        collector=CollectorSettings(
            max_body=read.value(MAX_BODY),
            max_batch=read.value(MAX_BATCH),
            max_event=read.value(MAX_EVENT),
            max_ahead=read.value(MAX_AHEAD),
            rate=Rate(read.optional(RATE_EVENTS), read.optional(RATE_BYTES)),
            rates=own_rates(read.branches[RATES]),
            quarantine=QuarantineSettings(read.value(QUARANTINE_KEEP), read.value(QUARANTINE_PER_MINUTE)),
            grpc_port=read.value(GRPC_PORT),
            sources=sources(read.branches[SOURCES]),
            trace_id_as_correlation_id=read.value(TRACE_ID),
            spans=read.value(SPANS),
            patience=read.value(PATIENCE),
            spool_size=read.value(SPOOL_SIZE),
            spool_synced=read.value(SPOOL_SYNCED),
        ),
        evaluator=_evaluator(read),
        notify=_notify(read),
        outgoing=OutgoingSettings(allow_private=read.value(ALLOW_PRIVATE)),
        truth=TruthSettings(rate=read.value(TRUTH_RATE), at_once=read.value(TRUTH_AT_ONCE)),
        audit=AuditSettings(keep=read.value(AUDIT_KEEP)),
        actions=ActionSettings(automatic_per_hour=read.value(AUTOMATIC_PER_HOUR)),
        access=_access(read),
        sweeps=sweeps(read),
        reconcile=ReconcileSettings(references=read.value(REFERENCES)),
        telemetry=TelemetrySettings(read.optional(TELEMETRY_OTLP) or "", read.optional(TRACE_URL) or ""),
        kafka=kafka(read),
    )


def _cluster(read: _Reader) -> str | None:
    cluster = read.optional(CLUSTER)
    if cluster is not None and CLICKHOUSE.key not in read.given:
        read.problems.append(f"{read.given[CLUSTER.key].place}: a cluster takes clickhouse.url, one of its servers")
    return cluster


def _access(read: _Reader) -> AccessSettings:
    personal = read.optional(PERSONAL) or ()
    return AccessSettings(read.value(ANONYMOUS), read.value(ACCESS_RATE), personal, oidc(read.branches[OIDC]))


def _tls(read: _Reader) -> TlsSettings | None:
    certificate, key, client_ca = map(read.optional_path, (TLS_CERTIFICATE, TLS_KEY, TLS_CLIENT_CA))
    if certificate is not None and key is not None:
        return TlsSettings(certificate, key, client_ca)
    for setting in (TLS_CERTIFICATE, TLS_KEY, TLS_CLIENT_CA):
        if setting.key in read.given:
            read.problems.append(f"{read.given[setting.key].place}: TLS takes both tls.certificate and tls.key")
            break
    return None


def default_public_url(host: str, port: int, *, secure: bool = False) -> str:
    """Where people find what listens there, if nobody says otherwise."""
    name = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{name}:{port}"


def _shares(read: _Reader, shard: Shard) -> int:
    given = read.optional(SHARES)
    if given is not None and given % shard.of:
        read.problems.append(
            f"{read.given[SHARES.key].place}: evaluator.shares ({given}) must be a multiple of the number of shards in "
            f"evaluator.shard ({shard}): a share lies within one shard"
        )
    return given or (SHARES_OF_A_SERVER * shard.of if CLICKHOUSE.key in read.given else 1)


def _evaluator(read: _Reader) -> EvaluatorSettings:
    shard = read.optional(SHARD) or ALONE
    overlap, insert_timeout = read.value(OVERLAP), read.value(INSERT_TIMEOUT)
    if insert_timeout >= overlap:
        given = read.given.get(INSERT_TIMEOUT.key) or read.given.get(OVERLAP.key)
        place = given.place if given else INSERT_TIMEOUT.name
        read.problems.append(
            f"{place}: evaluator.insert_timeout ({format_duration(insert_timeout)}) must be shorter than "
            f"evaluator.overlap ({format_duration(overlap)}), or events could be overlooked"
        )
    return EvaluatorSettings(
        tick=read.value(TICK),
        overlap=overlap,
        insert_timeout=insert_timeout,
        sweep_every=read.value(SWEEP_EVERY),
        sweep_slices=read.value(SWEEP_SLICES),
        batch=read.value(BATCH),
        retention=read.optional(RETENTION),
        stretch=read.value(STRETCH),
        hold_at_most=read.value(HOLD_AT_MOST),
        silence=SilenceSettings(
            expectations(read.branches[EXPECT]),
            read.value(LEARN),
            read.optional(IGNORE) or (),
            expectations(read.branches[EXPECT_SOURCES]),
        ),
        most_events=read.value(MOST_EVENTS),
        lag_at_most=read.value(LAG_AT_MOST),
        shares=_shares(read, shard),
        shard=shard,
        stories=read.value(STORIES),
    )


def _notify(read: _Reader) -> NotifySettings:
    return NotifySettings(
        settings_receivers.endpoints(read),
        route(read.branches[ROUTE], settings_receivers.names(read)),
        read.value(NOTIFY_KEEP),
    )


def _file(environ: Mapping[str, str], file: Path | None) -> Path | None:
    if file is not None:
        return file
    if CONFIG in environ:
        return Path(environ[CONFIG])
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def _file_keys(*keys: Key) -> Iterable[Key]:
    return [(*key[:-1], key[-1] + FILE_SUFFIX) for key in keys]
