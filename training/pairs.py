"""A page of sample pairs, positive and negative, with their cosine similarity and Euclidean distance."""

import base64
import html
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.decode import load
from engine.metric import Metric, pairwise_distance
from training.data import Labelled

THUMBNAIL = 160  # pixels of the longer side


@dataclass(frozen=True)
class Pair:
    """Two pictures and how near one model puts them."""

    left: Path
    right: Path
    left_label: str
    right_label: str
    similarity: float  # cosine, −1 to 1
    distance: float  # Euclidean

    @property
    def positive(self) -> bool:
        return self.left_label == self.right_label


def sample_pairs(
    queries: Labelled,
    gallery: Labelled,
    query_vectors: NDArray[np.float32],
    gallery_vectors: NDArray[np.float32],
    count: int = 6,
    seed: int = 0,
) -> list[Pair]:
    """`count` positive and `count` negative pairs of a query and a gallery picture, drawn by chance and not by how well
    the model does on them; the same ones for every model."""
    draw = random.Random(seed)  # noqa: S311 - a choice that anybody can repeat, not a secret
    found: dict[bool, list[Pair]] = {True: [], False: []}
    for wanted in (True, False):
        for _ in range(100 * count):
            if len(found[wanted]) == count:
                break
            left = draw.randrange(len(queries))
            same = queries.classes[queries.labels[left]]
            candidates = [row for row, label in enumerate(gallery.labels) if (gallery.classes[label] == same) == wanted]
            if not candidates:
                continue
            right = draw.choice(candidates)
            pair = query_vectors[left], gallery_vectors[right]
            found[wanted].append(
                Pair(
                    queries.paths[left],
                    gallery.paths[right],
                    same,
                    gallery.classes[gallery.labels[right]],
                    1 - float(pairwise_distance(*pair, Metric.COSINE)[0]),
                    float(pairwise_distance(*pair, Metric.EUCLIDEAN)[0]),
                )
            )
    return found[True] + found[False]


def page(pairs_by_model: Sequence[tuple[str, Sequence[Pair]]]) -> str:
    """One HTML page that needs no other file: the pictures are inside."""
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Sample pairs</title>",
        "<style>body{font:15px sans-serif;margin:2em}figure{display:inline-block;margin:.6em;padding:.6em;"
        "border:2px solid #888}figure.positive{border-color:#2a7}figure.negative{border-color:#c43}"
        "img{height:120px}figcaption{max-width:340px}</style>",
        "<h1>Sample pairs</h1><p>Green: the same label. Red: different labels. Drawn by chance.</p>",
    ]
    for model, pairs in pairs_by_model:
        parts.append(f"<h2>{html.escape(model)}</h2>")
        parts += [_figure(pair) for pair in pairs]
    return "\n".join(parts) + "\n"


def _figure(pair: Pair) -> str:
    kind = "positive" if pair.positive else "negative"
    labels = html.escape(f"{pair.left_label} · {pair.right_label}")
    numbers = f"cosine similarity {pair.similarity:.3f}, Euclidean distance {pair.distance:.3f}"
    return (
        f"<figure class='{kind}'><img src='{_data(pair.left)}' alt=''> <img src='{_data(pair.right)}' alt=''>"
        f"<figcaption>{kind}: {labels}<br>{numbers}</figcaption></figure>"
    )


def _data(path: Path) -> str:
    image = Image.fromarray(load(path, THUMBNAIL).rgb)
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
