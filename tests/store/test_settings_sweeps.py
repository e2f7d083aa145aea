"""Sweeps in the settings: what one needs, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from store.errors import SettingsError
from store.event import DAY, HOUR, MINUTE
from store.settings import load
from store.settings_sweeps import SweepSettings

LEAST = """\
sweeps:
  payments:
    workflow: online-payment
    step: PaymentReceived
    get: https://payments.example/charges?since={since}&after={cursor}
    fields: {correlation_id: order}
"""


def sweep(tmp_path: Path, text: str) -> SweepSettings:
    (tmp_path / "noshow.yaml").write_text(text)
    return load({}, tmp_path / "noshow.yaml").sweeps["payments"]


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as wrong:
        sweep(tmp_path, text)
    return [problem.removeprefix(f"{tmp_path}/") for problem in wrong.value.problems]


def test_the_least_and_what_it_means(tmp_path: Path) -> None:
    it = sweep(tmp_path, LEAST)
    assert (it.name, it.items, it.next, it.fields) == ("payments", (), (), {"correlation_id": ("order",)})
    assert (it.every, it.lag, it.overlap, it.look_back) == (HOUR, 5 * MINUTE, 15 * MINUTE, DAY)


def test_all_of_it(tmp_path: Path) -> None:
    it = sweep(
        tmp_path,
        LEAST.replace(
            "fields: {correlation_id: order}", "fields: {correlation_id: meta.order, status: status, amount: sum}"
        )
        + """\
    headers: {Authorization: "Bearer ${PAYMENTS_TOKEN}"}
    items: data.charges
    next: data.next
    happened: succeeded, settled
    failed: failed
    ours: amount
    scale: 2
    unknown: false
    every: 10m
""",
    )
    assert it.fields == {"correlation_id": ("meta", "order"), "status": ("status",), "amount": ("sum",)}
    assert (it.items, it.next) == (("data", "charges"), ("data", "next"))
    assert (sorted(it.happened), sorted(it.failed)) == (["settled", "succeeded"], ["failed"])
    assert (it.headers, it.ours, it.scale, it.unknown, it.every) == (
        *({"Authorization": "Bearer ${PAYMENTS_TOKEN}"}, ("amount",), 2, False, 10 * MINUTE),
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("    step: PaymentReceived\n", "", "sweeps.payments: step is missing"),
        ("correlation_id: order", "id: x", "sweeps.payments: fields.correlation_id is missing"),
        ("correlation_id: order", "correlation_id: order, status: s", "sweeps.payments: happened is missing: which"),
        ("{since}", "{sinse}", "noshow.yaml:5:10: sweeps.payments.get: {sinse} is nothing that can be filled in"),
        ("https://", "ftp://", "noshow.yaml:5:10: sweeps.payments.get: expected an address such as"),
        ("{correlation_id: order}", "{corelation_id: order}", "noshow.yaml:6:14: sweeps.payments.fields.corelation_id"),
        (
            "    step:",
            "    evry: 5m\n    step:",
            "noshow.yaml:4:5: sweeps.payments.evry: unknown setting; did you mean every?",
        ),
        ("    step:", "    scale: two\n    step:", "noshow.yaml:4:12: sweeps.payments.scale: expected how many digits"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert problems(tmp_path, LEAST.replace(old, new))[0].startswith(problem)
