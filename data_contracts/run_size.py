"""How large the task is in which a run works, where each run has a task of its own."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Cpu = Literal[256, 512, 1024, 2048, 4096, 8192, 16384]

MEMORY_OF: dict[Cpu, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
    8192: tuple(range(16384, 61441, 4096)),
    16384: tuple(range(32768, 122881, 8192)),
}
"""MiB that Fargate offers with CPU units:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size"""


class RunSize(BaseModel):
    """CPU units (1024 make a core) and MiB. Errors: pydantic's ValidationError for a pair that Fargate lacks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu: Cpu
    memory: int = Field(description="MiB")

    @model_validator(mode="after")
    def _pair_exists(self) -> Self:
        if self.memory not in MEMORY_OF[self.cpu]:
            some = MEMORY_OF[self.cpu]
            raise ValueError(
                f"there is no task of {self.cpu} CPU units with {self.memory} MiB: take {some[0]} to {some[-1]}, "
                f"in steps of {some[1] - some[0]}"
            )
        return self


def fitting(default: RunSize, *, cpu: int | None, memory: int | None) -> RunSize:
    """Return the smallest size that is not below what is asked for, nor below the default where nothing is asked."""
    least_cpu, least_memory = cpu or 0, memory or 0
    if cpu is None and memory is None:
        return default
    for units, amounts in MEMORY_OF.items():
        enough = [amount for amount in amounts if amount >= max(least_memory, 0 if memory else default.memory)]
        if units >= max(least_cpu, 0 if cpu else default.cpu) and enough:
            return RunSize(cpu=units, memory=enough[0])
    raise ValueError(f"no task is as large as {least_cpu} CPU units with {least_memory} MiB")
