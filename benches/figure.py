"""One measured number, with what it is compared to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`peer` is the same measurement of `peer_name` in the same run; `goal` says what is good, such as `>= 55`."""

    name: str
    value: float
    unit: str
    goal: str = ""
    peer: float | None = None
    peer_name: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the value meets the goal; None without a goal."""
        if not self.goal:
            return None
        sign, bound = self.goal.split()
        return self.value >= float(bound) if sign == ">=" else self.value <= float(bound)
