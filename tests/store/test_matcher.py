import pytest

from store.matcher import Matcher, all_fit, matcher, parse


@pytest.mark.parametrize(
    ("text", "fitting", "other"),
    [
        ("owner=payments", "payments", "payments-2"),
        ("correlation_id=~A-1.*", "A-17", "B-A-17"),
        ("labels.tier=gold", "gold", "silver"),
        ("step=~(Paid|Shipped)", "Paid", "PaidBack"),
    ],
)
def test_a_matcher_as_people_write_it(text: str, fitting: str, other: str) -> None:
    found = parse(text)
    assert found.fits({found.name: fitting})
    assert not found.fits({found.name: other})
    assert not found.fits({})
    assert str(found) == text
    assert parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("owner", "expected a matcher such as owner=payments"),
        ("owner=", "expected a matcher"),
        ("ownr=x", "ownr: nothing can be matched by it; did you mean owner?"),
        ("labels.=x", "nothing can be matched by it"),
        ("step=~[", "not a regular expression: unterminated character set"),
        ("step=~", "expected a regular expression of at most 256 letters"),
        ("step=~" + "a" * 257, "at most 256 letters"),
    ],
)
def test_what_is_none(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("?", r"\?")):
        parse(text)


def test_any_of_several_values() -> None:
    several = matcher("owner", ["a", "b"])
    assert several == Matcher("owner", ("a", "b"))
    assert [several.fits({"owner": it}) for it in "abc"] == [True, True, False]
    with pytest.raises(ValueError, match="or one regular expression"):
        matcher("owner", ["a", "~b"])


def test_all_must_fit() -> None:
    both = [parse("owner=a"), parse("severity=critical")]
    assert all_fit(both, {"owner": "a", "severity": "critical"})
    assert not all_fit(both, {"owner": "a", "severity": "info"})
    assert all_fit([], {})
