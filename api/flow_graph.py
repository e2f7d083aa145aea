"""A workflow's graph with what is going on in it: counts in the boxes, times at the arrows."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from api.flow import Edge, Flow, Stage
from api.links import board_path
from api.times import span
from rules.expression import START
from rules.graph.graph import Arrow, Box, Graph, graph
from rules.spec import Workflow
from rules.verdict import StepState

_SAID = {
    StepState.PENDING: "may still come",
    StepState.MISSING: "missing",
    StepState.LATE: "late",
    StepState.FAILED: "failed",
}
"""What is worth saying of a step that has not simply come, in the order of it."""

_TOLD = ("must not come", "may come", "within ", "by ", "if ")
"""How those notes of the rule begin that say whether a step is to come, and by when."""


def flow_graph(workflow: Workflow, flow: Flow, stuck: Mapping[str, int]) -> Graph:
    """`stuck`: how many unsettled cases are at which step now, whenever they began."""
    drawn = graph(workflow)
    stages = {stage.step: stage for stage in flow.stages}
    names = {box.key: box.name for box in drawn.boxes if box.name in stages} | {START: START}
    edges = {(edge.source, edge.target): edge for edge in flow.edges}
    boxes = [_box(workflow, box, stages.get(names.get(box.key, "")), stuck) for box in drawn.boxes]
    arrows = [_arrow(it, edges.get((names.get(it.source, ""), names.get(it.target, "")))) for it in drawn.arrows]
    begun = f"{flow.began:,} began"
    boxes = [replace(box, notes=(begun,)) if box.key == START else box for box in boxes]
    return Graph(drawn.title, tuple(boxes), tuple(arrows))


def _box(workflow: Workflow, box: Box, stage: Stage | None, stuck: Mapping[str, int]) -> Box:
    if stage is None:
        return replace(box, notes=box.notes[:1])
    at = stuck.get(stage.step, 0)
    address = board_path({"workflow": workflow.name, "step": stage.step}) if at else ""
    return replace(box, notes=tuple(_notes(box, stage, at)), mark="stuck" if at else "", address=address)


def _notes(box: Box, stage: Stage, stuck: int) -> Iterator[str]:
    yield from (note for note in box.notes if note.startswith(_TOLD))
    yield f"{stage.came:,} came"
    others = [f"{stage.has(state):,} {words}" for state, words in _SAID.items() if stage.has(state)]
    if others:
        yield " · ".join(others)
    if stuck:
        yield f"{stuck:,} stuck here"


def _arrow(arrow: Arrow, edge: Edge | None) -> Arrow:
    """There is an edge for each arrow of an order, and for no other."""
    return replace(arrow, label="" if edge is None or edge.p50 is None else span(edge.p50))
