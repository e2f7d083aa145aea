"""JSON answers."""

import msgspec
from starlette.responses import Response


class Json(Response):
    """Encoded by msgspec: `msgspec.Raw` passes through as it is, and a number that is none in JSON becomes null."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return msgspec.json.encode(content)
