"""Where a sign-in leads back to: only to pages of this server."""

import pytest
from starlette.requests import Request

from api.access.viewer import own_path, sign_in_path


@pytest.mark.parametrize("path", ["/", "/rules", "/?state=all&q=a%2Fb", "/orders/w/a%0Ab", "/orders/w/a:b"])
def test_own_paths_stay(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *("", "rules", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "\\\\evil"),
        *("/\t/evil.example", "/a\nb", "/a\0", " /rules", "/sign-in?code=x", "/v1/cases", "http:/rules"),
    ],
)
def test_others_lead_to_the_first_page(path: str) -> None:
    assert own_path(path) == "/"


def request(path: str, method: str = "GET", **headers: str) -> Request:
    return Request(
        {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"q=1",
            "server": ("127.0.0.1", 8080),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
    )


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (request("/rules", host="evil.example"), "%2Frules%3Fq%3D1"),
        (request("/act", "POST", referer="http://localhost/orders/w/a?x=1#y"), "%2Forders%2Fw%2Fa%3Fx%3D1"),
        (request("/act", "POST"), "%2F"),
        (request("/act", "POST", referer="http://["), "%2F"),
        (request("/act", "POST", referer="https://evil.example//evil.example"), "%2F"),
        (request("/live", hx_request="true", hx_current_url="http://localhost/?state=all"), "%2F%3Fstate%3Dall"),
    ],
)
def test_the_sign_in_leads_back_to_where_it_was_asked_for(asked: Request, path: str) -> None:
    assert sign_in_path(asked) == f"/sign-in?next={path}"
