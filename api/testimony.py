"""What somebody who looked has said of a step, as a sentence."""

from typing import Any

import msgspec

from store.event import ABSENT, CONFIRMED, RESERVED_SOURCE, Event

_SAID = {CONFIRMED: "confirmed that {step} happened", ABSENT: "said that {step} did not happen"}


def told(event: Event, workflow: str) -> str:
    """`eve confirmed that PaymentReceived happened: the bank has it`; '' of an event that is none.

    Only Noshow itself writes events of its source, so what they say can be told as it is.
    """
    if event.source != RESERVED_SOURCE or event.name not in _SAID:
        return ""
    said = _attributes(event)
    sentence = f"{said.get('actor') or 'somebody'} {_SAID[event.name].format(step=said.get('step') or 'a step')}"
    elsewhere = said.get("workflow")
    sentence += f" in {elsewhere}" if elsewhere and elsewhere != workflow else ""
    return f"{sentence}: {said['reason']}" if said.get("reason") else sentence


def _attributes(event: Event) -> dict[str, Any]:
    try:
        return msgspec.json.decode(event.attributes, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}
