"""The engine's reasons why an export or an evaluation cannot be made, in the user's language."""

import re

from PySide6.QtCore import QT_TRANSLATE_NOOP, QLocale

from gui.skip_reasons import in_words

# What the engine says (a pattern for the whole of it), and the same with places for its parts.
PATTERNS = (
    (r"there is no image in it", QT_TRANSLATE_NOOP("export reasons", "there is no picture in it")),
    (
        r"neither a folder, nor an image, nor a text file with one path a line",
        QT_TRANSLATE_NOOP("export reasons", "neither a folder, nor a picture, nor a text file with one path a line"),
    ),
    (r"No such file or directory", QT_TRANSLATE_NOOP("export reasons", "it is not there")),
    (r"Permission denied", QT_TRANSLATE_NOOP("export reasons", "you may not read it")),
    (
        r"it cannot be written \(Permission denied\)",
        QT_TRANSLATE_NOOP("export reasons", "you may not write into it"),
    ),
    (r"it cannot be written \((.+)\)", QT_TRANSLATE_NOOP("export reasons", "it cannot be written (%1)")),
    (r"it is a file, not a folder", QT_TRANSLATE_NOOP("export reasons", "it is a file, not a folder")),
    (
        r"it lies inside the photos' own folder (.+), which nothing is written into",
        QT_TRANSLATE_NOOP(
            "export reasons", "it lies inside the photos' own folder %1, which nothing is ever written into"
        ),
    ),
    (
        r"it holds an export already \((.+)\): .+",
        QT_TRANSLATE_NOOP("export reasons", "it holds an export already (%1); choose another folder"),
    ),
    (r"another export is writing into it", QT_TRANSLATE_NOOP("export reasons", "another export is writing into it")),
    (
        r"what it holds was made with other choices, or the photos have changed since",
        QT_TRANSLATE_NOOP(
            "export reasons", "what it holds was made with other choices, or the photos have changed since"
        ),
    ),
    (
        r"the copies need (.+), but only (.+) are free",
        QT_TRANSLATE_NOOP("export reasons", "the copies need %1, but only %2 are free"),
    ),
    (
        r"none of the (\d+) queries can be read: (.+)",
        QT_TRANSLATE_NOOP("export reasons", "none of its %1 pictures can be read: %2"),
    ),
    (
        r"the model (.+) has embedded none of its photos",
        QT_TRANSLATE_NOOP("export reasons", "the model %1 has indexed none of its photos"),
    ),
    (r"there is no such folder", QT_TRANSLATE_NOOP("export reasons", "there is no such folder")),
    (
        r"no query lies in a sub-folder, which would be its label",
        QT_TRANSLATE_NOOP("export reasons", "no query lies in a sub-folder, which would be its label"),
    ),
    (
        r"no query has a label in the file of labels",
        QT_TRANSLATE_NOOP("export reasons", "no query has a label in the file of labels"),
    ),
    (
        r"line (\d+) has (\d+) columns; path,label is expected",
        QT_TRANSLATE_NOOP("export reasons", "line %1 has %2 columns; path,label is expected"),
    ),
    (
        r"line (\d+): (.+) has the label (.+) already",
        QT_TRANSLATE_NOOP("export reasons", "line %1: %2 has the label %3 already"),
    ),
)

SIZE = re.compile(r"\b(\d+\.\d) ([kMGT]B)\b")  # as the engine writes one


def export_reason(reason: str) -> str:
    """The reason in the user's language; one that is not known here stays English."""
    return in_words(SIZE.sub(_localised, reason), PATTERNS, "export reasons")


def _localised(size: re.Match[str]) -> str:
    return f"{QLocale().toString(float(size[1]), 'f', 1)} {size[2]}"
