"""`noshow demo`: the true path on embedded stores, with a simulated shop that loses events."""

import base64
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import yaml

from noshow.demo.provider import IN_THE_RULES, provider
from noshow.demo.receiver import receiver
from noshow.errors import WrongUsage
from noshow.listening import free_port
from noshow.serving import Ready, serve
from store.settings import Settings, load

OWNERS = ("orders", "payments", "warehouse", "compliance")
RULES = Path(__file__).parent / "rules"
PORT, GRPC_PORT = 8080, 4317


def run(keep: Path | None, port: int | None, *, open_browser: bool) -> None:
    """Until Ctrl-C. Without `keep` everything it made is removed. Raises NoshowError or StoreError."""
    keys = {owner: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() for owner in OWNERS}
    with _place(keep) as place, receiver(keys, click.echo) as hooks, provider() as payments:
        _write_rules(place / "rules", payments)
        settings = _settings(place, hooks, keys, free_port(PORT) if port is None else port)
        shops: list[subprocess.Popen[bytes]] = []

        def ready(server: Ready) -> None:
            shops.append(subprocess.Popen([sys.executable, "-m", "noshow.demo.shop", server.url, payments]))
            _welcome(server, open_browser)

        try:
            serve(settings, on_ready=ready)
        finally:
            for shop in shops:
                _end(shop)


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        if keep.exists():
            raise WrongUsage(f"--keep {keep}: it is there already; name a new directory")
        try:
            keep.mkdir(parents=True)
        except OSError as error:
            raise WrongUsage(f"--keep {keep}: {error.strerror}") from error
        yield keep
        click.echo(f"kept in {keep}; `noshow serve --config {keep}/noshow.yaml` goes on with it")
        return
    place = Path(tempfile.mkdtemp(prefix="noshow-demo-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _write_rules(place: Path, payments: str) -> None:
    """The demo's rules, which ask the payment provider where it listens."""
    shutil.copytree(RULES, place)
    for rule in place.glob("*.yaml"):
        rule.write_text(rule.read_text().replace(IN_THE_RULES, payments))


def _settings(place: Path, hooks: str, keys: dict[str, str], port: int) -> Settings:
    config = {
        "data": "data",
        "rules": "rules",
        "port": port,
        "collector": {"grpc_port": free_port(GRPC_PORT)},
        "outgoing": {"allow_private": True},
        "notify": {
            "endpoints": {owner: {"url": f"{hooks}/{owner}", "secret": key} for owner, key in keys.items()},
            "route": {"group_wait": "2s", "group_interval": "5s"},
        },
    }
    file = place / "noshow.yaml"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(config))
    return load({}, file)


def _welcome(server: Ready, open_browser: bool) -> None:
    click.echo(f"\n  The dashboard: {click.style(server.url, bold=True)}")
    click.echo(f"  Signed in, to press its buttons (works once): {server.sign_in}")
    click.echo("  A simulated shop takes orders; the first flags come after about ten seconds. Ctrl-C ends it.")
    click.echo("  What the owning teams get by webhook:\n")
    if open_browser and _has_screen():
        webbrowser.open(server.sign_in)


def _has_screen() -> bool:
    """Without one, `webbrowser` would take over the terminal with a text browser."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
