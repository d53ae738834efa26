"""The engine's reasons why a file was skipped, in the user's language; one that is not known here stays English."""

import re
from collections.abc import Iterable

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

# What the engine says (a pattern for the whole of it), and the same with places for its parts.
PATTERNS = (
    (r"the file is empty", QT_TRANSLATE_NOOP("skip reasons", "the file is empty")),
    (r"not an image that can be read", QT_TRANSLATE_NOOP("skip reasons", "not an image that can be read")),
    (r"not a regular file", QT_TRANSLATE_NOOP("skip reasons", "not a regular file")),
    (r"the file is not there any more", QT_TRANSLATE_NOOP("skip reasons", "the file is not there any more")),
    (r"no permission to read it", QT_TRANSLATE_NOOP("skip reasons", "no permission to read it")),
    (r"it cannot be read \((.+)\)", QT_TRANSLATE_NOOP("skip reasons", "it cannot be read (%1)")),
    (r"the picture has no pixels", QT_TRANSLATE_NOOP("skip reasons", "the picture has no pixels")),
    (
        r"the file is (\d+) MiB large; the limit is (\d+) MiB",
        QT_TRANSLATE_NOOP("skip reasons", "the file is %1 MiB large; the limit is %2 MiB"),
    ),
    (
        r"(\d+) × (\d+) pixels are more than the limit of (\d+) million",
        QT_TRANSLATE_NOOP("skip reasons", "%1 × %2 pixels are more than the limit of %3 million"),
    ),
    (
        r"there is not enough memory to decode it",
        QT_TRANSLATE_NOOP("skip reasons", "there is not enough memory to decode it"),
    ),
    (
        r"damaged or truncated JPEG: its header is incomplete",
        QT_TRANSLATE_NOOP("skip reasons", "damaged or truncated JPEG: its header is incomplete"),
    ),
    (r"truncated (\w+)", QT_TRANSLATE_NOOP("skip reasons", "truncated %1")),
    (r"damaged (\w+) \((.+)\)", QT_TRANSLATE_NOOP("skip reasons", "damaged %1 (%2)")),
    (r"a link that leads nowhere", QT_TRANSLATE_NOOP("skip reasons", "a link that leads nowhere")),
    (
        r"it was removed while the folder was read",
        QT_TRANSLATE_NOOP("skip reasons", "it was removed while the folder was read"),
    ),
    (
        r"it lies in the cloud only; download it to have it indexed",
        QT_TRANSLATE_NOOP("skip reasons", "it lies in the cloud only; download it to have it indexed"),
    ),
)


def skip_reason(reason: str) -> str:
    """The reason in the user's language."""
    return in_words(reason, PATTERNS, "skip reasons")


def in_words(reason: str, patterns: Iterable[tuple[str, object]], context: str) -> str:
    """A phrase of the engine in the user's language, by its pattern; one that no pattern fits stays as it is."""
    for pattern, text in patterns:
        found = re.fullmatch(pattern, reason, re.DOTALL)  # which keeps what it has compiled
        if found is not None:
            words = QCoreApplication.translate(context, str(text))
            for number, part in enumerate(found.groups(), start=1):
                words = words.replace(f"%{number}", part)
            return words
    return reason
