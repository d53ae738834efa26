"""Where in a model's vector file the vector of each content lies."""

import sqlite3

import numpy as np
from numpy.typing import NDArray

_MISSING = -1
_UNKNOWN = -2
# Contents that are asked for one by one; for more of them, all are read.
_ASK_ONE_BY_ONE = 5_000


class RowMap:
    """For one model at one moment: the row of each content's vector, by the content's number.

    A map that began with one library knows nothing of contents that came from elsewhere before; it asks the index for
    them. Immutable; `extended` makes the map of a later moment, reading only what was added since.
    """

    def __init__(self, epoch: int, rows: int, row_of: NDArray[np.int64], *, whole: bool) -> None:
        self.epoch = epoch
        self.rows = rows  # how many rows of the file are known of
        self._row_of = row_of
        self._whole = whole

    @classmethod
    def empty(cls, epoch: int) -> "RowMap":
        """The map of a model without vectors."""
        return cls(epoch, 0, np.empty(0, dtype=np.int64), whole=True)

    @classmethod
    def of_library(cls, epoch: int, rows: int, contents: NDArray[np.int64], of: NDArray[np.int64]) -> "RowMap":
        """The map that follows from the rows `of` [N] (-1: none) of the contents [N] of one library."""
        row_of = np.full(int(contents.max(initial=-1)) + 1, _UNKNOWN, dtype=np.int64)
        row_of[contents] = of
        return cls(epoch, rows, row_of, whole=False)

    def extended(self, db: sqlite3.Connection, model: int, rows: int) -> "RowMap":
        """The map when the model numbered `model` has `rows` rows."""
        if rows == self.rows:
            return self
        query = "SELECT content, row FROM vectors WHERE model = ? AND row >= ? AND row < ?"
        found = np.array(db.execute(query, (model, self.rows, rows)).fetchall(), dtype=np.int64).reshape(-1, 2)
        size = max(len(self._row_of), int(found[:, 0].max(initial=-1)) + 1)
        row_of = np.full(size, _MISSING if self._whole else _UNKNOWN, dtype=np.int64)
        row_of[: len(self._row_of)] = self._row_of
        row_of[found[:, 0]] = found[:, 1]
        return RowMap(self.epoch, rows, row_of, whole=self._whole)

    def rows_of(self, db: sqlite3.Connection, model: int, contents: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """The rows of the contents with these numbers, -1 where there is none; int64 [N]. None where this map knows
        too little of them."""
        inside = contents < len(self._row_of)
        rows = np.full(len(contents), _MISSING if self._whole else _UNKNOWN, dtype=np.int64)
        rows[inside] = self._row_of[contents[inside]]
        unknown = np.flatnonzero(rows == _UNKNOWN)
        if len(unknown) > _ASK_ONE_BY_ONE:
            return None
        query = "SELECT row FROM vectors WHERE content = ? AND model = ? AND row < ?"
        for position in unknown:
            found = db.execute(query, (int(contents[position]), model, self.rows)).fetchone()
            rows[position] = _MISSING if found is None else found[0]
        return rows
