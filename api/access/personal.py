"""What is personal, and hidden from whoever lacks the scope for it: by the names of `access.personal`.

The one place where values are hidden. `veil_of` gives what to hide from whoever asks; `api.veiled` applies it to all
that programs get, the filters of `api.rendering` to what pages show.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from starlette.requests import Request

from api.access.errors import NotPermitted
from api.access.identity import Scope
from api.access.viewer import viewer_of

HIDDEN = "hidden"

_INSTEAD = {b"n": msgspec.Raw(b"null"), b"[": msgspec.Raw(b'["hidden"]'), b"{": msgspec.Raw(b"{}")}
_ONE = msgspec.Raw(b'"hidden"')


@dataclass(frozen=True, slots=True)
class Veil:
    """`names` of what is hidden: of a member of an object, at any depth, or the last parts of the way to it, with dots
    between them; `*` stands for anything. False where nothing is hidden."""

    names: Sequence[str] = ()
    _known: dict[tuple[str, ...], bool] = field(default_factory=dict, compare=False, repr=False)

    def __bool__(self) -> bool:
        return bool(self.names)

    def hides(self, *path: str) -> bool:
        """Whether the member that this way leads to is hidden."""
        if path not in self._known:
            ways = [".".join(path[start:]) for start in range(len(path))]
            self._known[path] = any(_fits(name, way) for name in self.names for way in ways)
        return self._known[path]

    def value(self, text: str, name: str) -> str:
        """Of something that is called so."""
        return HIDDEN if text and self.hides(name) else text

    def json(self, text: bytes, raw: Sequence[str] = ()) -> bytes:
        """JSON text without what is hidden; what else is in it keeps its own text. `raw`: members that are hidden
        whatever the names say. Raises `msgspec.DecodeError` where it is none."""
        return bytes(self._of(msgspec.json.decode(text, type=msgspec.Raw), (), raw)) if self else text

    def text(self, text: str) -> str:
        """As `json`; what is no JSON is hidden as a whole."""
        try:
            return self.json(text.encode()).decode()
        except msgspec.DecodeError:
            return HIDDEN

    def _of(self, value: msgspec.Raw, path: tuple[str, ...], raw: Sequence[str]) -> msgspec.Raw:
        match bytes(value).lstrip()[:1]:
            case b"{":
                members = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
                shown = {key: self._member(it, (*path, key), raw) for key, it in members.items()}
                return msgspec.Raw(msgspec.json.encode(shown))
            case b"[":
                items = msgspec.json.decode(value, type=list[msgspec.Raw])
                return msgspec.Raw(msgspec.json.encode([self._of(it, path, raw) for it in items]))
        return value

    def _member(self, value: msgspec.Raw, path: tuple[str, ...], raw: Sequence[str]) -> msgspec.Raw:
        if path[-1] not in raw and not self.hides(*path):
            return self._of(value, path, raw)
        return _INSTEAD.get(bytes(value).lstrip()[:1], _ONE)


NOTHING_HIDDEN = Veil()


def veil_of(request: Request) -> Veil:
    """What is hidden from whoever asks."""
    veil: Veil = request.app.state.context.keeper.policy.veil
    viewer = viewer_of(request)
    return NOTHING_HIDDEN if viewer is not None and Scope.PERSONAL in viewer.identity.scopes else veil


async def refuse_search(request: Request) -> None:
    """A dependency behind that of the scope: who may not see a value may not find out by guessing it either. Raises
    `NotPermitted`."""
    veil = veil_of(request)
    if hidden := [name for name, text in request.query_params.items() if text and veil.hides(name)]:
        raise NotPermitted(f"This needs the scope personal: {hidden[0]} is hidden from you.")


def _fits(name: str, way: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, name.split("*"))), way, re.DOTALL) is not None
