"""Rectangles and matrices of a PDF page: points, from its lower left corner. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

Matrix = tuple[float, float, float, float, float, float]  # ISO 32000-1, 8.3.4
SAME: Final[Matrix] = (1, 0, 0, 1, 0, 0)


class Rect(NamedTuple):
    """Points from the page's lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    def meet(self, other: Rect) -> Rect:
        """What both cover; turned over where they do not touch."""
        return Rect(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )

    def touches(self, other: Rect, by: float = 0.0) -> bool:
        """Whether they share more than `by`."""
        return (
            min(self.top, other.top) - max(self.bottom, other.bottom) > by
            and min(self.right, other.right) - max(self.left, other.left) > by
        )


EVERYWHERE: Final = Rect(-1e9, -1e9, 1e9, 1e9)


def matrix_of(operands: Sequence[bytes]) -> Matrix:
    """The operands of `cm`."""
    a, b, c, d, e, f = map(float, operands)
    return a, b, c, d, e, f


def product(first: Matrix, then: Matrix) -> Matrix:
    """One after the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def moved(point: tuple[float, float], matrix: Matrix) -> tuple[float, float]:
    """Where the matrix puts the point."""
    (x, y), (a, b, c, d, e, f) = point, matrix
    return a * x + c * y + e, b * x + d * y + f


def around(points: Sequence[tuple[float, float]]) -> Rect:
    """The least that holds them all."""
    xs, ys = zip(*points, strict=True)
    return Rect(min(xs), min(ys), max(xs), max(ys))


def box_of(points: Sequence[tuple[float, float]], matrix: Matrix) -> Rect:
    """The least that holds them where the matrix puts them; nothing where there are none."""
    return around([moved(point, matrix) for point in points]) if points else Rect(0, 0, 0, 0)
