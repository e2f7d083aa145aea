"""Receivers and the tree of routes, as they stand in the settings."""

import base64
from pathlib import Path

import pytest

from store.errors import SettingsError
from store.event import HOUR, MINUTE, SECOND
from store.matcher import Matcher
from store.secret import Secret
from store.settings import load
from store.settings_notify import SLACK, NotifySettings, Timing

KEY, OTHER = ("whsec_" + base64.b64encode(bytes([it]) * 32).decode() for it in (1, 2))
RECEIVERS = f"""\
notify:
  endpoints:
    default: {{url: "https://hooks.example.org", secret: {KEY}}}
  receivers:
    pager: {{webhook: {{url: "https://pager.example.org", secret: {KEY} {OTHER}}}}}
    channel: {{slack: {{url_file: slack}}}}
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slack").write_text("https://hooks.slack.example/secret\n")
    return tmp_path


def settings(text: str) -> NotifySettings:
    Path("noshow.yaml").write_text(text)
    return load({}).notify


def problems(route: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings(RECEIVERS + route)
    return [it.removeprefix("noshow.yaml:") for it in caught.value.problems]


def test_without_a_tree_owners_are_told_as_ever() -> None:
    route = settings(RECEIVERS).route
    assert (route.receiver, route.group_by, route.match, route.routes) == (None, ("owner",), (), ())
    assert route.timing == Timing(10 * SECOND, MINUTE, 4 * HOUR, 20)


def test_receivers_of_each_kind() -> None:
    found = settings(RECEIVERS).endpoints
    assert list(found) == ["default", "pager", "channel"]
    assert found["pager"].secrets == (Secret(KEY), Secret(OTHER))
    assert (found["channel"].channel, found["channel"].url) == (SLACK, "https://hooks.slack.example/secret")
    assert "secret" not in repr(found["channel"]).replace("secrets", "")


def test_a_branch_has_from_above_what_it_does_not_say() -> None:
    route = settings(
        RECEIVERS
        + """\
  route:
    receiver: channel
    group_wait: 5s
    repeat_interval: 0s
    routes:
      - match: {severity: critical, owner: [a, b], labels: {tier: ~g.*}}
        receiver: pager
        group_by: [case]
        storm_cap: 3
        continue: true
        routes:
          - match: {step: Paid}
            group_interval: 2m
"""
    ).route
    [branch] = route.routes
    [leaf] = branch.routes
    assert branch.match == (
        Matcher("severity", ("critical",)),
        Matcher("owner", ("a", "b")),
        Matcher("labels.tier", ("g.*",), expression=True),
    )
    assert (branch.receiver, branch.group_by, branch.goes_on) == ("pager", ("case",), True)
    assert branch.timing == Timing(5 * SECOND, MINUTE, 0, 3)
    assert (leaf.path, leaf.receiver, leaf.group_by, leaf.goes_on) == (
        "notify.route.routes[0].routes[0]",
        "pager",
        ("case",),
        False,
    )
    assert leaf.timing == Timing(5 * SECOND, 2 * MINUTE, 0, 3)


def test_everything_that_is_wrong_is_said_with_its_place() -> None:
    assert problems(
        """\
  route:
    match: {owner: x}
    routes:
      - reciever: pager
        receiver: pagr
        match: {sevrity: x, step: "~["}
        group_by: [ownr]
        group_wait: soon
        storm_cap: 0
      - continue: perhaps
        group_by: {a: b}
"""
    ) == [
        "8:5: notify.route.match: unknown setting",
        "10:9: notify.route.routes[0].reciever: unknown setting; did you mean receiver?",
        "12:17: notify.route.routes[0].match.sevrity: unknown setting; did you mean severity?",
        "12:35: notify.route.routes[0].match.step: not a regular expression: unterminated character set at position 0",
        "11:19: notify.route.routes[0].receiver: there is no receiver pagr; did you mean pager?",
        "13:19: notify.route.routes[0].group_by: nothing can be grouped by ownr; did you mean owner?",
        "14:21: notify.route.routes[0].group_wait: expected a duration such as 90s, 15m, 48h, 1d12h or PT15M",
        "15:20: notify.route.routes[0].storm_cap: expected a whole number, 1 or more",
        "17:19: notify.route.routes[1].group_by: expected a single value",
        "16:19: notify.route.routes[1].continue: expected true or false",
    ]


def test_a_receiver_has_one_channel_and_a_name_of_its_own() -> None:
    with pytest.raises(SettingsError) as caught:
        settings(
            RECEIVERS.replace("pager:", "default:").replace(
                "{slack:", f'{{webhook: {{url: "https://x", secret: {KEY}}}, slack:'
            )
        )
    assert list(caught.value.problems) == [
        "notify.receivers.default: notify.endpoints has one of this name, too",
        "notify.receivers.channel: expected one of webhook and slack",
    ]
