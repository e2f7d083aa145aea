"""The image cannot be built without a container engine. What it is told is held against what there is."""

import fnmatch
import re
import tomllib
from collections.abc import Iterator

from store.settings import SETTINGS
from tests.docs.pages import ROOT

DOCKERFILE = (ROOT / "deploy" / "image" / "Dockerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()


def instructions() -> Iterator[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", "\n".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#")))
    for line in filter(None, text.splitlines()):
        name, _, rest = line.partition(" ")
        yield name, " ".join(rest.split())


def of(name: str) -> list[str]:
    return [rest for it, rest in instructions() if it == name]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for rest in of("ENV") for pair in rest.split())


def versions(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_it_runs_as_nobody_in_particular() -> None:
    assert of("USER") == ["65532:65532"]
    assert of("VOLUME") == ["/data"]
    last = [name for name, _ in instructions()]
    assert last.index("USER") > max(number for number, name in enumerate(last) if name in ("RUN", "COPY"))


def test_its_environment_is_settings_that_there_are() -> None:
    known = {it.environment for it in SETTINGS}
    told = {name: value for name, value in environment().items() if name.startswith("NOSHOW_")}
    assert {*told} <= known
    assert told["NOSHOW_ACCESS_ANONYMOUS"] == "never", "it listens to everybody"


def test_what_it_is_built_of_is_not_ignored() -> None:
    kept = {line.removeprefix("!") for line in IGNORED if line.startswith("!")}
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {*packages["packages"], "sdk", "pyproject.toml", "requirements-server.lock", "README.md"} <= kept
    assert all((ROOT / name).exists() for name in kept)
    assert any(fnmatch.fnmatch(".git", line) for line in IGNORED)


def test_it_installs_what_the_tests_were_run_with_and_no_tools_of_theirs() -> None:
    locked, served = versions("requirements.lock"), versions("requirements-server.lock")
    assert served.items() <= locked.items()
    assert not {"pytest", "mypy", "playwright", "hypothesis"} & served.keys()
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = {re.split(r"[\[>=]", it)[0] for it in dependencies} - {"noshow-sdk"}
    assert wanted <= served.keys()


def test_what_deploy_is_checked_with_agrees_with_the_rest() -> None:
    locked = versions("requirements.lock")
    for name, version in versions("requirements-deploy.lock").items():
        assert locked.get(name, version) == version, name
