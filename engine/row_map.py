"""Where in a model's vector file the vector of each content lies."""

import sqlite3

import numpy as np
from numpy.typing import NDArray


class RowMap:
    """For one model at one moment: the row of each content's vector, by the content's number.

    Immutable; `extended` makes the map of a later moment, reading only what was added since.
    """

    def __init__(self, epoch: int, rows: int, row_of: NDArray[np.int64]) -> None:
        self.epoch = epoch
        self.rows = rows  # how many rows of the file have been looked at
        self._row_of = row_of  # -1 where there is no vector

    @classmethod
    def empty(cls, epoch: int) -> "RowMap":
        """The map of a model without vectors."""
        return cls(epoch, 0, np.empty(0, dtype=np.int64))

    def rows_of(self, contents: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of the contents with these numbers, -1 where there is none; int64 [N]."""
        known = contents < len(self._row_of)
        rows = np.full(len(contents), -1, dtype=np.int64)
        rows[known] = self._row_of[contents[known]]
        return rows

    def extended(self, db: sqlite3.Connection, model: int, rows: int) -> "RowMap":
        """The map when the model numbered `model` has `rows` rows."""
        query = "SELECT content, row FROM vectors WHERE model = ? AND row >= ? AND row < ?"
        found = np.array(db.execute(query, (model, self.rows, rows)).fetchall(), dtype=np.int64).reshape(-1, 2)
        size = max(len(self._row_of), int(found[:, 0].max(initial=-1)) + 1)
        row_of = np.full(size, -1, dtype=np.int64)
        row_of[: len(self._row_of)] = self._row_of
        row_of[found[:, 0]] = found[:, 1]
        return RowMap(self.epoch, rows, row_of)
