"""The line over the photos: what is shown, and how much of it."""

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from gui import messages
from gui.gallery_model import shown_text
from gui.session_state import Part, Query, Scope


@dataclass(frozen=True, slots=True)
class Counts:
    """What the headline counts."""

    shown: int
    library: int  # photos of the library
    searched: int  # photos that the model has seen
    folded: int = 0  # results that are near-identical to a better one and stand under it
    nothing_similar: bool = False  # even the best result is no nearer than chance brings


def title(query: Query | None, scope: Scope) -> str:
    """What is shown: “Whole library”, “Like IMG_1.jpg”, “Like 3 pictures”."""
    translate = QCoreApplication.translate
    if query is None:
        return shown_text(scope.folder) if scope.folder else translate("headline", "Whole library")
    name = _base(query.base)
    if not query.marks:
        return name
    liked = sum(sign > 0 for sign in query.marks.values())
    disliked = len(query.marks) - liked
    marks = " ".join(f"{sign}{count}" for sign, count in (("+", liked), ("−", disliked)) if count)
    return translate("headline", "%1 (%2)").replace("%2", marks).replace("%1", name)


def _base(parts: tuple[Part, ...]) -> str:
    translate = QCoreApplication.translate
    if len(parts) == 1:
        return _one(parts[0])
    plus = sum(part.sign > 0 for part in parts)
    minus = len(parts) - plus
    if not minus:
        return messages.Counted().like(plus)
    if not plus:
        return messages.Counted().unlike(minus)
    like = messages.Counted().like(plus)
    return translate("headline", "%1, unlike %2").replace("%2", str(minus)).replace("%1", like)


def _one(part: Part) -> str:
    translate = QCoreApplication.translate
    name = shown_text(part.name)
    if part.pasted is not None:
        return translate("headline", "Like the pasted picture")
    if part.sign < 0:
        return translate("headline", "Unlike %1").replace("%1", name)
    if part.region is not None:
        return translate("headline", "Like a part of %1").replace("%1", name)
    return translate("headline", "Like %1").replace("%1", name)


def note(query: Query | None, counts: Counts) -> str:
    """How much: “1,000 photos”; “999 results”; “99 results · 100 of 1,000 photos searched so far”; and whether it is
    worth a look."""
    translate = QCoreApplication.translate
    if query is None:
        return messages.Counted().photos(counts.shown)
    found = counts.shown + counts.folded
    text = messages.Counted().results(found)
    if counts.nothing_similar:
        text = translate("headline", "Nothing really similar here") + f" · {text}"
    folded = ""
    if counts.folded:
        folded = " · " + translate("headline", "%1 of them folded").replace("%1", messages.number(counts.folded))
    if counts.searched < counts.library:
        so_far = translate("headline", "%1 of %2 photos searched so far")
        so_far = so_far.replace("%1", messages.number(counts.searched)).replace("%2", messages.number(counts.library))
        return f"{text}{folded} · {so_far}"
    own = sum(part.path is not None for part in query.base)  # photos of the query are no results
    if found < counts.library - own:
        part = translate("headline", "%1 of %2 photos").replace("%2", messages.number(counts.library))
        text = part.replace("%1", text)
    return f"{text}{folded}"
