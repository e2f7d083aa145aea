"""What the settings say of who is let in."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from api.access.origin import host_and_port, is_loopback
from api.access.personal import NOTHING_HIDDEN, Veil
from store.settings import Anonymous, Settings


@dataclass(frozen=True, slots=True)
class Policy:
    """`anonymous`: who is let in without a token; `secure`: cookies go over HTTPS only; `public`: host and port that
    people know us by; `rate`: requests of a program in a second, 0 for any number;
    `veil`: what is hidden from who lacks the scope personal."""

    anonymous: Anonymous = Anonymous.LOOPBACK
    secure: bool = False
    public: str = ""
    rate: int = 0
    veil: Veil = NOTHING_HIDDEN

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        """Where it listens to a network, or has a public name (so a proxy is in front of it), nobody is local."""
        parts, veil = urlsplit(settings.public_url), Veil(settings.access.personal)
        anonymous = settings.access.anonymous
        local = is_loopback(settings.host) and is_loopback(parts.hostname or "")
        if anonymous is Anonymous.LOOPBACK and not local:
            anonymous = Anonymous.NEVER
        return cls(anonymous, parts.scheme == "https", host_and_port(settings.public_url), settings.access.rate, veil)
