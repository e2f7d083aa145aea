"""Pages from templates. Everything that a template writes is escaped."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as TemplateContext
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api import times
from api.access.personal import HIDDEN, Veil, veil_of
from api.access.viewer import sign_in_path, viewer_of
from api.assets import address
from api.completeness import Span
from api.deeds import did
from api.links import board_path, order_path, safe_url, workflow_path
from api.parameters import Age
from api.silent import Silent
from store.instant import rfc3339

FOLDER = Path(__file__).parent / "templates"
PLACES: Mapping[str, str] = {
    "/": "Cases",
    "/orders": "Orders",
    "/workflows": "Workflows",
    "/incidents": "Incidents",
    "/sources": "Sources",
    "/quarantine": "Quarantine",
    "/truth/file": "Corrections",
    "/discrepancies": "Discrepancies",
    "/notifications": "Notifications",
    "/silences": "Silences",
    "/rules": "Rules",
    "/audit": "Audit",
    "/health": "Health",
}
"""Where the bar leads."""

AGES: Mapping[Age, str] = {
    "under_1h": "under 1 h",
    "1h_4h": "1 to 4 h",
    "4h_24h": "4 to 24 h",
    "1d_7d": "1 to 7 days",
    "over_7d": "over 7 days",
}
SPANS: Mapping[Span, str] = {"1h": "hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}
LONGEST_ATTRIBUTES = 20_000
# One escape of JSON at a time, so that what follows an escaped backslash is none. A pair of surrogates is one letter.
ESCAPE = re.compile(r"\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\.")


class Templates:
    """Every page tells of `refused_rules`, how many rule files are refused at present, of what is `silent`, and of
    `quarantined`, how many events wait in the quarantine."""

    def __init__(
        self,
        refused_rules: Callable[[], int],
        silent: Callable[[], Sequence[Silent]],
        quarantined: Callable[[], int],
    ) -> None:
        self._told = {"refused_rules": refused_rules, "silent": silent, "quarantined": quarantined}

    def page(self, request: Request, template: str, **values: object) -> HTMLResponse:
        """Every template can name who looks (`viewer`; `None` on pages that are for everybody), the path that was asked
        for (`at`), and where to sign in and come back (`sign_in`)."""
        page = _ENVIRONMENT.get_template(template)
        whole: dict[str, object] = {
            "viewer": viewer_of(request),
            "veil": veil_of(request),
            "at": request.url.path,
            "sign_in": sign_in_path(request),
            **self._told,
        }
        return HTMLResponse(page.render(whole | values))


def words(name: str) -> str:
    """`out_of_order` as people say it."""
    return name.replace("_", " ")


def sentence(told: str) -> str:
    """With a capital and a full stop."""
    return f"{told[:1].upper()}{told[1:]}{'' if told[-1:] in '.!?' else '.'}"


def as_json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def thousands(number: int) -> str:
    return f"{number:,}"


def amount(value: float | None, unit: str | None = "") -> str:
    """`1,234.50 EUR`; whole numbers without decimals; nothing where there is no number."""
    if value is None or not math.isfinite(value):
        return ""
    figures = f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"
    return f"{figures}\u00a0{unit}" if unit else figures


def percent(part: float | None) -> str:
    """Of a part of 1: `99.95 %`; what is not quite all is not shown as all."""
    if part is None:
        return "\u2013"
    return "100 %" if part == 1 else f"{min(part * 100, 99.99):.2f} %"


def size(number: int) -> str:
    """Of bytes: `3.2 MB`."""
    for unit, sign in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if number >= unit:
            return f"{number / unit:,.1f} {sign}"
    return f"{number} B"


def legible(attributes: str) -> str:
    """JSON text with letters for their escapes (`\\u00fc`); those of what can't be seen or would end a string stay."""
    return ESCAPE.sub(_letter, attributes)


def _letter(escape: re.Match[str]) -> str:
    written = escape[0]
    if len(written) == 2:
        return "/" if written == "\\/" else written
    letter = str(json.loads(f'"{written}"'))
    return letter if letter.isprintable() and letter not in '"\\' else written


def pretty(attributes: str) -> str:
    """JSON text indented; its numbers stay as they were written. Very long ones are cut off."""
    try:
        text = msgspec.json.format(attributes, indent=2)
    except msgspec.MsgspecError:
        text = attributes
    text = legible(text)
    if len(text) <= LONGEST_ATTRIBUTES:
        return text
    return text[:LONGEST_ATTRIBUTES] + "\n… cut off here; the REST interface (/v1) has all of it"


def dump(data: bytes, most: int = 4096) -> str:
    """What is no text: the first bytes, sixteen a line, in hex and as the letters that some of them are."""
    rows = (data[start : start + 16] for start in range(0, min(len(data), most), 16))
    lines = [f"{row.hex(' '):<47}  {''.join(chr(it) if 32 <= it < 127 else '·' for it in row)}" for row in rows]
    return "\n".join(lines) + ("\n…" if len(data) > most else "")


def one_line(attributes: str, letters: int = 160) -> str:
    """The beginning of the attributes, for a closed fold."""
    inside = legible(attributes).strip().removeprefix("{").removesuffix("}").strip()
    return inside if len(inside) <= letters else inside[: letters - 1] + "…"


@pass_context
def veiled(context: TemplateContext, text: str, name: str) -> str:
    """Of something that is called so: as whoever looks may see it."""
    veil: Veil = context["veil"]
    return veil.value(text, name)


@pass_context
def pretty_to_whom(context: TemplateContext, attributes: str) -> str:
    return pretty(_seen(context, attributes))


@pass_context
def one_line_to_whom(context: TemplateContext, attributes: str) -> str:
    return one_line(_seen(context, attributes))


@pass_context
def dump_to_whom(context: TemplateContext, data: bytes) -> str:
    return HIDDEN if context["veil"] else dump(data)


def _seen(context: TemplateContext, attributes: str) -> str:
    veil: Veil = context["veil"]
    return veil.text(attributes) if veil else attributes


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = address
    environment.globals.update(board_path=board_path, order_path=order_path, workflow_path=workflow_path)
    environment.globals.update(AGES=AGES, PLACES=PLACES, SPANS=SPANS)
    environment.filters.update(
        rfc3339=rfc3339,
        in_words=times.in_words,
        from_now=times.from_now,
        lasting=times.lasting,
        clock=times.clock,
        span=times.span,
        took=times.took,
        words=words,
        amount=amount,
        thousands=thousands,
        veiled=veiled,
        pretty=pretty_to_whom,
        dump=dump_to_whom,
        one_line=one_line_to_whom,
        safe_url=safe_url,
        as_json=as_json,
        sentence=sentence,
        did=did,
        size=size,
        percent=percent,
    )
    return environment


_ENVIRONMENT = _environment()  # one for the process: it keeps the templates that it has compiled
