import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, DataError, OperationalError, ProgrammingError

from store.clickhouse import ClickHouse
from store.clickhouse_errors import TRY_AGAIN, UNKNOWN_DATABASE, translated
from store.errors import StoreRefused, StoreUnavailable


def test_the_codes_are_those_of_the_engine(clickhouse: ClickHouse) -> None:
    expected = {**TRY_AGAIN, "UNKNOWN_DATABASE": UNKNOWN_DATABASE}
    codes = list(expected.values())
    rows = clickhouse.query("SELECT errorCodeToName(arrayJoin({codes:Array(UInt32)}))", {"codes": codes})
    assert [name for (name,) in rows] == list(expected)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("Error executing HTTP request"), StoreUnavailable),
        (OperationalError("HTTP driver received HTTP status 503, server response: …"), StoreUnavailable),
        (DatabaseError("HTTP driver received HTTP status 500"), StoreUnavailable),
        (DatabaseError("HTTP driver received HTTP status 429"), StoreUnavailable),
        (DatabaseError("HTTP driver received HTTP status 404, server response: no such page"), StoreRefused),
        (DatabaseError("Code: 252. Too many parts", code=252), StoreUnavailable),
        (OperationalError("Code: 241. Memory limit exceeded", code=241), StoreUnavailable),
        (DatabaseError("Code: 62. Syntax error", code=62), StoreRefused),
        (OperationalError("Code: 395. Thrown amid a stream", code=395), StoreRefused),
        (DataError("Unable to create native array"), StoreRefused),
        (ProgrammingError("Unable to open the chdb engine"), StoreRefused),
        (OSError(28, "No space left on device"), StoreUnavailable),
    ],
)
def test_what_is_worth_another_try(error: Exception, expected: type[Exception]) -> None:
    assert type(translated(error)) is expected


def test_bound_parameters_are_not_told() -> None:
    error = OperationalError("Error Max retries exceeded with url: /?param_id=order-1 (Caused by …)")
    assert "order-1" not in str(translated(error))
    assert "Caused by" in str(translated(error))
