"""Groups of near-identical photos as a tree for Qt: a line for each group, beneath it one for each photo."""

import math
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFont, QIcon, QPixmap

from engine.duplicate_search import Copy, CopyGroup
from gui import messages
from gui.gallery_model import shown_name, shown_text, tooltip
from gui.guard import guarded

AnyIndex = QModelIndex | QPersistentModelIndex
PICTURE_PX = 72
_GROUP_PX = 34


class Column(IntEnum):
    """What stands beside a photo."""

    PHOTO = 0
    FOLDER = 1
    PIXELS = 2
    SIZE = 3
    CHANGED = 4
    SHARPNESS = 5
    DISTANCE = 6


class DuplicatesModel(QAbstractItemModel):
    """Two levels: an index with internal id 0 is a group, one with id g + 1 a photo of group g."""

    def __init__(self, picture: Callable[[Copy], QPixmap], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self._groups: tuple[CopyGroup, ...] = ()

    @property
    def groups(self) -> tuple[CopyGroup, ...]:
        """What is shown."""
        return self._groups

    def set_groups(self, groups: Sequence[CopyGroup]) -> None:
        """Show other groups."""
        self.beginResetModel()
        self._groups = tuple(groups)
        self.endResetModel()

    def place(self, index: AnyIndex) -> tuple[int, int | None] | None:
        """The group of an index, and the photo in it (None for the group itself)."""
        if not index.isValid():
            return None
        group = int(index.internalId())
        return (index.row(), None) if group == 0 else (group - 1, index.row())

    def copy_at(self, index: AnyIndex) -> Copy | None:
        """The photo of a line, None for a group's."""
        place = self.place(index)
        return None if place is None or place[1] is None else self._groups[place[0]].copies[place[1]]

    # -- Qt's calls ------------------------------------------------------------------------------------------------

    @guarded(QModelIndex)
    def index(self, row: int, column: int, parent: AnyIndex = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's own
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    @guarded(QModelIndex)
    def parent(self, child: AnyIndex = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        group = int(child.internalId()) if child.isValid() else 0
        return self.createIndex(group - 1, 0, 0) if group else QModelIndex()

    @guarded(0)
    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        if not parent.isValid():
            return len(self._groups)
        return len(self._groups[parent.row()].copies) if int(parent.internalId()) == 0 and parent.column() == 0 else 0

    @guarded(0)
    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return len(Column)

    @guarded()
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._heads()[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section >= Column.PIXELS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and section == Column.SHARPNESS:
            return self.tr("How much fine detail the photo has at the same size: the more, the sharper")
        return None

    def _heads(self) -> tuple[str, ...]:
        return (
            self.tr("Photo"),
            self.tr("Folder"),
            self.tr("Pixels"),
            self.tr("Size"),
            self.tr("Changed"),
            self.tr("Sharpness"),
            self.tr("Distance"),
        )

    @guarded()
    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        place = self.place(index)
        if place is None:
            return None
        group = self._groups[place[0]]
        if place[1] is None:
            return self._group_data(group, index.column(), role)
        copy, column = group.copies[place[1]], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(copy, column)
        if role == Qt.ItemDataRole.DecorationRole and column is Column.PHOTO:
            picture = self._picture(copy)
            icon = QIcon(picture)
            icon.addPixmap(picture, QIcon.Mode.Selected)  # untinted: colours are what copies differ in
            return icon
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(shown_text(copy.path))
        if role == Qt.ItemDataRole.FontRole and is_best(group, copy, column):
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and column >= Column.PIXELS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.SizeHintRole and column is Column.PHOTO:
            return QSize(0, PICTURE_PX + 8)
        return None

    def _group_data(self, group: CopyGroup, column: int, role: int) -> Any:
        if column != Column.PHOTO:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.group_words(group)
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, _GROUP_PX)
        if role == Qt.ItemDataRole.FontRole:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def group_words(self, group: CopyGroup) -> str:
        """“3 photos · certainty 0.982”, “2 photos · identical files”."""
        if len({copy.content for copy in group.copies}) == 1:
            how = self.tr("identical files")
        else:
            # Cut off, not rounded: only identical files are certain.
            certainty = math.floor(group.certainty * 1000) / 1000
            how = self.tr("certainty %1").replace("%1", messages.distance(certainty, 3))
        return f"{messages.Counted().photos(len(group.copies))} · {how}"

    @guarded(Qt.ItemFlag.NoItemFlags)
    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled


def is_best(group: CopyGroup, copy: Copy, column: Column) -> bool:
    """Whether a photo has more pixels, or is sharper, than another one of its group and not less than any."""
    if column is Column.PIXELS:
        values = [float(one.width * one.height) for one in group.copies]
        own = float(copy.width * copy.height)
    elif column is Column.SHARPNESS:
        values = [round(one.sharpness or 0.0, 1) for one in group.copies]
        own = round(copy.sharpness or 0.0, 1)
    else:
        return False
    return own == max(values) > min(values)


def _text(copy: Copy, column: Column) -> str:
    match column:
        case Column.PHOTO:
            return shown_name(copy.path)
        case Column.FOLDER:
            return shown_text(copy.path.rpartition("/")[0])
        case Column.PIXELS:
            return f"{copy.width} × {copy.height}" if copy.width else "–"
        case Column.SIZE:
            return messages.file_size(copy.size)
        case Column.CHANGED:
            return messages.date(copy.mtime_ns)
        case Column.SHARPNESS:
            return "–" if copy.sharpness is None else messages.distance(copy.sharpness, 1)
        case Column.DISTANCE:
            return messages.distance(copy.distance)
