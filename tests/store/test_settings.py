import base64
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import get_args

import pytest

from store.event import DAY, SECOND
from store.settings import (
    SETTINGS,
    Endpoint,
    KafkaSettings,
    Route,
    Secret,
    Settings,
    SettingsError,
    default_public_url,
    load,
)
from store.settings_oidc import OidcSettings

KEY = "whsec_" + base64.b64encode(bytes(range(24))).decode()
OTHER_KEY = "whsec_" + base64.b64encode(bytes(64)).decode()

EVERYTHING = f"""\
data: state
rules: /etc/noshow/rules
host: 0.0.0.0
port: 9000
public_url: https://noshow.example.org/
clickhouse:
  url: http://noshow:secret@clickhouse:8123
database:
  url: postgresql+psycopg://noshow:secret@db/noshow
collector:
  max_body: 1MiB
  max_batch: 10
  max_event: 1000
  max_ahead: PT1H
  grpc_port: off
evaluator:
  tick: 2s
  overlap: 1m
  insert_timeout: 30s
  sweep_every: 5m
  sweep_slices: 8
  batch: 100
  retention: 90d
outgoing:
  allow_private: true
notify:
  endpoints:
    default:
      url: https://hooks.example.org/noshow
      secret: {KEY}
    "Payments & co.":
      url: http://payments.internal/hook?x=1
      secret: {OTHER_KEY}
"""


@pytest.fixture(autouse=True)
def working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str, name: str = "noshow.yaml") -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def problems(text: str = "", environ: dict[str, str] | None = None, **overrides: object) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(environ or {}, written(text), overrides)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return list(caught.value.problems)


class TestSources:
    def test_defaults(self) -> None:
        settings = load({})
        assert (settings.data, settings.rules) == (Path("noshow-data"), Path("rules"))
        assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 8080, "http://127.0.0.1:8080")
        assert (settings.clickhouse, settings.database) == (None, None)
        assert settings.collector.max_body == 32 * 2**20
        assert settings.collector.max_ahead == DAY
        assert settings.collector.grpc_port == (4317, True)
        assert settings.evaluator.insert_timeout < settings.evaluator.overlap
        assert settings.evaluator.retention is None
        assert settings.notify.endpoints == {}

    def test_a_file_with_everything(self) -> None:
        settings = load({}, written(EVERYTHING, "etc/noshow.yaml"))
        assert settings.data == Path("etc/state")  # relative to the file
        assert settings.rules == Path("/etc/noshow/rules")
        assert settings.public_url == "https://noshow.example.org"
        assert settings.clickhouse == Secret("http://noshow:secret@clickhouse:8123")
        assert settings.database == Secret("postgresql+psycopg://noshow:secret@db/noshow")
        assert settings.collector.max_body == 2**20
        assert settings.collector.max_ahead == 3_600 * SECOND
        assert settings.collector.grpc_port == (None, False)
        assert settings.evaluator.overlap == 60 * SECOND
        assert settings.evaluator.retention == 90 * DAY
        assert settings.outgoing.allow_private
        assert settings.notify.endpoints == {
            "default": Endpoint("default", "https://hooks.example.org/noshow", (Secret(KEY),)),
            "Payments & co.": Endpoint("Payments & co.", "http://payments.internal/hook?x=1", (Secret(OTHER_KEY),)),
        }

    def test_the_command_line_comes_first_then_the_environment_then_the_file(self) -> None:
        file = written("port: 1\nhost: file\ndata: file\nrules: file\n")
        environ = {"NOSHOW_PORT": "2", "NOSHOW_HOST": "environment", "NOSHOW_DATA": "environment"}
        settings = load(environ, file, {"port": 3, "host": "line", "data": None})
        assert (settings.port, settings.host, settings.data) == (3, "line", Path("environment"))
        assert settings.rules == Path("file")

    def test_which_file(self) -> None:
        written("port: 1")
        written("port: 2", "named.yaml")
        assert load({}).port == 1
        assert load({"NOSHOW_CONFIG": "named.yaml"}).port == 2
        assert load({"NOSHOW_CONFIG": "named.yaml"}, Path("noshow.yaml")).port == 1

    @pytest.mark.parametrize("text", ["", "# nothing\n", "collector:\nnotify:\n  endpoints:\n"])
    def test_a_file_of_nothing(self, text: str) -> None:
        assert load({}, written(text)) == load({}, written(""))

    def test_every_setting_has_its_own_name_in_the_environment(self) -> None:
        names = {setting.environment for setting in SETTINGS}
        assert len(names) == len(SETTINGS)
        assert {"NOSHOW_DATA", "NOSHOW_CLICKHOUSE_URL", "NOSHOW_COLLECTOR_MAX_BODY"} < names
        assert {setting.name.removesuffix(".url") for setting in SETTINGS} == set(dotted(Settings)) - {
            "access.oidc",
            "collector.sources.mappings",
            "collector.rates",
            "evaluator.silence.expect",
            "evaluator.silence.expect_sources",
            "kafka",
            "notify.endpoints",
            "notify.route",
            "sweeps",
        }

    def test_the_environment_alone_can_say_everything_but_endpoints(self) -> None:
        texts = {"host": "::1", "port": "9000", "public_url": "http://x", "clickhouse.url": "http://x"}
        texts |= {"database.url": "sqlite:///x", "evaluator.retention": "1d", "evaluator.shares": "3"}
        texts |= {"collector.rate.events": "5", "collector.rate.bytes": "1MiB", "telemetry.otlp": "http://x"}
        texts |= {"cluster": "noshow", "evaluator.shard": "2/3", "telemetry.trace_url": "http://x/{trace_id}"}
        environ = {s.environment: texts.get(s.name) or str(s.default) for s in SETTINGS}
        settings = load(environ)
        assert (settings.host, settings.port, settings.clickhouse) == ("::1", 9000, Secret("http://x"))

    def test_other_names_in_the_environment_are_no_concern(self) -> None:
        assert load({"PATH": "/bin", "NOSHOWER": "x"}) == load({})


WHOLE = (Secret, Route, KafkaSettings, OidcSettings)  # which have names of their own, in the file only


def dotted(kind: type) -> list[str]:
    names = []
    for field in fields(kind):
        options = get_args(field.type) if isinstance(field.type, UnionType) else ()
        inner = next((it for it in options if is_dataclass(it)), field.type)  # of what may be None
        if (
            isinstance(inner, type)
            and is_dataclass(inner)
            and inner not in (Secret, Route, KafkaSettings, OidcSettings)
        ):
            names += [f"{field.name}.{name}" for name in dotted(inner)]
        else:
            names.append(field.name)
    return names


class TestProblems:
    def test_all_are_listed_at_once_with_their_places(self) -> None:
        text = (
            "prot: 1\nport: 80800\ncollector:\n  max_bodi: 3\n  max_body: lots\n  max_batch: [1]\nport: 2\n"
            "evaluator: fast\nnotify:\n  endpoints:\n    payments:\n      url: ftp://x\n    shipping:\n"
        )
        environ = {"NOSHOW_PRT": "1", "NOSHOW_EVALUATOR_TICK": "0s", "NOSHOW_ENDPOINTS": ""}
        assert problems(text, environ, host="no/host") == [
            "noshow.yaml:1:1: prot: unknown setting; did you mean port?",
            "noshow.yaml:4:3: collector.max_bodi: unknown setting; did you mean max_body?",
            "noshow.yaml:6:14: collector.max_batch: expected a single value",
            "noshow.yaml:7:1: port: given twice; the first is in line 2",
            "noshow.yaml:8:12: evaluator: expected a mapping",
            "noshow.yaml:13:14: notify.endpoints.shipping: expected a mapping",
            "NOSHOW_ENDPOINTS: unknown setting",
            "NOSHOW_PRT: unknown setting; did you mean NOSHOW_PORT?",
            "--host: expected a host name or an address to listen on, such as 127.0.0.1",
            "noshow.yaml:2:7: port: expected a port, 0 to 65535 (0: any free one)",
            "noshow.yaml:5:13: collector.max_body: expected a size such as 32MiB, 512KiB or a number of bytes",
            "NOSHOW_EVALUATOR_TICK: expected a duration above zero",
            "noshow.yaml:12:12: notify.endpoints.payments.url: expected a URL such as https://hooks.example.org/noshow",
            "notify.endpoints.payments: secret is missing",
        ]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("port: 1\n  host: x", "noshow.yaml:2:7: not valid YAML: mapping values are not allowed here"),
            ("- port", "noshow.yaml:1:1: settings: expected a mapping"),
            ("port: *x", "noshow.yaml:1:7: not valid YAML: found undefined alias 'x'"),
            ("port:", "noshow.yaml:1:6: port: expected a single value"),
            ("data: ''", "noshow.yaml:1:7: data: expected a path"),
            ("[1, 2]: 3", "noshow.yaml:1:1: expected a name"),
            ("\x01", "noshow.yaml: not valid YAML: unacceptable character #x0001: special characters are not allowed"),
        ],
    )
    def test_a_file_that_makes_no_sense(self, text: str, problem: str) -> None:
        assert problems(text) == [problem]

    def test_a_file_that_is_not_there_or_is_no_text(self) -> None:
        with pytest.raises(SettingsError, match=r"^nowhere\.yaml: cannot be read: No such file or directory$"):
            load({"NOSHOW_CONFIG": "nowhere.yaml"})
        Path("noshow.yaml").write_bytes(b"\xff")
        with pytest.raises(SettingsError, match=r"^noshow\.yaml: cannot be read: it is not UTF-8 text$"):
            load({})

    def test_the_time_limit_of_inserts_is_below_the_overlap(self) -> None:
        assert problems("evaluator: {overlap: 10s}") == [
            "noshow.yaml:1:22: evaluator.overlap: evaluator.insert_timeout (10 s) must be shorter than "
            "evaluator.overlap (10 s), or events could be overlooked"
        ]
        assert load({}, written("evaluator: {overlap: 10s, insert_timeout: 9s}")).evaluator.overlap == 10 * SECOND


class TestSecrets:
    def test_they_never_show(self) -> None:
        settings = load({}, written(EVERYTHING))
        for text in (repr(settings), str(settings), f"{settings.clickhouse}", f"{settings.clickhouse!r}"):
            assert "secret@" not in text
            assert KEY not in text
        assert "***" in repr(settings)
        assert settings.clickhouse is not None
        assert settings.clickhouse.reveal() == "http://noshow:secret@clickhouse:8123"

    def test_nor_in_what_is_wrong_with_them(self) -> None:
        text = "clickhouse: {url: 'hunter2://x'}\nnotify: {endpoints: {a: {url: http://x, secret: hunter2}}}"
        found = problems(text, {"NOSHOW_DATABASE_URL": "hunter2"})
        assert len(found) == 3
        assert not any("hunter2" in problem for problem in found)

    def test_from_files(self) -> None:
        Path("etc").mkdir()
        Path("etc/key").write_text(f"{KEY}\n")
        Path("url").write_text("  http://clickhouse:8123\n")
        text = "notify: {endpoints: {default: {url: http://x, secret_file: key}}}\ndatabase: {url_file: nowhere}"
        environ = {"NOSHOW_CLICKHOUSE_URL_FILE": "url", "NOSHOW_DATABASE_URL": "sqlite:///x"}
        with pytest.raises(SettingsError, match="nowhere cannot be read: No such file or directory"):
            load(environ, written(text, "etc/noshow.yaml"))
        settings = load(environ, written(text.replace("nowhere", "key"), "etc/noshow.yaml"))
        assert settings.clickhouse == Secret("http://clickhouse:8123")
        assert settings.database == Secret("sqlite:///x")
        assert settings.notify.endpoints["default"].secrets == (Secret(KEY),)

    def test_the_secret_and_its_file_together(self) -> None:
        Path("url").write_text("http://clickhouse:8123")
        environ = {"NOSHOW_CLICKHOUSE_URL": "http://x", "NOSHOW_CLICKHOUSE_URL_FILE": "url"}
        assert problems("database: {url: sqlite:///x, url_file: url}", environ) == [
            "noshow.yaml:1:40: database.url_file: give the secret or its file, not both",
            "NOSHOW_CLICKHOUSE_URL_FILE: give the secret or its file, not both",
        ]

    def test_what_a_file_holds_is_checked_too(self) -> None:
        Path("key").write_text("whsec_short")
        text = "notify: {endpoints: {default: {url: http://x, secret_file: key}}}"
        assert problems(text) == [
            "noshow.yaml:1:60: notify.endpoints.default.secret_file: "
            "expected whsec_ followed by the base64 of 24 to 64 random bytes"
        ]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://localhost:80"),
        ("::", "http://localhost:80"),
        ("::1", "http://[::1]:80"),
        ("noshow.example.org", "http://noshow.example.org:80"),
    ],
)
def test_default_public_url(host: str, url: str) -> None:
    assert default_public_url(host, 80) == url


class TestShares:
    @pytest.mark.parametrize(
        ("environ", "shares"),
        [
            ({}, 1),
            ({"NOSHOW_CLICKHOUSE_URL": "http://x"}, 6),
            ({"NOSHOW_CLICKHOUSE_URL": "http://x", "NOSHOW_EVALUATOR_SHARES": "2"}, 2),
        ],
    )
    def test_a_server_has_several_unless_told_otherwise(self, environ: dict[str, str], shares: int) -> None:
        assert load(environ).evaluator.shares == shares
