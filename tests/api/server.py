"""The application behind a real server for as long as a block lasts."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp

from api.app import Application
from tests.web_server import WebServer


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of the application, as `http://127.0.0.1:port`."""
    server = WebServer(app)
    try:
        yield server.url
    finally:
        if isinstance(app, Application):
            app.state.context.changes.end()
        server.stop()
