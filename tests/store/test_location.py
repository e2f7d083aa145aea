"""Where something stands: what people may write, and where it leads."""

import pytest

from store.location import Location, Part, attribute, location, pointer, resolve

DOCUMENT = {"order": {"id": "o-1", "lines": [{"sku": "a"}, {"sku": None}]}, "a/b": 1, "m~n": 2, "": 3, "a.b": 4}


@pytest.mark.parametrize(
    ("text", "part", "path"),
    [
        ("order_id", Part.ATTRIBUTE, ("order_id",)),
        ("order.id", Part.ATTRIBUTE, ("order.id",)),
        ("/order/id", Part.PAYLOAD, ("order", "id")),
        ("$message.payload#/order/id", Part.PAYLOAD, ("order", "id")),
        ("$message.header#/order-id", Part.HEADER, ("order-id",)),
        ("$message.header#/a~1b", Part.HEADER, ("a/b",)),
        ("$message.key", Part.KEY, ()),
        ("$message.timestamp", Part.TIMESTAMP, ()),
        ("$event", Part.EVENT, ()),
    ],
)
def test_what_may_be_written(text: str, part: Part, path: tuple[str, ...]) -> None:
    assert location(text) == Location(text, part, path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected an attribute's name"),
        ("  ", "expected an attribute's name"),
        ("#/order/id", "expected an attribute's name"),
        ("$message.body#/order", "expected an attribute's name"),
        ("$message.header", "expected an attribute's name"),
        ("$message.header#order-id", "begins with a slash"),
        ("$message.header#/a/b", "headers have no parts"),
        ("$message.header#/", "headers have no parts"),
        ("$message.payload#", "begins with a slash"),
        ("/a~2b", "~ is written ~0"),
        ("/a~", "~ is written ~0"),
    ],
)
def test_what_may_not(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        location(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("/order/id", "o-1"),
        ("/order/lines/0/sku", "a"),
        ("/a~1b", 1),
        ("/m~0n", 2),
        ("/", 3),
        ("/a.b", 4),
        ("/order/lines/1/sku", None),
        ("/order/lines/2", None),
        ("/order/lines/-", None),
        ("/order/lines/00", None),
        ("/order/id/x", None),
        ("/nothing/there", None),
    ],
)
def test_where_a_pointer_leads(text: str, value: object) -> None:
    assert resolve(pointer(text), DOCUMENT) == value


def test_an_attribute_of_that_very_name_goes_before_the_way_that_it_could_mean() -> None:
    assert attribute("order.id", {"order.id": "flat", "order": {"id": "deep"}}) == "flat"
    assert attribute("order.id", {"order": {"id": "deep"}}) == "deep"
    assert attribute("order.id", {"order.id": None, "order": {"id": "deep"}}) == "deep"
    assert attribute("order", {"id": 1}) is None
    assert attribute("order.id", None) is None
