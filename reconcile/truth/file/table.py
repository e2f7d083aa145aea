"""A CSV of truth: what somebody has from the provider, read and checked. All that is wrong with it is said at once."""

import csv
import difflib
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconcile.errors import ReconcileError
from reconcile.truth.testimony import Word
from store.instant import parse_instant, rfc3339

LARGEST = 4 * 1024 * 1024  # bytes of a file
MOST_ROWS = 10_000
LONGEST = 512  # characters of a field; of a reason four times as many

REQUIRED = ("correlation_id", "step", "word")
COLUMNS = (*REQUIRED, "time", "reason", "workflow")

_DELIMITERS = ",;\t"  # what spreadsheets write, by country
_SHOWN = 50  # problems


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line (from 1, the header's; 0: of the whole file); `column` is its name, '' of no column."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else "the file"
        return f"{place}{f', {self.column}' if self.column else ''}: {self.message}"


class BadFile(ReconcileError):
    """The file can't be taken as it is; nothing of it was."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        more = len(problems) - _SHOWN
        self.problems = tuple(problems[:_SHOWN])
        super().__init__("\n".join([*map(str, self.problems), *([f"and {more} more"] if more > 0 else [])]))


@dataclass(frozen=True, slots=True)
class Row:
    """What a line says. `time` in µs UTC, `None` where it is left out; `reason` and `workflow` are '' then."""

    line: int
    correlation_id: str
    step: str
    word: Word
    time: int | None = None
    reason: str = ""
    workflow: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`fingerprint` changes with any byte of the file."""

    fingerprint: str
    rows: tuple[Row, ...]


def read(content: bytes, now: int) -> Table:
    """The file as it was sent; `now` in µs UTC. Raises `BadFile`."""
    if len(content) > LARGEST:
        raise BadFile([Problem(0, "", f"it is larger than {LARGEST // 2**20} MiB; send it in parts")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadFile([Problem(line, "", "it is not UTF-8 text")]) from None
    problems: list[Problem] = []
    lines = list(_lines(text, problems))
    rows = _rows(lines, now, problems) if lines else []
    if not rows and not problems:
        problems.append(
            Problem(0, "", f"there is no row in it; the first line names the columns: {', '.join(COLUMNS)}")
        )
    if problems:
        raise BadFile(problems)
    return Table(hashlib.sha256(content).hexdigest(), tuple(rows))


def _lines(text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Each with the number of the line that it begins in; blank ones are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, [cell.strip() for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(begins, "", f"it is not CSV: {error}"))


def _delimiter(text: str) -> str:
    header = text.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=header.count)


def _rows(lines: Sequence[tuple[int, list[str]]], now: int, problems: list[Problem]) -> list[Row]:
    (line, header), *rest = lines
    _check_header(line, header, problems)
    if len(rest) > MOST_ROWS:
        problems.append(Problem(0, "", f"it has more than {MOST_ROWS:,} rows; send it in parts"))
    if problems:
        return []
    seen: dict[tuple[str, str, str], int] = {}
    rows = []
    for line, cells in rest:
        row = _Row(line, header, cells, problems).read(now)
        if row is None:
            continue
        first = seen.setdefault((row.workflow, row.correlation_id, row.step), line)
        if first != line:
            problems.append(Problem(line, "", f"line {first} speaks of {row.step} of {row.correlation_id} already"))
        rows.append(row)
    return rows


def _check_header(line: int, header: Sequence[str], problems: list[Problem]) -> None:
    for name in dict.fromkeys(header):
        if name not in COLUMNS:
            near = difflib.get_close_matches(name.lower(), COLUMNS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(COLUMNS)}"
            problems.append(Problem(line, name, f"there is no such column; {hint}"))
        elif header.count(name) > 1:
            problems.append(Problem(line, name, "the column is there twice"))
    problems.extend(Problem(line, name, "the column is missing") for name in REQUIRED if name not in header)


class _Row:
    """One line; what is wrong with it is noted."""

    def __init__(self, line: int, header: Sequence[str], cells: Sequence[str], problems: list[Problem]) -> None:
        self._line = line
        self._problems = problems
        self._cells: Mapping[str, str] = dict(zip(header, cells, strict=False))
        self._whole = len(cells) == len(header)
        if not self._whole:
            self._wrong("", f"{len(cells)} fields, and the header has {len(header)}")

    def read(self, now: int) -> Row | None:
        if not self._whole:
            return None
        before = len(self._problems)
        correlation_id, step = self._text("correlation_id"), self._text("step")
        word, time = self._word(), self._time(now)
        reason, workflow = self._optional("reason", 4 * LONGEST), self._optional("workflow", LONGEST)
        if word is None or len(self._problems) > before:
            return None
        return Row(self._line, correlation_id, step, word, time, reason, workflow)

    def _text(self, name: str) -> str:
        text = self._optional(name, LONGEST)
        if not text:
            self._wrong(name, "is empty")
        return text

    def _optional(self, name: str, longest: int) -> str:
        text = self._cells.get(name, "")
        if len(text) > longest:
            self._wrong(name, f"is longer than {longest} characters")
        if "\0" in text:
            self._wrong(name, "holds a NUL character")
        return text

    def _word(self) -> Word | None:
        text = self._cells["word"]
        if text.lower() in list(Word):
            return Word(text.lower())
        self._wrong("word", f"{text!r} is none; expected {' or '.join(Word)}")
        return None

    def _time(self, now: int) -> int | None:
        if not (text := self._cells.get("time", "")):
            return None
        try:
            time = parse_instant(text)
        except ValueError as error:
            self._wrong("time", f"{text!r} is none; {error}")
            return None
        if time > now:
            self._wrong("time", f"{text} is not past; it is {rfc3339(now)}")
        return time

    def _wrong(self, column: str, message: str) -> None:
        self._problems.append(Problem(self._line, column, message))
