"""Tells, when an exported run is shown again, what has changed since it was made."""

from collections.abc import Sequence

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from gui.skip_reasons import in_words

# What the engine says (a pattern for the whole of it), and the same with places for its parts.
PATTERNS = (
    (
        r"it was made with (.+) (\S+); this is (\S+)",
        QT_TRANSLATE_NOOP("run changes", "it was made with %1 %2; this is %3"),
    ),
    (
        r"the model (.+) is not there any more",
        QT_TRANSLATE_NOOP("run changes", "the model %1 is not there any more"),
    ),
    (r"the model (.+) is another file now", QT_TRANSLATE_NOOP("run changes", "the model %1 is another file now")),
    (
        r"the library had (\d+) photos and has (\d+) now",
        QT_TRANSLATE_NOOP("run changes", "photos of the library: %1 then, %2 now"),
    ),
    (
        r"some of the library's photos have been edited or replaced",
        QT_TRANSLATE_NOOP("run changes", "some of the library's photos have been edited or replaced"),
    ),
    (
        r"(\d+) of the (\d+) queries are not there any more",
        QT_TRANSLATE_NOOP("run changes", "of its %2 queries, %1 are not there any more"),
    ),
)


def change_in_words(change: str) -> str:
    """A change in the user's language; one that is not known here stays English."""
    return in_words(change, PATTERNS, "run changes")


def tell_changes(changes: Sequence[str], parent: QWidget) -> QMessageBox | None:
    """Show what has changed, beside the window rather than before it; None where nothing has."""
    if not changes:
        return None
    translate = QCoreApplication.translate
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Information)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(translate("run changes", "An exported run"))
    box.setText(translate("run changes", "What you see may differ from what was exported. Since then:"))
    box.setInformativeText("\n".join(f"• {change_in_words(change)}" for change in changes))
    box.setModal(False)
    box.show()
    return box
