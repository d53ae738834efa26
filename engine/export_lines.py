"""A line of text for each pair of query and result: by pyarrow where they are many and it is there, else in Python.

Both ways give the same bytes. pyarrow writes half a million lines in a tenth of a second, Python in half of one.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.export_blocks import Block, Section
from engine.lookahead import LookAhead

T = TypeVar("T")

THREADS = 2
ROWS_AT_ONCE = 1 << 16
ARROW_ROWS_AT_ONCE = 1 << 14  # some 2 MB of text, which stay in a core's cache
ARROW_ROWS = 200_000  # fewer do not make up for loading pyarrow
LISTED_PATHS = 100_000  # so many are looked up twice as fast in a list of strings, which takes some 10 MB


class Cells(dict[int, T]):
    """What is written of a section's photos, by position, made for those that turn up."""

    def __init__(self, make: Callable[[str], T], paths: Sequence[str]) -> None:
        super().__init__()
        self._make, self._paths = make, list(paths) if len(paths) <= LISTED_PATHS else paths

    def __missing__(self, position: int) -> T:
        cell = self[position] = self._make(self._paths[position])
        return cell


@dataclass(frozen=True)
class LineMaker:
    """What a line consists of: `before(name)` of the query, the rank, `photo(path)`, the distance, `after(label)` of
    the query, and `end(path)`."""

    before: Callable[[str], str]
    photo: Callable[[str], str]
    after: Callable[[str | None], str]
    end: Callable[[str], str]
    encoding: str
    errors: str


def lines(section: Section, maker: LineMaker) -> Iterator[tuple[int, list[bytes | memoryview]]]:
    """For each block, the number of its queries, and its lines in some pieces; the next blocks are worked on
    meanwhile."""
    how = (maker.encoding, maker.errors)
    photos = Cells(lambda path: maker.photo(path).encode(*how), section.paths)
    ends = Cells(lambda path: maker.end(path).encode(*how), section.paths)
    arrow = _arrow(section.most_rows)

    def made(block: Block) -> tuple[int, list[bytes | memoryview]]:
        before = [maker.before(name).encode(*how) for name in block.names]
        labels = block.labels
        made_of = {label: maker.after(label).encode(*how) for label in set(labels)}
        after = [made_of[label] for label in labels]
        if arrow is None:
            return len(block), list(_in_python(block, before, photos, after, ends))
        return len(block), list(_by_arrow(arrow, block, before, photos, after, ends))

    with LookAhead(made, section.blocks(), threads=THREADS, ahead=THREADS + 1) as ahead:
        yield from ahead


def _arrow(rows: int) -> Any:
    """pyarrow, where it is worth its start."""
    if "pyarrow" not in sys.modules and (rows < ARROW_ROWS or find_spec("pyarrow") is None):
        return None
    try:
        import pyarrow.compute
    except ImportError:
        return None
    return pyarrow


def _parts(rows: int, at_once: int) -> Iterator[slice]:
    return (slice(start, start + at_once) for start in range(0, rows, at_once))


def _in_python(
    block: Block, before: Sequence[bytes], photos: Cells[bytes], after: Sequence[bytes], ends: Cells[bytes]
) -> Iterator[bytes]:
    owners, ranks = block.owners, block.ranks
    for part in _parts(len(block.order), ROWS_AT_ONCE):
        order, owner = block.order[part].tolist(), owners[part].tolist()
        pieces = [b""] * (6 * len(order))
        pieces[0::6] = [before[number] for number in owner]
        pieces[1::6] = [b"%d" % rank for rank in ranks[part].tolist()]
        pieces[2::6] = [photos[position] for position in order]
        pieces[3::6] = [repr(distance).encode() for distance in block.distances[part].tolist()]
        pieces[4::6] = [after[number] for number in owner]
        pieces[5::6] = [ends[position] for position in order]
        yield b"".join(pieces)


def _by_arrow(
    arrow: Any, block: Block, before: Sequence[bytes], photos: Cells[bytes], after: Sequence[bytes], ends: Cells[bytes]
) -> Iterator[memoryview]:
    binary = arrow.large_binary()
    heads, tails = (arrow.array(texts, binary) for texts in (before, after))
    used, places = distinct(block.order)
    middles, lasts = (arrow.array([texts[position] for position in used], binary) for texts in (photos, ends))
    owners, ranks = block.owners, block.ranks
    for part in _parts(len(block.order), ARROW_ROWS_AT_ONCE):
        owner, place = arrow.array(owners[part]), arrow.array(places[part])
        columns = [
            heads.take(owner),
            arrow.array(ranks[part]).cast(arrow.string()).cast(binary),
            middles.take(place),
            distance_texts(arrow, block.distances[part]),
            tails.take(owner),
            lasts.take(place),
        ]
        joined = arrow.compute.binary_join_element_wise(*columns, arrow.scalar(b"", binary))
        _, offsets, text = joined.buffers()
        size = int(np.frombuffer(offsets, dtype=np.int64)[len(joined)])
        yield memoryview(text)[:size]


def distance_texts(arrow: Any, distances: NDArray[np.float64]) -> Any:
    """Each distance [R] in the fewest digits that give it back, as `repr` writes it."""
    texts = arrow.array(distances).cast(arrow.string())
    # pyarrow's form may be another one outside: 0 for 0.0, 0.00001 for 1e-05, 1.00000000005e+10 for 10000000000.5.
    plain = (distances >= 1e-3) & (distances < 1e5) & (distances != np.rint(distances))
    if not plain.all():
        others = [repr(distance) for distance in distances[~plain].tolist()]
        texts = arrow.compute.replace_with_mask(texts, arrow.array(~plain), arrow.array(others, arrow.string()))
    return texts.cast(arrow.large_binary())


def distinct(positions: NDArray[np.int64]) -> tuple[list[int], NDArray[np.int64]]:
    """The positions that occur, ascending, and for each of `positions` its place among them, as `numpy.unique` finds
    them by sorting."""
    if len(positions) == 0:
        return [], positions
    first = int(positions.min())
    occurs = np.zeros(int(positions.max()) - first + 1, dtype=np.bool_)
    occurs[positions - first] = True
    used = np.flatnonzero(occurs)
    number = np.cumsum(occurs) - 1
    return (used + first).tolist(), number[positions - first]
