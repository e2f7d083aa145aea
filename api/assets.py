"""Stylesheet, scripts and pictures, each under an address that has its content's hash: cached for ever, never stale."""

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from api.problem import NotFound

FOLDER = Path(__file__).parent / "assets"
FOR_EVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=60"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    media_type: str
    digest: str


@cache
def assets() -> dict[str, Asset]:
    """All assets by file name."""
    return {file.name: _read(file) for file in sorted(FOLDER.iterdir()) if file.is_file()}


def address(name: str) -> str:
    """Where to find an asset; `KeyError` if there is none of this name."""
    return f"/static/{assets()[name].digest}/{name}"


@router.get("/static/{digest}/{name}")
def static(digest: str, name: str) -> Response:
    # Another digest is a page of another version of this server, during a deployment: what is here is the nearest.
    asset = assets().get(name)
    if asset is None:
        raise NotFound(f"There is no asset {name}")
    caching = FOR_EVER if digest == asset.digest else SHORTLY
    return Response(asset.content, media_type=asset.media_type, headers={"Cache-Control": caching})


@router.get("/favicon.ico")
def favicon() -> Response:
    icon = assets()["icon.svg"]
    return Response(icon.content, media_type=icon.media_type, headers={"Cache-Control": SHORTLY})


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    media_type = mimetypes.guess_type(file.name)[0] or "text/plain"
    return Asset(content, media_type, hashlib.sha256(content).hexdigest()[:12])
