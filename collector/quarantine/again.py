"""What was refused is decoded once more, by the settings of today. Times are µs UTC."""

from collections.abc import Mapping, Sequence

from collector.acceptance import Acceptance
from collector.batch import Batch, Decoder
from collector.cloudevents import body as cloudevents_body
from collector.errors import CollectorError, MalformedBody
from collector.json import body as json_body
from collector.otlp import json as otlp_json
from collector.otlp import logs as otlp_logs
from collector.otlp import traces as otlp_traces
from collector.quarantine.context import read
from collector.quarantine.fault import fault_of
from store.event import Event
from store.quarantine import Content, Why
from store.settings import CollectorSettings

DECODERS: Mapping[str, Decoder] = {
    json_body.FORM: json_body.decode_json,
    cloudevents_body.FORM: cloudevents_body.decode_structured,
    otlp_logs.FORM: otlp_logs.decode_logs,
    otlp_traces.FORM: otlp_traces.decode_traces,
    otlp_json.LOGS_FORM: otlp_json.decode_logs_json,
    otlp_json.TRACES_FORM: otlp_json.decode_traces_json,
}
"""By the form that what was refused is kept in."""


def decoded(decode: Decoder, body: bytes, terms: Acceptance) -> Batch:
    """What is in a body; one that is malformed is told along with the error, so that it can be kept.

    Raises `CollectorError`.
    """
    try:
        return decode(body, terms)
    except MalformedBody as error:
        error.body, error.form = body, next((form for form, known in DECODERS.items() if known is decode), "")
        raise


class Again:
    def __init__(self, limits: CollectorSettings) -> None:
        self._limits = limits

    def __call__(self, content: Content, now: int) -> Sequence[Event] | Why:
        """What is in it, if all of it is taken at `now`; else why not."""
        if content.cut:
            return _why("", "only its beginning was kept: it was too long")
        decode = DECODERS.get(content.form)
        if decode is None:
            return _why("", "nothing can read it")
        try:
            batch = decode(content.data, self._terms(content, now))
        except CollectorError as error:
            return _why("", str(error))
        if batch.rejected:
            return _why(batch.rejected[0].field, batch.rejected[0].reason)
        return list(batch.events)

    def _terms(self, content: Content, now: int) -> Acceptance:
        """A token that is for one source keeps what came with it to that source."""
        return read(content.context).applied(Acceptance.at(now, self._limits))


def _why(field: str, reason: str) -> Why:
    return Why(field, reason, fault_of(field, reason))
