"""What a file of truth may look like, and what is said of one that is wrong: every line of it, at once."""

import pytest

from reconcile.truth.file import table
from reconcile.truth.file.table import BadFile, Row, read
from reconcile.truth.testimony import Word
from store.event import SECOND
from tests.conftest import NOON

HEADER = "correlation_id,step,word,time,reason,workflow\n"


def rows(text: str) -> list[Row]:
    return list(read(text.encode(), NOON).rows)


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(BadFile) as bad:
        read(text if isinstance(text, bytes) else text.encode(), NOON)
    return [str(it) for it in bad.value.problems]


def test_a_line_says_that_a_step_happened_or_did_not() -> None:
    text = HEADER + 'a,Paid,confirmed,2025-11-20T11:59:59Z,"in the ledger, page 7",pay\nb,Paid,ABSENT,,,\n'
    assert rows(text) == [
        Row(2, "a", "Paid", Word.CONFIRMED, NOON - SECOND, "in the ledger, page 7", "pay"),
        Row(3, "b", "Paid", Word.ABSENT),
    ]


def test_what_is_not_needed_may_be_left_out_and_the_order_is_free() -> None:
    assert rows("word,correlation_id,step\nabsent,a,Paid") == [Row(2, "a", "Paid", Word.ABSENT)]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffcorrelation_id,step,word\r\na,Paid,absent\r\n",
        "correlation_id;step;word\na;Paid;absent\n",
        "correlation_id\tstep\tword\na\tPaid\tabsent",
        '"correlation_id","step","word"\n" a ","Paid","absent"\n',
    ],
)
def test_however_spreadsheets_write_it(text: str) -> None:
    assert rows(text) == [Row(2, "a", "Paid", Word.ABSENT)]


def test_lines_are_counted_as_an_editor_does() -> None:
    text = HEADER + '\na,Paid,absent,,"two\nlines",\nb,Paid,absent,,,\n'
    assert [row.line for row in rows(text)] == [3, 5]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    text = HEADER + "a,Paid,maybe,,,\n,Paid,absent,yesterday,,\na,Paid\nb,Paid,absent,2025-11-20T12:00:01Z,,\n"
    assert problems(text) == [
        "line 2, word: 'maybe' is none; expected confirmed or absent",
        "line 3, correlation_id: is empty",
        "line 3, time: 'yesterday' is none; "
        "expected an instant such as 2026-11-20T14:05:00Z, or seconds since the epoch",
        "line 4: 2 fields, and the header has 6",
        "line 5, time: 2025-11-20T12:00:01Z is not past; it is 2025-11-20T12:00:00Z",
    ]


def test_an_unknown_column_is_no_comment() -> None:
    assert problems("corelation_id,step,word,word,amount\na,Paid,absent,absent,5") == [
        "line 1, corelation_id: there is no such column; did you mean correlation_id?",
        "line 1, word: the column is there twice",
        "line 1, amount: there is no such column; known are correlation_id, step, word, time, reason, workflow",
        "line 1, correlation_id: the column is missing",
    ]


def test_a_line_that_speaks_again_is_an_error_whatever_it_says() -> None:
    assert problems(HEADER + "a,Paid,absent,,,\na,Paid,absent,,,\n") == ["line 3: line 2 speaks of Paid of a already"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file: there is no row in it"),
        (b"correlation_id,step,word\n", "the file: there is no row in it"),
        (b"correlation_id,step,word\na,Paid,absent\nb,\xff,absent\n", "line 3: it is not UTF-8 text"),
        (b'correlation_id,step,word\na,"Paid"x,absent\n', "line 2: it is not CSV"),
        (b'correlation_id,step,word\na,"Paid,absent\n', "line 2: it is not CSV"),
        (b"correlation_id,step,word\na\0,Paid,absent\n", "line 2, correlation_id: holds a NUL character"),
        (b"correlation_id,step,word\n" + b"a" * 513 + b",Paid,absent\n", "line 2, correlation_id: is longer than 512"),
        (b"PK\x03\x04\x14\x00\xff", "line 1: it is not UTF-8 text"),
        (b"x" * (table.LARGEST + 1), "the file: it is larger than 4 MiB; send it in parts"),
    ],
)
def test_what_is_no_such_file_is_refused(content: bytes, problem: str) -> None:
    assert problems(content)[0].startswith(problem)


def test_no_more_rows_than_go_into_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", 2)
    text = HEADER + "".join(f"{number},Paid,absent,,,\n" for number in range(3))
    assert problems(text) == ["the file: it has more than 2 rows; send it in parts"]


def test_of_many_problems_the_first_are_shown() -> None:
    with pytest.raises(BadFile, match="and 10 more"):
        read((HEADER + "a,Paid,maybe,,,\n" * 60).encode(), NOON)


def test_any_byte_changes_the_fingerprint() -> None:
    text = HEADER + "a,Paid,absent,,,\n"
    assert read(text.encode(), NOON).fingerprint != read(text.replace("\n", "\r\n").encode(), NOON).fingerprint
