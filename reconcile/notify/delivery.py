"""One attempt to deliver one notification: signed, to the endpoint's address, and over in time."""

import time
from dataclasses import dataclass, field, replace

import httpx
from standardwebhooks.webhooks import EmptyWebhookSecretError

from reconcile.notify.channels.channels import CHANNELS
from reconcile.outgoing.call import TIMEOUT, Caller, NoReply, Reply
from reconcile.outgoing.network import Resolve, resolve
from reconcile.outgoing.retry_after import retry_after
from store.settings_notify import Endpoint

NOTE = 1024  # bytes of an answer that are read, for the error note

_GONE = 410
_TELLING = 8  # letters; what is shorter is no secret


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt. `status` is that of HTTP if there was one; `retry_after` (µs) is what was asked for,
    `took` (µs) how long it all took."""

    status: int | None
    error: str
    retry_after: int | None = None
    took: int = field(default=0, compare=False)

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """The endpoint says that it will never take it."""
        return self.status == _GONE


class Post:
    """Posts to endpoints. Safe to share among threads; every attempt has a connection of its own."""

    def __init__(self, *, allow_private: bool, resolve: Resolve = resolve, timeout: float = TIMEOUT) -> None:
        self._call = Caller(allow_private=allow_private, resolve=resolve, timeout=timeout)

    def __call__(self, endpoint: Endpoint, message_id: str, payload: str, now: int) -> Answer:
        """Never raises for what the endpoint, the network or its settings do: the answer says it, without secrets."""
        began = time.monotonic_ns()
        answer = self._attempt(endpoint, message_id, payload, now)
        return replace(answer, took=(time.monotonic_ns() - began) // 1_000)

    def _attempt(self, endpoint: Endpoint, message_id: str, payload: str, now: int) -> Answer:
        try:
            headers, body = CHANNELS[endpoint.channel](endpoint, message_id, payload, now)
        except (EmptyWebhookSecretError, ValueError):
            # What the error says may hold the secret, so it is not passed on.
            return Answer(None, "the endpoint's url or secret in the settings can't be used")
        match self._call("POST", endpoint.url, headers, body, NOTE):
            case NoReply(error=error, refused=refused):
                return Answer(None, error if refused else _scrubbed(error, endpoint))
            case reply:
                return _answer(reply, endpoint, now)


def _answer(reply: Reply, endpoint: Endpoint, now: int) -> Answer:
    if 200 <= reply.status < 300:
        return Answer(reply.status, "")
    redirect = " (redirects are not followed)" if 300 <= reply.status < 400 else ""
    note = f"HTTP {reply.status}{redirect}: {_one_line(reply.body)}".removesuffix(": ")
    return Answer(reply.status, _scrubbed(note, endpoint), retry_after(reply.headers.get("retry-after", ""), now))


def _one_line(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _scrubbed(note: str, endpoint: Endpoint) -> str:
    """Without the parts of the endpoint that let others in, in case the other side repeats them."""
    url = httpx.URL(endpoint.url)
    secrets = [secret.reveal() for secret in endpoint.secrets]
    private = [*secrets, url.raw_path.decode(), url.path, url.query.decode(), url.userinfo.decode(), url.password]
    for part in private:
        if len(part) >= _TELLING:
            note = note.replace(part, "***")
    return note
