"""The database of a service, with a table of its own and an outbox."""

import pytest
from sqlalchemy import Column, Engine, MetaData, String, Table

from noshow_sdk.outbox import Outbox
from store.database import Database

METADATA = MetaData()
PAYMENTS = Table("payments", METADATA, Column("id", String, primary_key=True))
OUTBOX = Outbox(METADATA)

ON_POSTGRESQL = pytest.mark.parametrize("any_empty_database", ["postgresql"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("any_empty_database", ["sqlite"], indirect=True)


@pytest.fixture
def engine(any_empty_database: Database) -> Engine:
    METADATA.create_all(any_empty_database.engine)
    return any_empty_database.engine
