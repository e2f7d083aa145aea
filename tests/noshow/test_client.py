"""How commands talk to a server: the token they show it, and what they say where it says no."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from noshow.client import Refused, Server, connected
from noshow.errors import NoshowError, WrongUsage
from store.problem import problem
from tests.api.server import serving


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = FastAPI()

    @app.api_route("/echo", methods=["GET", "POST"])
    async def echo(request: Request) -> Response:
        body = (await request.body()).decode()
        query = dict(request.query_params)
        return JSONResponse({"body": body, "query": query, "token": request.headers.get("authorization")})

    @app.get("/problem/{status}")
    async def refuse(status: int) -> Response:
        return problem(status, "It can't be had.")

    @app.get("/text")
    async def text() -> Response:
        return PlainTextResponse('{"a": 1}\n\n{"a": 2}\n', 200)

    @app.post("/nothing")
    async def nothing() -> Response:
        return Response(status_code=204)

    with serving(app) as address:
        yield address


def test_the_token_is_shown_where_there_is_one(url: str) -> None:
    with connected(Server(url, "noshow_1_2\n")) as client:
        assert client.get("/echo")["token"] == "Bearer noshow_1_2"
    with connected(Server(url)) as client:
        assert client.get("/echo", {"q": "a b", "n": 1}) == {"body": "", "query": {"q": "a b", "n": "1"}, "token": None}


def test_what_can_be_no_token_is_never_sent_nor_shown(url: str) -> None:
    for text in ("two words", "tök", "line\nline", "nul\0"):
        with pytest.raises(WrongUsage, match="the token is none") as raised, connected(Server(url, text)):
            raise AssertionError("connected")
        assert text not in str(raised.value)


def test_a_body_goes_as_json(url: str) -> None:
    with connected(Server(url)) as client:
        assert client.post("/echo", {"note": "x"}, {"dry_run": "true"}) == {
            **{"body": '{"note":"x"}', "query": {"dry_run": "true"}, "token": None}
        }
        assert client.post("/nothing") is None


def test_lines_come_one_by_one(url: str) -> None:
    with connected(Server(url)) as client:
        assert list(client.lines("/text")) == ['{"a": 1}', '{"a": 2}']
        with pytest.raises(Refused, match="404"):
            list(client.lines("/problem/404"))


@pytest.mark.parametrize(("status", "hint"), [(401, True), (403, False), (409, False), (500, False)])
def test_a_refusal_says_what_the_server_said(url: str, status: int, hint: bool) -> None:
    with connected(Server(url, "noshow_secret")) as client, pytest.raises(Refused, match="It can't be had") as raised:
        client.get(f"/problem/{status}")
    assert raised.value.status == status
    assert ("NOSHOW_TOKEN" in str(raised.value)) == hint
    assert "noshow_secret" not in str(raised.value)


def test_what_is_no_noshow_and_what_is_not_there(url: str) -> None:
    with connected(Server(url)) as client, pytest.raises(NoshowError, match="is no Noshow"):
        client.get("/text")
    with connected(Server("http://127.0.0.1:9")) as client, pytest.raises(NoshowError, match="does not answer"):
        client.get("/echo")
