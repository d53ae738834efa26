"""Many points on a plane: where each lies on the screen, which is near, and their picture; arrays only, no Qt."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]  # [N, 2]

CLOSEST = 20_000.0  # how much nearer than the whole map one can look
FARTHEST = 0.5
_MARGIN = 0.06  # of the widget, around the whole map
_SIDEWAYS = 2.0  # a neighbour straight ahead is preferred to one this much nearer that lies aside


@dataclass(frozen=True, slots=True)
class Look:
    """What part of the plane is shown: the point in the middle, and pixels to a unit. y grows upwards."""

    x: float
    y: float
    scale: float

    def screen(self, points: Points, width: float, height: float) -> Points:
        """Pixels [N, 2] from the upper left corner."""
        shown = np.empty_like(points)
        np.multiply(points[:, 0], np.float32(self.scale), out=shown[:, 0])
        shown[:, 0] += np.float32(width / 2 - self.x * self.scale)
        np.multiply(points[:, 1], np.float32(-self.scale), out=shown[:, 1])
        shown[:, 1] += np.float32(height / 2 + self.y * self.scale)
        return shown

    def plane(self, x: float, y: float, width: float, height: float) -> tuple[float, float]:
        """The point of the plane under a pixel."""
        return self.x + (x - width / 2) / self.scale, self.y - (y - height / 2) / self.scale

    def moved(self, dx: float, dy: float) -> "Look":
        """The picture drawn along by so many pixels."""
        return replace(self, x=self.x - dx / self.scale, y=self.y + dy / self.scale)

    def zoomed(self, factor: float, x: float, y: float, width: float, height: float, fit: "Look") -> "Look":
        """Nearer by `factor`, with the point under the pixel (x, y) where it is; within bounds set by `fit`."""
        scale = min(fit.scale * CLOSEST, max(fit.scale * FARTHEST, self.scale * factor))
        under_x, under_y = self.plane(x, y, width, height)
        return Look(under_x - (x - width / 2) / scale, under_y + (y - height / 2) / scale, scale)


def fitted(points: Points, width: float, height: float) -> Look:
    """All points, in the middle."""
    if not len(points):
        return Look(0.0, 0.0, 1.0)
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    x, y = ((low + high) / 2).tolist()
    wide, high_ = (high - low).tolist()
    room = 1 - 2 * _MARGIN
    scales = [room * side / span for side, span in ((width, wide), (height, high_)) if span > 0]
    return Look(x, y, max(1e-12, min(scales)) if scales else 1.0)


def inside(screen: Points, width: float, height: float, margin: float = 0.0) -> NDArray[np.int64]:
    """Which points lie in the picture: indices, ascending."""
    x, y = screen[:, 0], screen[:, 1]
    found = (x >= -margin) & (x < width + margin) & (y >= -margin) & (y < height + margin)
    return np.flatnonzero(found)


def nearest_point(screen: Points, x: float, y: float, reach: float) -> int | None:
    """The point nearest to a pixel, at most `reach` pixels away."""
    if not len(screen):
        return None
    dx, dy = screen[:, 0] - np.float32(x), screen[:, 1] - np.float32(y)
    squares = dx * dx + dy * dy
    found = int(squares.argmin())
    return found if float(squares[found]) <= reach * reach else None


def neighbour(points: Points, start: int, dx: float, dy: float) -> int | None:
    """The next point from `start` in the direction (dx, dy), a unit vector with y upwards; None where there is none.

    It lies within 45° of the direction where any does, else anywhere ahead. Points in one place follow on one another
    in their order, forwards to the right and downwards, so that the keys reach every one.
    """
    delta = points - points[start]
    along = delta[:, 0] * np.float32(dx) + delta[:, 1] * np.float32(dy)
    aside = np.abs(delta[:, 1] * np.float32(dx) - delta[:, 0] * np.float32(dy))
    same = np.flatnonzero((delta == 0).all(axis=1))
    forwards = dx - dy > 0
    if len(same) > 1:
        beyond = same[same > start] if forwards else same[same < start][::-1]
        if len(beyond):
            return int(beyond[0])
    for mask in ((along > 0) & (aside <= along), along > 0):
        ahead = np.flatnonzero(mask)
        if len(ahead):
            cost = along[ahead] + np.float32(_SIDEWAYS) * aside[ahead]
            found = int(ahead[cost.argmin()])
            alike = np.flatnonzero((points == points[found]).all(axis=1))
            return int(alike[0] if forwards else alike[-1])
    return None


def disc(diameter: float) -> list[tuple[int, int]]:
    """The pixels (dx, dy) of a dot about its middle, which comes last: so dots that overlap keep their middles."""
    radius = max(0.5, diameter / 2)
    reach = math.ceil(radius)
    span = range(-reach, reach + 1)
    pixels = [(dx, dy) for dy in span for dx in span if dx * dx + dy * dy <= radius * radius]
    return sorted(pixels, key=lambda pixel: -(pixel[0] ** 2 + pixel[1] ** 2))


class Raster:
    """A picture of dots, drawn by numpy. `pixels` uint32 [H, W] (0xAARRGGBB, premultiplied) is the part of `whole` that
    is seen, without the `margin`, which lets dots be cut by the edge."""

    def __init__(self, width: int, height: int, reach: int) -> None:
        """`reach`: of the largest dot beyond its middle, in pixels."""
        self.width, self.height = width, height
        self.reach = reach
        self.margin = 2 * reach  # a dot with its middle outside by its reach still lies in the buffer
        self.stride = width + 2 * self.margin
        self._buffer = np.zeros((height + 2 * self.margin) * self.stride, dtype=np.uint32)

    @property
    def pixels(self) -> NDArray[np.uint32]:
        whole = self._buffer.reshape(-1, self.stride)
        return whole[self.margin : self.margin + self.height, self.margin : self.margin + self.width]

    @property
    def whole(self) -> NDArray[np.uint32]:
        """The picture with its margin on all sides."""
        return self._buffer.reshape(-1, self.stride)

    def clear(self) -> None:
        self._buffer.fill(0)

    def draw(self, screen: Points, colours: NDArray[np.uint32], dot: list[tuple[int, int]]) -> int:
        """Draw a dot at each of `screen` [N, 2] (pixels) over what is there; returns how many are seen.

        Of two middles in one pixel the later one is seen.
        """
        columns, rows, reach = np.rint(screen[:, 0]), np.rint(screen[:, 1]), self.reach
        seen = columns >= -reach
        seen &= columns < self.width + reach
        seen &= rows >= -reach
        seen &= rows < self.height + reach
        if not seen.all():
            columns, rows, colours = columns[seen], rows[seen], colours[seen]
        middle = (rows.astype(np.int64) + self.margin) * self.stride + (columns.astype(np.int64) + self.margin)
        for dx, dy in dot:
            self._buffer[middle + (dy * self.stride + dx)] = colours
        return len(middle)
