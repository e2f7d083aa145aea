"""Terms with mappings, as the settings of a collector would have them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from collector.acceptance import Acceptance
from collector.mapping.message import Message
from store.location import location
from store.settings_sources import FIELDS, Sources, SourceSettings
from tests.collector.conftest import LIMITS
from tests.conftest import NOON


def mapped(pattern: str, fields: Mapping[str, str | Sequence[str]], **more: object) -> SourceSettings:
    assert set(fields) <= set(FIELDS)
    places = {name: [it] if isinstance(it, str) else it for name, it in fields.items()}
    read = {name: tuple(map(location, texts)) for name, texts in places.items()}
    return replace(SourceSettings(pattern, read), **more)  # type: ignore[arg-type]  # the fields' own names


def mapped_terms(*mappings: SourceSettings, stated: str = "", message: Message | None = None) -> Acceptance:
    limits = replace(LIMITS, sources=Sources(mappings))
    return Acceptance.at(NOON, limits).of(stated, message or Message())
