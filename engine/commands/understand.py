"""The commands that tell what distances mean: `calibrate`, `compare`, `duplicates` and `explain`."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from engine.agreement import SideBySide, library_agreement, side_by_side
from engine.calibration import Background, MatchRate, folder_match_rates, learn_background
from engine.commands.answer import Answer, Place
from engine.commands.arguments import UsageError
from engine.commands.index import ensure_embedded
from engine.commands.search import query_vector
from engine.decode import load
from engine.duplicate_search import DuplicateReport, search_duplicates
from engine.embedder import open_embedder
from engine.explain import explain
from engine.explain_picture import draw
from engine.export_duplicates import ENDINGS, duplicates_value, modified, write_duplicates
from engine.library import Library
from engine.metric import Metric
from engine.preprocess import decode_side
from engine.query_set import path_inside
from engine.results import Progress, Ranking
from engine.search import nearest
from engine.spec import DEFAULT_MODEL
from engine.store import Store
from engine.thumbnail_store import THUMBNAIL_SIDE, ThumbnailStore

# The distances whose rarity is told: those that this share of pairs lie beyond.
TOLD_SHARES = (0.5, 0.9, 0.99, 0.999, 0.9999)


def calibrate(
    place: Place, store: Store, folder: Path, model: str | None, metric: Metric | None
) -> Generator[Progress, None, Answer]:
    """What a distance means in this library: how rare it is and, where folders are labels, how often it is right."""
    spec = place.model(model)
    library = yield from ensure_embedded(place, store, folder, [spec])
    gallery = library.gallery(spec)
    chosen = metric or spec.metric
    background = learn_background(gallery, chosen)
    if background is None:
        raise UsageError(f"{folder}: at least two photos are needed")
    rates = folder_match_rates(gallery, chosen)
    return Answer(lambda: _calibration_value(library, background, rates), lambda: _calibration_lines(background, rates))


def compare(
    place: Place,
    store: Store,
    folder: Path,
    image: Path,
    models: Sequence[str],
    metrics: Sequence[Metric],
    k: int,
) -> Generator[Progress, None, Answer]:
    """The rankings of one query by several models or metrics in columns, and how far they agree over the library."""
    specs = [place.model(name) for name in dict.fromkeys(models or [DEFAULT_MODEL])]
    pairs = [(spec, metric) for spec in specs for metric in dict.fromkeys(metrics or [spec.metric])]
    if len(pairs) < 2:
        raise UsageError("compare needs two models or two metrics: --model A --model B, or --metric twice")
    library = yield from ensure_embedded(place, store, folder, specs)
    galleries = {spec.name: library.gallery(spec) for spec in specs}
    rankings: dict[str, Ranking] = {}
    for spec, metric in pairs:
        vector = query_vector(place, library, spec, image)
        inside = path_inside(library.root, image)
        rankings[f"{spec.name}, {metric}"] = nearest(galleries[spec.name], vector, metric, k or None, exclude=inside)
    result = side_by_side(rankings, k or len(library.files()))
    agreement: dict[tuple[str, str], float | None] = {}
    names = list(rankings)
    for i, (first, first_metric) in enumerate(pairs):
        for j, (second, second_metric) in enumerate(pairs[i + 1 :], i + 1):
            yield Progress("comparing", i + j, len(pairs) * (len(pairs) - 1) // 2)
            agreement[names[i], names[j]] = library_agreement(
                galleries[first.name], galleries[second.name], [first_metric, second_metric], result.k
            )
    return Answer(
        lambda: _comparison_value(library, image, result, agreement), lambda: _comparison_lines(result, agreement)
    )


def duplicates(
    place: Place, store: Store, folder: Path, model: str | None, out: Path | None
) -> Generator[Progress, None, Answer]:
    """Groups of near-identical photos, also written to the file `out`; nothing is deleted, here or anywhere."""
    if out is not None and out.suffix.lower() not in ENDINGS:
        raise UsageError(f"--out {out}: the name has to end with {' or '.join(ENDINGS)}")
    if out is not None and path_inside(folder.resolve(), out) is not None:
        raise UsageError(f"--out {out}: it lies in the library, and nothing is written there")
    spec = place.model(model)
    library = yield from ensure_embedded(place, store, folder, [spec])
    with closing(ThumbnailStore(place.data_dir)) as thumbnails:
        report = yield from search_duplicates(store, library, spec, thumbnails)
    if out is not None:
        write_duplicates(report, out)
    return Answer(lambda: duplicates_value(report), lambda: _duplicates_lines(report))


def explain_pair(
    place: Place, folder: Path, first: Path, second: Path, model: str | None, out: Path
) -> Generator[Progress, None, Answer]:
    """Draw why two pictures match, side by side, into the PNG file `out`. Paths may be relative to the library."""
    if path_inside(folder.resolve(), out) is not None:
        raise UsageError(f"--out {out}: it lies in the library, and nothing is written there")
    spec = place.model(model)
    embedder = open_embedder(spec, place.provider, place.threads)
    yield Progress("explaining", 0, 1)
    side = max(THUMBNAIL_SIDE * 2, decode_side(spec))
    pictures = [load(path if path.exists() else folder / path, side).rgb for path in (first, second)]
    found = explain(embedder, *pictures)
    draw(found, pictures[0], pictures[1], spec, out)

    def value() -> dict[str, Any]:
        return {
            "first": str(first),
            "second": str(second),
            "model": spec.name,
            "method": str(found.method),
            "similarity": found.similarity,
            "first_map": found.first_map.tolist(),
            "second_map": found.second_map.tolist(),
            "links": [{"first": link.first, "second": link.second, "strength": link.strength} for link in found.links],
            "out": str(out),
        }

    return Answer(value, lambda: [f"similarity {found.similarity:.4f} by {spec.name} ({found.method}): {out}"])


def _calibration_value(library: Library, background: Background, rates: Sequence[MatchRate]) -> dict[str, Any]:
    return {
        "library": str(library.root),
        "model": background.model,
        "metric": str(background.metric),
        "photos": background.photos,
        "pairs": len(background.distances),
        "centre": background.centre,
        "spread": background.spread,
        "distances": [{"nearer_than": share, "distance": _quantile(background, share)} for share in TOLD_SHARES],
        "match_rates": [
            {"from": r.nearest, "to": r.farthest, "pairs": r.pairs, "share": r.share, "low": r.low, "high": r.high}
            for r in rates
        ],
    }


def _quantile(background: Background, share: float) -> float:
    return float(np.quantile(background.distances, 1.0 - share))


def _calibration_lines(background: Background, rates: Sequence[MatchRate]) -> Iterator[str]:
    yield f"{background.model}, {background.metric}: {len(background.distances)} pairs of {background.photos} photos"
    for share in TOLD_SHARES:
        yield f"  {_quantile(background, share):.4f} is nearer than {100 * share:g} % of pairs"
    if rates:
        yield "  of the pairs at a distance, so many have the same label (of what 100 new photos find, 95 % sure):"
    for rate in rates:
        words = f"{100 * rate.share:.1f} % ({100 * rate.low:.1f} to {100 * rate.high:.1f})"
        yield f"  {rate.nearest:.4f} to {rate.farthest:.4f}  {words}, {rate.pairs} pairs"


def _comparison_value(
    library: Library, image: Path, result: SideBySide, agreement: dict[tuple[str, str], float | None]
) -> dict[str, Any]:
    columns = []
    for number, (name, column) in enumerate(zip(result.names, result.columns, strict=True)):
        others = [other for other in result.names if other != name]
        columns.append(
            {
                "name": result.names[number],
                "results": [
                    {
                        "rank": placed.match.rank,
                        "path": placed.match.path,
                        "distance": placed.match.distance,
                        "other_ranks": dict(zip(others, placed.other_ranks, strict=True)),
                        "alone": placed.alone,
                    }
                    for placed in column
                ],
            }
        )
    pairs = [
        {"first": first, "second": second, "overlap": overlap, "library_overlap": agreement[first, second]}
        for (first, second), overlap in result.overlap.items()
    ]
    return {"query": str(image), "library": str(library.root), "k": result.k, "columns": columns, "pairs": pairs}


def _comparison_lines(result: SideBySide, agreement: dict[tuple[str, str], float | None]) -> Iterator[str]:
    for name, column in zip(result.names, result.columns, strict=True):
        yield name
        for placed in column:
            ranks = ", ".join("–" if rank is None else str(rank) for rank in placed.other_ranks)
            only = "  only here" if placed.alone else ""
            yield f"  {placed.match.rank}\t{placed.match.distance:.6f}\t{placed.match.path}\t(elsewhere {ranks}){only}"
    for (first, second), overlap in result.overlap.items():
        whole = agreement[first, second]
        over_all = "" if whole is None else f"; {100 * whole:.0f} % over the whole library"
        yield f"{first} and {second} share {100 * overlap:.0f} % of the first {result.k}{over_all}"


def _duplicates_lines(report: DuplicateReport) -> Iterator[str]:
    for group in report.groups:
        yield f"{len(group.copies)} photos, certainty {group.certainty:.3f}"
        for copy in group.copies:
            sharp = "-" if copy.sharpness is None else f"{copy.sharpness:.1f}"
            facts = f"{copy.width}x{copy.height}\t{copy.size}\t{modified(copy)}\t{sharp}"
            yield f"  {copy.distance:.4f}\t{copy.path}\t{facts}"
    yield f"{len(report.groups)} groups among {report.photos} photos"
