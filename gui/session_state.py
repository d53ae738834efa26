"""Plain values that say what the user looks at: query, scope, order; frozen, so that threads can share them."""

from collections.abc import Iterable
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
    sign: int = 1  # +1 "like this", −1 "not this"
    mark: bool = False  # a result that was judged: it moves the query and stays among the results

    def __post_init__(self) -> None:
        if sum(source is not None for source in (self.path, self.file, self.pasted)) != 1:
            raise ValueError("a part of a query has exactly one source")
        if self.sign not in (1, -1):
            raise ValueError(f"sign {self.sign} is neither 1 nor -1")
        if self.mark and self.path is None:
            raise ValueError("only a photo of the library can be marked")

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
    """What is searched for: one picture, or several with plus and minus; and the results that were marked since."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not self.base:
            raise ValueError("a query has at least one part that is no mark")

    @classmethod
    def by_path(cls, path: str) -> "Query":
        return cls((Part(path=path),))

    @property
    def single_path(self) -> str | None:
        """The library's photo that is the whole query, cropped or not; None for any other query."""
        return self.parts[0].path if len(self.parts) == 1 else None

    @property
    def base(self) -> tuple[Part, ...]:
        """What was asked for first, before results were marked."""
        return tuple(part for part in self.parts if not part.mark)

    @property
    def marks(self) -> dict[str, int]:
        """The marked results: path -> 1 "like this" or −1 "not this"."""
        return {part.path: part.sign for part in self.parts if part.mark and part.path is not None}

    def marked(self, paths: Iterable[str], sign: int) -> "Query":
        """This query with results marked, or no longer marked where all of them had this very mark already."""
        own = {part.path for part in self.base}
        new = [path for path in dict.fromkeys(paths) if path not in own]
        marks = self.marks
        if all(marks.get(path) == sign for path in new):
            for path in new:
                del marks[path]
        else:
            marks |= dict.fromkeys(new, sign)
        return Query((*self.base, *(Part(path=path, sign=kept, mark=True) for path, kept in marks.items())))

    def unmarked(self) -> "Query":
        """This query as it was before results were marked."""
        return Query(self.base)

    def without(self, index: int) -> "Query | None":
        """This query less one picture; None when none is left. Marks that lose what they refined become the query."""
        rest = self.parts[:index] + self.parts[index + 1 :]
        if all(part.mark for part in rest):
            rest = tuple(replace(part, mark=False) for part in rest)
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
