"""The transactional outbox for SQLAlchemy: `pip install noshow-sdk[sqlalchemy]`."""

from noshow_sdk.outbox.outbox import Outbox
from noshow_sdk.outbox.relay import Delivered, Relay

__all__ = ["Delivered", "Outbox", "Relay"]
