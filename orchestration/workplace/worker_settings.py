"""Which work runs where: fields of the pipeline's settings. Nothing is read here."""

from __future__ import annotations

from typing import Literal, Self, cast

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

Place = Literal["auto", "local", "lambda", "ecs"]
_CRAWL = "crawl"
_STAGES = (_CRAWL, "markdown", "chunks", "embeddings")
_PLACES = ("auto", "local", "lambda", "ecs")
_FORM = "write auto, local, lambda or ecs, or a place for each stage: crawl=ecs,markdown=lambda"


class WorkerSettings(BaseSettings):
    """Where shares of a stage are done. Without a function and a cluster all is done on this machine."""

    worker_place: str = Field(default="auto", description=f"where work is done; {_FORM}")
    worker_function: str = Field(default="", description="Lambda function that does shares; empty: none")
    worker_cluster: str = Field(default="", description="ECS cluster whose tasks do shares; empty: none")
    worker_task: str = Field(default="", description="its task definition, with a container `worker`")
    worker_subnets: str = Field(default="", description="subnets of such a task, with commas between")
    worker_group: str = Field(default="", description="security group of such a task")
    worker_remote_from: int = Field(default=200, ge=1, description="so many pages or texts are worth a remote worker")
    worker_tasks_from: int = Field(default=5000, ge=1, description="so many are worth tasks of ECS instead of Lambda")
    worker_most: int = Field(default=8, ge=1, le=100, description="most remote workers of a stage at once")
    worker_spot: bool = Field(default=True, description="start tasks on Fargate Spot first")

    @field_validator("worker_place")
    @classmethod
    def _read_places(cls, text: str) -> str:
        for stage in _STAGES:
            _place(text, stage)
        return text

    @model_validator(mode="after")
    def _have_the_places(self) -> Self:
        if self.worker_cluster and not self.worker_task:
            raise ValueError("LORECHAT_WORKER_CLUSTER needs LORECHAT_WORKER_TASK, the task definition of a worker")
        there = {"auto", "local", *["lambda"] * bool(self.worker_function), *["ecs"] * bool(self.worker_cluster)}
        if missing := sorted({self.place_of(stage) for stage in _STAGES} - there):
            raise ValueError(
                f"LORECHAT_WORKER_PLACE names {', '.join(missing)}, and there is none: set LORECHAT_WORKER_FUNCTION "
                "for lambda, LORECHAT_WORKER_CLUSTER and LORECHAT_WORKER_TASK for ecs"
            )
        return self

    def place_of(self, stage: str) -> Place:
        """Return what is set for a stage. `lambda` for all stages leaves the crawl to the best of the others."""
        return _place(self.worker_place, stage)


def _place(text: str, stage: str) -> Place:
    found = "auto"
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, place = part.partition("=") if "=" in part else ("", "", part)
        if place not in _PLACES or (equals and name not in _STAGES):
            raise ValueError(f"{part!r} is no place to work at: {_FORM}")
        if equals and name == _CRAWL and place == "lambda":
            raise ValueError("a crawl takes longer than a function may: write crawl=ecs or crawl=local")
        if name == stage or (not equals and not (stage == _CRAWL and place == "lambda")):
            found = place
    return cast("Place", found)
