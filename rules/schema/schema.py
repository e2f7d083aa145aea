"""The JSON Schema of rule files, for completion and hovering in editors. `rules.parse.rule` is stricter: it knows
expressions and the graph."""

from rules.schema.keys import STEP, WORKFLOW
from rules.schema.values import LINE, Schema, closed

_RESERVED = ("start", "steps")  # as names of steps; expressions use these words


def schema() -> Schema:
    """Draft 7, which the YAML language server knows best."""
    steps = {
        "description": "The steps by name. A step's name is its event's name, unless `event` says otherwise.",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"allOf": [LINE, {"not": {"enum": list(_RESERVED)}}]},
        "additionalProperties": {"$ref": "#/definitions/step"},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Noshow workflow rule",
        "description": "Which events must follow which, and by when.",
        **closed({**WORKFLOW, "steps": steps}, ["workflow", "start", "steps"]),
        "if": {"properties": {"version": {"minimum": 2}}, "required": ["version"]},
        "then": {"required": ["effective_from"]},
        "definitions": {"step": _step()},
    }


def _step() -> Schema:
    """A step may have nothing under its name, too."""
    return {
        **closed(STEP),
        "type": ["object", "null"],
        "not": {"type": "object", "required": ["after", "after_any"]},
        "dependencies": {"undone_by": ["undo_within"], "undo_within": ["undone_by"]},
    }
