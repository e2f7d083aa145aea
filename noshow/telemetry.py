"""Metrics and traces of our own, by the OpenTelemetry SDK: providers of this process, none of them global.

Metrics are read at `/metrics`. Traces are sent over OTLP where the settings, or OpenTelemetry's own variables in the
environment, say where to; else there are none, and nothing is spent on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, Counter, Histogram, MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from starlette.types import ASGIApp

from noshow.errors import WrongUsage
from noshow.tracing import Traced
from store.settings import Settings

NAME = "noshow"

MOST_SERIES = 500
"""Of one counter or histogram: what senders name beyond that is counted as one, marked `otel_metric_overflow`."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_TRACES = "/v1/traces"
_OURSELVES = frozenset(("localhost", "127.0.0.1", "::1", "0.0.0.0"))


@dataclass(frozen=True, slots=True)
class Telemetry:
    """`tracer` is `None` where no traces are sent."""

    meter: Meter
    tracer: Tracer | None
    _registry: CollectorRegistry
    _meters: MeterProvider
    _traces: TracerProvider | None

    @classmethod
    def build(cls, settings: Settings, environ: Mapping[str, str]) -> "Telemetry":
        """Raises WrongUsage where traces would go to this very server."""
        endpoint = _endpoint(settings, environ)
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        reader = PrometheusMetricReader(
            disable_target_info=True,
            scope_info_enabled=False,
            registry=registry,
            cardinality_limits={Counter: MOST_SERIES, Histogram: MOST_SERIES},
        )
        meters = MeterProvider([reader], exemplar_filter=AlwaysOffExemplarFilter(), shutdown_on_exit=False)
        traces = _traces(endpoint) if endpoint else None
        tracer = None if traces is None else traces.get_tracer(NAME)
        return cls(meters.get_meter(NAME), tracer, registry, meters, traces)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All metrics as Prometheus reads them, and the media type; in the format that a scraper likes best."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def traced(self, app: ASGIApp) -> ASGIApp:
        """The application, with a span for each request where traces are sent."""
        return app if self.tracer is None else Traced(app, self.tracer)

    def close(self) -> None:
        """Send what is left of the traces."""
        self._meters.shutdown()
        if self._traces is not None:
            self._traces.shutdown()


def _traces(endpoint: str) -> TracerProvider:
    provider = TracerProvider(resource=Resource.create({"service.name": NAME}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider


def _endpoint(settings: Settings, environ: Mapping[str, str]) -> str:
    """Where traces go over OTLP/HTTP; '' for nowhere."""
    given = settings.telemetry.otlp or environ.get(_ENDPOINTS[1], "")
    endpoint = f"{given.rstrip('/').removesuffix(_TRACES)}{_TRACES}" if given else ""
    if not settings.telemetry.otlp:
        endpoint = environ.get(_ENDPOINTS[0], "") or endpoint
    if endpoint and _is_ours(endpoint, settings):
        raise WrongUsage(
            f"traces would be sent to {endpoint}, which is this server itself: give another telemetry.otlp"
        )
    return endpoint


def _is_ours(endpoint: str, settings: Settings) -> bool:
    there, public = urlsplit(endpoint), urlsplit(settings.public_url)
    if (there.hostname, there.port) == (public.hostname, public.port):
        return True
    ports = (settings.port, settings.collector.grpc_port.port)
    return there.port in ports and there.hostname in (*_OURSELVES, settings.host)
