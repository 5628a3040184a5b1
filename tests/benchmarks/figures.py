"""The figures of a benchmark: medians, ratios, growth, and whether a goal is met."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

COUNTED = {"failures", "differ"}  # units of whole things


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One run of one command: wall seconds, CPU seconds (its children's too), peak memory (MB).

    The peak is that of the tree of processes, shared pages counted once; 0 where not asked for.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a figure should be: `limit` at least or at most, in `unit`."""

    kind: Literal["at least", "at most"]
    limit: float
    unit: str = "×"

    def met_by(self, value: float) -> bool:
        """Whether `value` keeps to it."""
        return value >= self.limit if self.kind == "at least" else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.kind == 'at least' else '≤'} {written(self.limit, self.unit)}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table; without a `goal` it is only told, without a `value` it was skipped."""

    group: str
    work: str
    against: str = ""
    ours: Sequence[Sample] = ()
    theirs: Sequence[Sample] = ()
    value: float | None = None
    unit: str = "×"
    goal: Goal | None = None
    remark: str = ""

    @property
    def verdict(self) -> str:
        """`met` or `not met`, `skipped`, or nothing where there is no goal."""
        if self.value is None:
            return "skipped"
        if self.goal is None:
            return ""
        return "met" if self.goal.met_by(self.value) else "not met"


def faster(ours: Sequence[Sample], theirs: Sequence[Sample]) -> float:
    """How many times as long `theirs` takes: the median of the ratios of paired repetitions.

    Pairs of neighbours in time share what else the machine did. Where the counts differ there are
    no pairs, and the medians are divided.
    """
    if len(ours) != len(theirs):
        return median_wall(theirs) / median_wall(ours)
    return statistics.median(
        their.wall_s / our.wall_s for our, their in zip(ours, theirs, strict=True)
    )


def median_wall(samples: Sequence[Sample]) -> float:
    """The median of wall seconds."""
    return statistics.median(sample.wall_s for sample in samples)


def growth(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The exponent b of cost = a × size^b, by least squares on logarithms; 1 is linear.

    Raises ValueError for fewer than two sizes, or a size or cost that is not above zero.
    """
    if len(sizes) < 2 or min(*sizes, *costs) <= 0:
        raise ValueError(f"growth needs two sizes, all above zero; found {sizes} and {costs}.")
    x, y = [math.log(one) for one in sizes], [math.log(one) for one in costs]
    return statistics.linear_regression(x, y).slope


def written(value: float, unit: str) -> str:
    """A figure with its unit: `12.3 ×`, `0.18 s`, `1.10`."""
    counted = unit in COUNTED or (value == int(value) and abs(value) >= 10)
    digits = 0 if counted else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}".strip()
