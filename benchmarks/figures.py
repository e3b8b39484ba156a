"""A figure: what was measured, in which unit, and the target it is held against."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """`target` is the most that is allowed (`more_is_better`: the least), None where there is none.

    `note` says how the value came about. `promise`: one that must be met, or the benchmark has failed.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    note: str = ""
    more_is_better: bool = False
    promise: bool = False

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.value >= self.target if self.more_is_better else self.value <= self.target

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "value": round(self.value, 3), "met": self.met}

    def __str__(self) -> str:
        line = f"{self.name:<58}{self.value:>10.2f} {self.unit}"
        if self.target is not None:
            line += f"  (target {self.target:g}: {'met' if self.met else 'MISSED'})"
        return f"{line}  {self.note}".rstrip()


def percentile(values: list[float], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
