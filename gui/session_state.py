"""Plain values that say what the user looks at: query, scope, order; frozen, so that threads can share them."""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Region = tuple[float, float, float, float]  # left, top, right, bottom as fractions of the upright picture


@dataclass(frozen=True, slots=True, eq=False)
class Pasted:
    """A picture from the clipboard or a browser, which has no file; equal only to itself."""

    name: str
    rgb: NDArray[np.uint8]  # [H, W, 3]


@dataclass(frozen=True, slots=True)
class Part:
    """One picture of a query: a photo of the library (`path`), a file from outside, or a pasted picture."""

    path: str | None = None
    file: Path | None = None
    pasted: Pasted | None = None
    region: Region | None = None
    sign: int = 1  # +1 "like this", −1 "unlike this"

    def __post_init__(self) -> None:
        if sum(source is not None for source in (self.path, self.file, self.pasted)) != 1:
            raise ValueError("a part of a query has exactly one source")
        if self.sign not in (1, -1):
            raise ValueError(f"sign {self.sign} is neither 1 nor -1")

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        if self.path is not None:
            return self.path.rsplit("/", 1)[-1]
        if self.file is not None:
            return self.file.name
        assert self.pasted is not None
        return self.pasted.name

    def same_picture(self, other: "Part") -> bool:
        """Whether both come from the same source, whatever region and sign they have."""
        return (self.path, self.file, self.pasted) == (other.path, other.file, other.pasted)


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: one picture, or several with plus and minus."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a query has at least one part")

    @classmethod
    def by_path(cls, path: str) -> "Query":
        return cls((Part(path=path),))

    @property
    def single_path(self) -> str | None:
        """The library's photo that is the whole query, cropped or not; None for any other query."""
        return self.parts[0].path if len(self.parts) == 1 else None

    def with_part(self, part: Part) -> "Query":
        """This query and one more picture; a picture that it has already takes the new sign instead."""
        kept = tuple(old for old in self.parts if not old.same_picture(part))
        if len(kept) < len(self.parts):
            return Query(tuple(replace(old, sign=part.sign) if old.same_picture(part) else old for old in self.parts))
        return Query((*self.parts, part))

    def without(self, index: int) -> "Query | None":
        """This query less one picture; None when none is left."""
        rest = self.parts[:index] + self.parts[index + 1 :]
        return Query(rest) if rest else None

    def replacing(self, index: int, part: Part) -> "Query":
        return Query((*self.parts[:index], part, *self.parts[index + 1 :]))


class Sort(StrEnum):
    """The order in which results, or the whole library, are shown."""

    DISTANCE = "distance"
    NAME = "name"
    DATE = "date"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which photos of the library may be results."""

    folder: str = ""  # relative to the library, without a slash at the end; "" is the whole library
    skip_own_folder: bool = False  # leave out what lies in the same folder as a photo of the query
