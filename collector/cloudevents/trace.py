"""W3C Trace Context, as the extension `traceparent` has it. https://www.w3.org/TR/trace-context/#traceparent-header"""

import re

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?", re.ASCII)


def trace_of(traceparent: object) -> tuple[str, str]:
    """Trace and span id; '' where there is none, or one that the standard says is to be ignored."""
    found = _TRACEPARENT.fullmatch(traceparent) if isinstance(traceparent, str) else None
    if found is None or not found[1].strip("0") or not found[2].strip("0"):
        return "", ""
    return found[1], found[2]
