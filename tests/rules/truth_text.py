"""`truth` and `actions` back as the values of a rule file."""

from collections.abc import Mapping

from rules.expression import Attribute
from rules.spec_truth import MINUTE, Action, Body, Fields, Items, OfCase, Template, Truth, Variable
from tests.rules.expression_text import attribute, expression
from tests.rules.yaml_text import Quoted, Yaml, duration, given


def truth(truth: Truth) -> Yaml:
    return given(
        {
            "get": template(truth.get),
            "headers": headers(truth.headers),
            "confirmed": expression(truth.confirmed),
            "absent": expression(truth.absent),
            "time": expression(truth.time) if truth.time else None,
            "every": duration(truth.every) if truth.every != 5 * MINUTE else None,
            "cache": duration(truth.cache or None),
        }
    )


def actions(actions: tuple[Action, ...]) -> Yaml | None:
    return {it.name: action(it) for it in actions} or None


def action(action: Action) -> Yaml:
    return given(
        {
            "label": action.label if action.label != action.name else None,
            "post": template(action.post),
            "headers": headers(action.headers),
            "body": body(action.body),
            "idempotent": action.idempotent or None,
            "approve": action.approve if action.approve > 1 else None,
            "automatic": [str(kind) for kind in action.automatic] or None,
        }
    )


def headers(headers: Mapping[str, Template]) -> Yaml | None:
    return {name: template(value) for name, value in headers.items()} or None


def body(node: Body) -> Yaml | None:
    match node:
        case Fields(items=fields):
            return {Quoted(name): body(value) for name, value in fields.items()}
        case Items(items=items):
            return [body(item) for item in items]
        case Template():
            return template(node)
        case _:
            return node


def template(template: Template) -> Quoted:
    """A dollar sign can't stand before what is filled in from the case: it would read as a variable."""
    printed = ""
    for part in template.parts:
        assert isinstance(part, str | Variable) or not printed.endswith("$")
        match part:
            case str():
                printed += part.replace("{", "{{").replace("}", "}}")
            case Variable(name=name):
                printed += f"${{{name}}}"
            case OfCase(name=name):
                printed += f"{{{name}}}"
            case Attribute():
                printed += f"{{{attribute(part)}}}"
    return Quoted(printed)
