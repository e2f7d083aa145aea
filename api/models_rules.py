"""What `/v1/rules` answers, for its description in OpenAPI. A test holds real answers against it."""

from typing import Annotated

from pydantic import BaseModel, Field

from api.models import Time, WorkflowName


class Progress(BaseModel):
    done: Annotated[int, Field(examples=[34])]
    total: Annotated[int, Field(examples=[120])]


class NotJudged(BaseModel):
    outdated: Annotated[int, Field(description="Older than every version of the workflow.", examples=[0])]
    frozen: Annotated[int, Field(description="Older than retention.", examples=[0])]


class RuleFile(BaseModel):
    """A file of the rule directory. What tells of the rule in force is empty or null where none of it is."""

    file: Annotated[str, Field(examples=["rules/orders.yaml"])]
    workflow: WorkflowName | None
    version: Annotated[int | None, Field(examples=[1])]
    effective_from: Annotated[Time | None, Field(description="It judges instances that start from then on.")]
    description: str
    owner: Annotated[str, Field(examples=["orders"])]
    steps: Annotated[list[str], Field(description="By name, in the order of the rule.")]
    rule_hash: Annotated[str | None, Field(description="Changes with the rule's content.")]
    taken_at: Annotated[Time | None, Field(description="Since when this content is in force.")]
    refused_at: Annotated[
        Time | None, Field(description="Since when the file has had errors; what was in force goes on. Else null.")
    ]
    diagnostics: Annotated[str, Field(description="What is wrong with it, as the linter shows it; else warnings.")]
    progress: Annotated[Progress, Field(description="Pieces of history that the rule in force has judged.")]
    not_judged: Annotated[NotJudged, Field(description="Instances of the workflow that are too old.")]


class RuleText(BaseModel):
    """A rule as it came into force."""

    version: Annotated[int, Field(examples=[1])]
    rule_hash: str
    file: Annotated[str, Field(examples=["rules/orders.yaml"])]
    taken_at: Annotated[Time, Field(description="From when on it was in force.")]
    text: Annotated[str, Field(description="The file, in YAML.")]


class RuleTexts(BaseModel):
    items: list[RuleText]


class StoryFile(BaseModel):
    """What came of a file of stories beside the rules."""

    file: Annotated[str, Field(examples=["rules/orders.test.yml"])]
    workflow: Annotated[WorkflowName | None, Field(description="That they are about; null where nothing was played.")]
    stories: Annotated[int, Field(examples=[4])]
    checks: Annotated[int, Field(description="Instants at which the stories are looked at.", examples=[8])]
    failed: Annotated[
        int | None, Field(description="Checks that do not hold; null: the file or its rules have errors.", examples=[0])
    ]
    told: Annotated[str, Field(description="What does not hold and why, or the errors; empty if all holds.")]
    played_at: Time


class StoryFiles(BaseModel):
    items: list[StoryFile]


class RuleFiles(BaseModel):
    items: list[RuleFile]
