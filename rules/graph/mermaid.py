"""A workflow's graph in Mermaid (https://mermaid.js.org), which GitHub and most wikis draw."""

from collections.abc import Iterator

from rules.graph.graph import Arrow, Box, Graph, Link, Shape

_BRACKETS = {
    Shape.START: ("([", "])"),
    Shape.REQUIRED: ("[", "]"),
    Shape.OPTIONAL: ("(", ")"),
    Shape.FORBIDDEN: ("{{", "}}"),
    Shape.CANCEL: ("([", "])"),
    Shape.END: ("([", "])"),
}
_ARROWS = {Link.AFTER: "-->", Link.AFTER_ANY: "-.->", Link.READS: "-.-o", Link.ENDS: "-.-x"}
_STYLES = {
    Shape.OPTIONAL: "stroke-dasharray: 5 4",
    Shape.FORBIDDEN: "stroke: #c0392b",
    Shape.CANCEL: "stroke: #c0392b",
    Shape.END: "stroke: #1e8449",
}


def mermaid(graph: Graph) -> Iterator[str]:
    """Its lines."""
    yield "flowchart TD"
    for box in graph.boxes:
        yield f"    {_box(box)}"
    for arrow in graph.arrows:
        yield f"    {_arrow(arrow)}"
    shapes = {box.shape for box in graph.boxes}
    for shape, style in _STYLES.items():
        if shape in shapes:
            yield f"    classDef c_{shape} {style}"


def _box(box: Box) -> str:
    opening, closing = _BRACKETS[box.shape]
    text = "<br>".join([f"<b>{_escaped(box.name)}</b>", *map(_escaped, box.notes)])
    # `end` alone is a word of the language, so that no node or class may be called that.
    styled = f":::c_{box.shape}" if box.shape in _STYLES else ""
    return f'{_key(box.key)}{opening}"{text}"{closing}{styled}'


def _arrow(arrow: Arrow) -> str:
    label = f'|"{_escaped(arrow.label)}"|' if arrow.label else ""
    return f"{_key(arrow.source)} {_ARROWS[arrow.link]}{label} {_key(arrow.target)}"


def _key(key: str) -> str:
    return f"n_{key}"


def _escaped(text: str) -> str:
    """Every character that means something to Mermaid or to HTML by its number."""
    return "".join(it if it.isalnum() or it in _PLAIN else f"#{ord(it)};" for it in " ".join(text.split()))


_PLAIN = " .,-_/·:"
