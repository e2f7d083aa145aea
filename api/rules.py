"""`/v1/rules`: which rules are in force, and which were refused."""

from dataclasses import asdict

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api import models_rules, rule_files, rule_stories, rule_texts
from api.access.guard import READS
from api.context import Here
from api.json_response import Json
from api.parameters import NoParameters, PathText, only
from api.problem import NotFound
from api.rule_files import RuleFile
from store.instant import rfc3339, rfc3339_or_none

router = APIRouter(prefix="/v1/rules", tags=["rules"])

TIMES = ("effective_from", "taken_at", "refused_at")
COUNTS = ("done", "total", "outdated", "frozen")


@router.get(
    "",
    operation_id="list_rules",
    summary="List rule files",
    response_model=models_rules.RuleFiles,
    dependencies=[READS, Depends(only(NoParameters))],
)
def list_rules(here: Here) -> Response:
    """Every file of the rule directory: the rule in force of it, and what is wrong where it was refused."""
    with here.database.read() as connection:
        files = rule_files.of_all(connection)
    return Json({"items": [file_json(file) for file in files]})


@router.get(
    "/{workflow}/versions",
    operation_id="list_rule_versions",
    summary="List what a rule was",
    response_model=models_rules.RuleTexts,
    dependencies=[READS, Depends(only(NoParameters))],
)
def list_versions(workflow: PathText, here: Here) -> Response:
    """Every text that came into force, the newest first, at most a hundred."""
    with here.database.read() as connection:
        texts = rule_texts.of_workflow(connection, workflow)
    if not texts:
        raise NotFound(f"No rule of a workflow {workflow} has ever been in force")
    return Json({"items": [{**asdict(it), "taken_at": rfc3339(it.taken_at)} for it in texts]})


@router.get(
    "/stories",
    operation_id="list_rule_stories",
    summary="List what came of the stories beside the rules",
    response_model=models_rules.StoryFiles,
    dependencies=[READS, Depends(only(NoParameters))],
)
def list_stories(here: Here) -> Response:
    """Every file of stories, as it was last played: when it or a rule has changed."""
    with here.database.read() as connection:
        files = rule_stories.of_all(connection)
    told = ({**asdict(it), "workflow": it.workflow or None, "played_at": rfc3339(it.played_at)} for it in files)
    return Json({"items": list(told)})


def file_json(file: RuleFile) -> dict[str, object]:
    times = {name: rfc3339_or_none(getattr(file, name)) for name in TIMES}
    told = {name: value for name, value in asdict(file).items() if name not in COUNTS}
    return {
        **told,
        **times,
        "workflow": file.workflow or None,
        "rule_hash": file.rule_hash or None,
        "progress": {"done": file.done, "total": file.total},
        "not_judged": {"outdated": file.outdated, "frozen": file.frozen},
    }
