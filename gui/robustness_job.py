"""What the window asks of the engine to find out which changes a model sees, and the words for the answer."""

from collections.abc import Generator, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from engine.library import Library
from engine.metric import Metric
from engine.query import Region, crop, load_part
from engine.results import Progress
from engine.robustness import LEAST_OTHERS, Pixels, Robustness, Variation, measure_robustness, within
from engine.spec import ModelSpec
from gui import messages
from gui.backend import Backend
from gui.session_state import Part

COMPARED = 20  # results: what a person looks at


def robustness_steps(
    backend: Backend, library: Library, part: Part, spec: ModelSpec, metric: Metric
) -> Generator[Progress, None, Robustness | None]:
    """Vary one picture of a query; None where there are too few others for a ranking that can change."""
    yield Progress("varying", 0, None)
    gallery = library.gallery(spec)
    own = part.path if part.path is not None and gallery.index_of(part.path) is not None else None
    if len(gallery) - (own is not None) < LEAST_OTHERS:
        return None
    embedder = backend.embedder(spec)

    def picture(region: Region | None) -> Pixels:
        inner = part.region if region is None else within(region, part.region)
        if part.pasted is not None:
            return part.pasted.rgb if inner is None else crop(part.pasted.rgb, inner)
        file = part.file if part.path is None else Path(library.root, part.path)
        assert file is not None
        return load_part(spec, file, inner)[1]

    return (yield from measure_robustness(embedder, gallery, picture, metric, COMPARED, own))


def title(name: str) -> str:
    """A variation over its picture."""
    translate = QCoreApplication.translate
    return {
        "mirror": translate("robustness", "Mirrored"),
        "crop-slight": translate("robustness", "Edges cut off"),
        "crop-half": translate("robustness", "Only the middle"),
        "tilt": translate("robustness", "Tilted by 10°"),
        "quarter-turn": translate("robustness", "Turned by 90°"),
        "darker": translate("robustness", "Half as bright"),
        "brighter": translate("robustness", "Half as bright again"),
        "grey": translate("robustness", "Without colour"),
        "jpeg": translate("robustness", "Strongly compressed"),
    }[name]


def _noun(name: str) -> str:
    """A variation within a sentence."""
    translate = QCoreApplication.translate
    return {
        "mirror": translate("robustness", "mirroring"),
        "crop-slight": translate("robustness", "cut edges"),
        "crop-half": translate("robustness", "a closer crop"),
        "tilt": translate("robustness", "tilting"),
        "quarter-turn": translate("robustness", "a quarter turn"),
        "darker": translate("robustness", "less light"),
        "brighter": translate("robustness", "more light"),
        "grey": translate("robustness", "missing colour"),
        "jpeg": translate("robustness", "strong compression"),
    }[name]


def sentence(found: Robustness) -> str:
    """“With this picture siamese-actions hardly sees mirroring; it does see a quarter turn, missing colour.”"""
    translate = QCoreApplication.translate
    clauses = []
    for words, names in (
        (translate("robustness", "hardly sees %1"), found.hardly_seen()),
        (translate("robustness", "sees something of %1"), found.seen(clearly=False)),
        (translate("robustness", "does see %1"), found.seen(clearly=True)),
    ):
        if names:
            clauses.append(words.replace("%1", _listed([_noun(name) for name in names])))
    whole = translate("robustness", "With this picture, the model %1 %2.")
    return whole.replace("%1", found.model).replace("%2", "; ".join(clauses))


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    both = QCoreApplication.translate("robustness", "%1 and %2").replace("%2", words[-1])
    return both.replace("%1", ", ".join(words[:-1]))


def stays(one: Variation) -> str:
    """How many of the first results stay among them."""
    text = QCoreApplication.translate("robustness", "%1 of %2 results stay")
    kept = sum(rank <= len(one.ranks) for rank in one.ranks)
    return text.replace("%1", messages.number(kept)).replace("%2", messages.number(len(one.ranks)))


def distance(one: Variation) -> str:
    """How far the varied picture lies from the picture as it is."""
    text = QCoreApplication.translate("robustness", "Distance %1")
    return text.replace("%1", messages.distance(one.distance))


def details(one: Variation) -> str:
    """What else there is to say, for a tool tip."""
    translate = QCoreApplication.translate
    moved = translate("robustness", "They move by %1 places on average.")
    lines = [moved.replace("%1", messages.distance(one.rank_change, 1))]
    if one.own_rank is not None:
        own = translate("robustness", "The photo itself would be found at rank %1.")
        lines.append(own.replace("%1", messages.number(one.own_rank)))
    return "\n".join(lines)
