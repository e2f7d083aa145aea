"""A workflow as boxes and arrows, as text and as Mermaid."""

import re

from rules.graph.graph import Arrow, Link, Shape, graph
from rules.graph.mermaid import mermaid
from rules.graph.text import graph_text
from tests.rules.graphed import BOOKING, ODD, workflow


def test_every_reason_for_an_arrow_is_drawn() -> None:
    drawn = graph(workflow(BOOKING))
    names = {box.key: box.name for box in drawn.boxes}
    arrows = {(names[it.source], names[it.target], it.link, it.label) for it in drawn.arrows}
    assert {
        ("Requested", "RoomHeld", Link.AFTER, ""),
        ("RoomHeld", "Confirmed", Link.AFTER, ""),
        ("Authorized", "Confirmed", Link.AFTER, ""),
        ("Extras", "Mailed", Link.AFTER_ANY, ""),
        ("Authorized", "Mailed", Link.READS, "when"),
        ("Authorized", "Captured", Link.READS, "needs"),
        ("Requested", "Cancelled", Link.ENDS, ""),
        ("Requested", "StayEnded", Link.ENDS, ""),
    } <= arrows


def test_boxes_say_what_kind_of_step_it_is() -> None:
    shapes = {box.name: box.shape for box in graph(workflow(BOOKING)).boxes}
    assert (shapes["Points"], shapes["Chargeback"], shapes["Confirmed"]) == (
        Shape.OPTIONAL,
        Shape.FORBIDDEN,
        Shape.REQUIRED,
    )


def test_an_arrow_that_is_also_read_has_one_line_with_a_label() -> None:
    text = "workflow: w\nstart: A\nsteps:\n  B: {within: 1h}\n  C: {after: B, within: 1h, when: B.x == 1}\n"
    assert graph(workflow(text)).arrows[1:] == (Arrow("step0", "step1", Link.AFTER, "when"),)


def test_the_tree_names_each_step_once_below_the_last_it_comes_after() -> None:
    lines = list(graph_text(workflow(BOOKING)))
    tree = lines[lines.index("Requested") :][:10]
    assert [re.split(r"─ |  ", line.lstrip("│├└ "), maxsplit=2)[-2] for line in tree[1:]] == [
        *("RoomHeld", "Points", "Extras", "Authorized", "Confirmed", "Mailed", "Arrived", "Captured", "Chargeback")
    ]
    assert "   └─ Confirmed  and after RoomHeld, within 15 min, at most once" in "\n".join(tree).replace("│", " ")


def test_sentences_say_what_is_expected_and_by_when() -> None:
    told = "\n".join(graph_text(workflow(BOOKING)))
    for sentence in (
        "All of it is to be done within 30 d.",
        "It must come within 1 min after Requested.",
        "If the booking is called off or fails, RoomReleased must undo it within 10 min.",
        "It may come; if it does, within 1 h after RoomHeld.",
        "must come within 15 min after the last of RoomHeld and Authorized.",
        "within 10 min after the first of Confirmed and Extras.",
        "It must come after Confirmed, by `start.arrival`.",
        "It must come after Arrived, before Authorized lapses, which holds for 7 d.",
        "It must not come at all.",
        "Owner: payments; severity: critical.",
    ):
        assert sentence in told, sentence


def test_sentences_name_the_start_without_its_condition() -> None:
    told = list(graph_text(workflow("workflow: w\nstart: {event: A, where: a > 1}\nsteps: {B: {within: 1h}}\n")))
    assert "  It must come within 1 h after A." in told


def test_what_may_stay_need_not_be_undone() -> None:
    insured = "I: {optional: true, undone_by: W, undo_within: 1h, leave_behind: true}"
    told = list(graph_text(workflow(f"workflow: w\nnoun: trip\nstart: A\ncancel: C\nsteps: {{{insured}}}\n")))
    assert "  If the trip is called off or fails, W may undo it." in told


def test_what_runs_by_itself_is_told() -> None:
    action = "cancel: {label: Cancel it, post: 'https://x.example', idempotent: true, automatic: [failed, late]}"
    rule = f"workflow: w\nstart: A\nsteps:\n  B:\n    within: 1h\n    actions:\n      {action}\n"
    told = "\n".join(graph_text(workflow(rule)))
    assert "An operator can: Cancel it." in told
    assert "By itself, upon failed, late: Cancel it." in told


def test_no_character_of_a_rule_means_anything_to_mermaid() -> None:
    lines = list(mermaid(graph(workflow(ODD))))
    assert lines[0] == "flowchart TD"
    for line in lines[1:]:
        label = re.fullmatch(r'    n_\w+[(\[{]+"(.*)"[)\]}]+(:::\w+)?', line)
        if label is None:
            assert re.fullmatch(r"    (n_\w+ (-->|-\.->)(\|\"\w+\"\|)? n_\w+|classDef \w+ .*)", line), line
        else:
            plain = re.sub(r"</?b>|<br>|#\d+;", "", label[1])
            assert re.fullmatch(r"[\w .,/·:-]*", plain), line


def test_mermaid_tells_arrows_apart() -> None:
    told = "\n".join(mermaid(graph(workflow(BOOKING))))
    assert "n_start --> n_step0" in told
    assert "n_step4 -.-> n_step5" in told
    assert 'n_step1 -.-o|"needs"| n_step7' in told
    assert "n_start -.-x n_cancel" in told
