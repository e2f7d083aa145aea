"""What a decoder has to know of how something was sent, beside its bytes: kept with it, for when it is read again."""

import msgspec


class Context(msgspec.Struct, frozen=True, omit_defaults=True):
    """`source`: the only one that the sender speaks for, '' for any."""

    source: str = ""


NOTHING = Context()


def written(context: Context) -> str:
    return "" if context == NOTHING else msgspec.json.encode(context).decode()


def read(text: str) -> Context:
    return msgspec.json.decode(text, type=Context) if text else NOTHING
