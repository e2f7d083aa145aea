"""`noshow routes`: the tree, and who would hear of a case."""

import base64
from pathlib import Path

from tests.noshow.command import noshow

KEY = "whsec_" + base64.b64encode(bytes(32)).decode()
SETTINGS = f"""\
notify:
  endpoints:
    payments: {{url: "https://hooks.example.org/secret-path", secret: {KEY}}}
  receivers:
    pager: {{webhook: {{url: "https://pager.example.org", secret: {KEY}}}}}
  route:
    routes:
      - {{match: {{severity: critical}}, receiver: pager, group_by: [case], group_wait: 0s, continue: true}}
      - match: {{labels: {{tier: gold}}}}
"""


def written(place: Path) -> str:
    (place / "noshow.yaml").write_text(SETTINGS)
    return str(place / "noshow.yaml")


def test_who_hears_of_a_case_and_why(tmp_path: Path) -> None:
    config = ["--config", written(tmp_path)]
    told = noshow("routes", "test", *config, "--owner", "payments", "--severity", "critical", "--label", "tier=gold")
    assert (told.code, told.out.splitlines()) == (
        0,
        [
            "pager  (webhook)",
            "    notify.route",
            "    notify.route.routes[0] (severity=critical)",
            "    one message for what has the same case this case",
            "payments  (webhook)",
            "    notify.route",
            "    notify.route.routes[1] (labels.tier=gold)",
            "    one message for what has the same owner payments",
        ],
    )


def test_nobody_hears_of_an_owner_without_an_endpoint(tmp_path: Path) -> None:
    told = noshow("routes", "test", "--config", written(tmp_path), "--owner", "shipping")
    assert told.out == "nobody: no endpoint is called shipping or default (notify.endpoints)\n"


def test_the_tree_with_what_is_inherited_and_without_addresses(tmp_path: Path) -> None:
    shown = noshow("routes", "show", "--config", written(tmp_path)).out
    assert "notify.route → the endpoint of the owner" in shown
    assert "notify.route.routes[0] (severity=critical) → pager, and on" in shown
    assert (
        "by case: first after 0 s, then every 1 min at most, repeated every 4 h; above 20 new cases a summary" in shown
    )
    assert "payments: webhook" in shown
    assert "secret-path" not in shown and KEY not in shown


def test_a_label_has_a_name_and_a_value(tmp_path: Path) -> None:
    told = noshow("routes", "test", "--config", written(tmp_path), "--label", "tier")
    assert (told.code, "--label tier: expected NAME=VALUE" in told.err) == (2, True)
