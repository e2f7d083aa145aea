"""What a service says once, in the call of `configure` or in its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

_LOGS = "/v1/logs"


class ConfigurationError(ValueError):
    """The SDK was configured so that nothing could be sent. Raised at the start of a service, never later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """How events are sent. Times are seconds.

    | field | what it is | else from the environment |
    | --- | --- | --- |
    | `service` | the source of its events | `OTEL_SERVICE_NAME` |
    | `endpoint` | the server, `http://localhost:8080` | `NOSHOW_ENDPOINT`, `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT` or |
    | | where nothing says so | `OTEL_EXPORTER_OTLP_ENDPOINT`, in that order |
    | `token` | with the scope `ingest`, or none | `NOSHOW_TOKEN` |

    What else OpenTelemetry's exporter reads from the environment holds, too: headers, certificates, compression.
    """

    service: str = ""
    endpoint: str = ""
    token: str = field(default="", repr=False)
    timeout: float = 10.0
    """Of one export, with the exporter's own retries."""
    waiting: int = 10_000
    """Events that wait to be sent, at most, of up to 128 KiB each; what comes then is dropped, and counted."""
    batch: int = 500
    """Events in one request, at most."""
    interval: float = 0.5
    """How long an event waits for others, unless a batch is full before."""
    exit_timeout: float = 5.0
    """How long the end of the process may be held up for what is still waiting."""

    def completed(self, environment: Mapping[str, str] = os.environ) -> "Configuration":
        """With what the environment says of the rest. Raises `ConfigurationError`."""
        service = self.service or environment.get("OTEL_SERVICE_NAME", "")
        if not service:
            raise ConfigurationError('which service is it? configure(service="payments"), or set OTEL_SERVICE_NAME')
        if min(self.waiting, self.batch) < 1 or min(self.timeout, self.interval) <= 0 or self.exit_timeout < 0:
            raise ConfigurationError("waiting and batch are at least 1, timeout and interval more than 0")
        return replace(
            self,
            service=service,
            endpoint=_logs_of(self.endpoint) if self.endpoint else _endpoint_in(environment),
            token=self.token or environment.get("NOSHOW_TOKEN", ""),
            batch=min(self.batch, self.waiting),
        )


def _endpoint_in(environment: Mapping[str, str]) -> str:
    if environment.get("NOSHOW_ENDPOINT"):
        return _logs_of(environment["NOSHOW_ENDPOINT"])
    if environment.get("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"):
        return environment["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"]  # a whole address, as OpenTelemetry has it
    return _logs_of(environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "") or "http://localhost:8080")


def _logs_of(endpoint: str) -> str:
    if not endpoint.startswith(("http://", "https://")):
        raise ConfigurationError(f"the endpoint is an address such as http://localhost:8080, got {endpoint!r}")
    return endpoint if endpoint.endswith(_LOGS) else endpoint.rstrip("/") + _LOGS
