"""Who sends what, and so which streams are part of which."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from store.incidents import ANY, Stream

EVERYTHING = Stream()
_MOST_NAMES = 1_000  # of a source, that are held when it falls silent


@dataclass(frozen=True, slots=True)
class Senders:
    """`names` that each source sends, the commonest first; `sources` that send each name."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def names_of(self, stream: Stream) -> tuple[str, ...]:
        """Whose events may be lacking when it falls silent."""
        if stream == EVERYTHING or stream.name != ANY:
            return (stream.name,)
        return self.names.get(stream.source, ())[:_MOST_NAMES]

    def source_of(self, stream: Stream) -> str | None:
        """The only one that it comes from."""
        if stream.source != ANY or stream.name == ANY:
            return None if stream.source == ANY else stream.source
        of_name = self.sources.get(stream.name, frozenset())
        return next(iter(of_name)) if len(of_name) == 1 else None

    def is_within(self, narrow: Stream, broad: Stream) -> bool:
        """Whether all of one is of the other. Where they are of the same events, the source is the broader."""
        if narrow == broad or broad == EVERYTHING:
            return narrow != broad
        if broad.name == ANY:
            return narrow.name != ANY and self.source_of(narrow) == broad.source
        return broad.source == ANY and narrow.source != ANY and narrow.name == broad.name

    def have_common(self, one: Stream, other: Stream) -> bool:
        """Whether an event may be of both."""
        sources = {one.source, other.source} - {ANY}
        names = {one.name, other.name} - {ANY}
        if len(sources) > 1 or len(names) > 1:
            return False
        return not (sources and names) or any(name in self.names.get(next(iter(sources)), names) for name in names)

    def broader(self, stream: Stream) -> Iterator[Stream]:
        """What it is part of."""
        source = self.source_of(stream)
        above = (EVERYTHING, Stream(name=stream.name), Stream(source or ANY))
        yield from (it for it in dict.fromkeys(above) if self.is_within(stream, it))

    def is_of_its_own(self, stream: Stream) -> bool:
        """Not the same events as those of a source, or of a name, that are watched anyway."""
        if ANY in stream:
            return True
        return len(self.names.get(stream.source, ())) > 1 and len(self.sources.get(stream.name, ())) > 1


def senders(pairs: Iterable[tuple[str, str]]) -> Senders:
    """Of sources and names, the commonest first."""
    names: dict[str, list[str]] = {}
    sources: dict[str, set[str]] = {}
    for source, name in pairs:
        names.setdefault(source, []).append(name)
        sources.setdefault(name, set()).add(source)
    return Senders(
        {source: tuple(sent) for source, sent in names.items()},
        {name: frozenset(known) for name, known in sources.items()},
    )
