"""Which errors of ClickHouse and its driver are worth another try."""

import re

from clickhouse_connect.driver.exceptions import Error, OperationalError

from store.errors import StoreError, StoreRefused, StoreUnavailable

UNKNOWN_DATABASE = 81

# Nothing is wrong with the statement or the data: the server is away, busy, full, or does not let us in (yet).
TRY_AGAIN = {
    "CANNOT_WRITE_TO_OSTREAM": 24,
    "CANNOT_READ_FROM_FILE_DESCRIPTOR": 74,
    "CANNOT_WRITE_TO_FILE_DESCRIPTOR": 75,
    "CANNOT_OPEN_FILE": 76,
    "CANNOT_CLOSE_FILE": 77,
    "TIMEOUT_EXCEEDED": 159,
    "TOO_SLOW": 160,
    "READONLY": 164,
    "CANNOT_CREATE_DIRECTORY": 172,
    "CANNOT_ALLOCATE_MEMORY": 173,
    "UNKNOWN_USER": 192,
    "WRONG_PASSWORD": 193,
    "REQUIRED_PASSWORD": 194,
    "IP_ADDRESS_NOT_ALLOWED": 195,
    "DNS_ERROR": 198,
    "QUOTA_EXCEEDED": 201,
    "TOO_MANY_SIMULTANEOUS_QUERIES": 202,
    "NO_FREE_CONNECTION": 203,
    "CANNOT_FSYNC": 204,
    "SOCKET_TIMEOUT": 209,
    "NETWORK_ERROR": 210,
    "CANNOT_STATVFS": 214,
    "NO_ZOOKEEPER": 225,
    "ABORTED": 236,
    "MEMORY_LIMIT_EXCEEDED": 241,
    "TABLE_IS_READ_ONLY": 242,
    "NOT_ENOUGH_SPACE": 243,
    "TOO_MANY_PARTS": 252,
    "ALL_CONNECTION_TRIES_FAILED": 279,
    "TOO_FEW_LIVE_REPLICAS": 285,
    "UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE": 286,
    "REPLICA_IS_NOT_IN_QUORUM": 289,
    "UNKNOWN_STATUS_OF_INSERT": 319,
    "UNFINISHED": 341,
    "QUERY_WAS_CANCELLED": 394,
    "SYSTEM_ERROR": 425,
    "CANNOT_SCHEDULE_TASK": 439,
    "DEADLOCK_AVOIDED": 473,
    "ACCESS_DENIED": 497,
    "S3_ERROR": 499,
    "AUTHENTICATION_FAILED": 516,
    "SERVER_OVERLOADED": 745,
    "HTTP_CONNECTION_LIMIT_REACHED": 762,
    "KEEPER_EXCEPTION": 999,
    "POCO_EXCEPTION": 1000,
    "STD_EXCEPTION": 1001,
    "UNKNOWN_EXCEPTION": 1002,
}
_TRY_AGAIN_CODES = frozenset(TRY_AGAIN.values())
_HTTP_STATUS = re.compile(r"HTTP status (\d{3})")
# Carries the bound parameters, which may be long and are nobody's business.
_URL = re.compile(r" with url: \S+")


def translated(error: Exception) -> StoreError:
    """Our exception for one of the driver's, or for an `OSError` of its temporary files and sockets."""
    kind = StoreUnavailable if _worth_another_try(error) else StoreRefused
    return kind(f"ClickHouse: {_URL.sub('', str(error))}")


def _worth_another_try(error: Exception) -> bool:
    if isinstance(error, OSError):
        return True
    code = error.code if isinstance(error, Error) else None
    if code is not None:
        return code in _TRY_AGAIN_CODES
    status = _HTTP_STATUS.search(str(error))
    if status is not None:
        return int(status[1]) >= 500 or int(status[1]) == 429
    return isinstance(error, OperationalError)
