"""Who is let in."""

from dataclasses import dataclass

from store.settings_oidc import OidcSettings
from store.settings_values import Anonymous


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """`anonymous`: who may read, and send events, without a token. `rate`: requests to the interface for programs that
    each caller may make in a second, on the average of ten. `personal`: names of what is shown
    with the scope personal only. `oidc`: the provider that people sign in with."""

    anonymous: Anonymous
    rate: int
    personal: tuple[str, ...] = ()
    oidc: OidcSettings | None = None
