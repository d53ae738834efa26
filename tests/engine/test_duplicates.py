"""Near-identical photos are found by their pixels, whatever their embeddings propose."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.edits import MILD, Edit
from engine.detail_match import SAME_DETAILS, _agreement
from engine.duplicates import DuplicateGroup, copy_certainty, find_duplicates
from engine.gallery import Gallery
from engine.near_copies import SAME_PICTURE, WINDOW_SIDE, fingerprint, grey_square, likeness

Picture = NDArray[np.uint8]


def scene(seed: int, width: int = 240, height: int = 180) -> Image.Image:
    """A drawn picture: a sky, and shapes of random place, size and colour."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), tuple(int(c) for c in random.integers(60, 200, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = random.integers(0, width), random.integers(0, height)
        w, h = random.integers(20, 90, 2)
        colour = tuple(int(c) for c in random.integers(0, 256, 3))
        (draw.ellipse if random.random() < 0.5 else draw.rectangle)((x, y, x + w, y + h), fill=colour)
    return image


def print_of(image: Image.Image) -> NDArray[np.float32]:
    return fingerprint(grey_square(np.asarray(image.convert("RGB"))))


def certainty(first: Image.Image, second: Image.Image) -> float | None:
    greys = [grey_square(np.asarray(image.convert("RGB"))) for image in (first, second)]
    return copy_certainty((greys[0], fingerprint(greys[0])), (greys[1], fingerprint(greys[1])))


def edited(name: str, image: Image.Image) -> Image.Image:
    return MILD[name](image, np.random.default_rng(0))


@pytest.mark.parametrize("edit", MILD.values(), ids=MILD.keys())
def test_mild_edits_show_the_same_picture(edit: Edit) -> None:
    for seed in range(5):
        image = scene(seed)
        found = certainty(image, edit(image, np.random.default_rng(seed)))
        assert found is not None
        assert SAME_DETAILS <= found <= 1.0


def test_a_mirror_image_is_the_same_picture() -> None:
    image = scene(1)
    mirrored = certainty(image, image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    assert mirrored is not None
    assert mirrored > 0.95


def test_other_pictures_are_not_the_same() -> None:
    prints = [print_of(scene(seed)) for seed in range(25)]
    likenesses = [likeness(a, b) for i, a in enumerate(prints) for b in prints[:i]]
    assert max(likenesses) < SAME_PICTURE


def sky(place: int) -> Image.Image:
    """The same evening sky each time, and one small balloon in one of six places."""
    image = Image.new("RGB", (240, 180))
    draw = ImageDraw.Draw(image)
    for row in range(180):
        draw.line((0, row, 240, row), fill=(20 + row, 40 + row, 230 - row // 3))
    x, y = 30 + 70 * (place % 3), 40 + 80 * (place // 3)
    draw.ellipse((x, y, x + 24, y + 30), fill=(250, 250, 240))
    return image


def test_one_layout_is_not_one_picture() -> None:
    images = [sky(place) for place in range(6)]
    pairs = [(a, b) for i, a in enumerate(images) for b in images[:i]]
    alike = [likeness(print_of(a), print_of(b)) >= SAME_PICTURE for a, b in pairs]
    assert sum(alike) > len(pairs) / 2, "what is to be told apart has to look alike at first"
    assert [certainty(a, b) for a, b in pairs] == [None] * len(pairs)
    for image in images:
        assert certainty(image, edited("re-compress", image)) is not None


def test_plain_areas_are_like_nothing() -> None:
    white, grey = (print_of(Image.new("RGB", (50, 50), colour)) for colour in ("white", "grey"))
    assert likeness(white, grey) == 0.0
    assert likeness(white, print_of(scene(0))) == 0.0


class Library:
    """Pictures with embeddings of our choosing."""

    def __init__(self) -> None:
        self.images: list[Image.Image | None] = []
        self.vectors: list[list[float]] = []
        self.contents: list[bytes] = []

    def add(self, image: Image.Image | None, vector: list[float], content: int) -> None:
        self.images.append(image)
        self.vectors.append(vector)
        self.contents.append(content.to_bytes(16, "big"))

    def search(self, dismissed: frozenset[frozenset[bytes]] = frozenset()) -> list[DuplicateGroup]:
        names = [f"{i:02}.jpg" for i in range(len(self.images))]
        vectors = np.array(self.vectors or np.empty((0, 2)), dtype=np.float32)
        gallery = Gallery.from_arrays(names, vectors, "drawn")
        contents = np.frombuffer(b"".join(self.contents), dtype=np.uint8).reshape(-1, 16)

        def grey(position: int) -> Picture | None:
            image = self.images[position]
            return None if image is None else grey_square(np.asarray(image))

        job = find_duplicates(gallery, contents, grey, dismissed=dismissed)
        while True:
            try:
                progress = next(job)
            except StopIteration as end:
                return end.value
            assert progress.total is not None
            assert 0 < progress.done <= progress.total


@pytest.fixture
def library() -> Library:
    made = Library()
    made.add(scene(1), [1, 0, 0], 1)
    made.add(scene(2), [0.99, 0.1, 0], 2)  # near in the embedding, another picture
    made.add(edited("re-compress", scene(1)), [0.98, 0, 0.1], 3)
    made.add(scene(3), [0, 1, 0], 4)
    made.add(scene(3), [0, 1, 0], 4)  # the same file twice
    made.add(scene(1), [0, 0, 1], 5)  # the same picture, but the embedding does not propose it
    return made


def test_pixels_decide_among_what_the_embeddings_propose(library: Library) -> None:
    groups = library.search()
    assert [group.paths for group in groups] == [("03.jpg", "04.jpg"), ("00.jpg", "02.jpg")]
    assert groups[0].certainty == 1.0
    assert groups[0].distances == pytest.approx((0.0, 0.0))
    assert SAME_DETAILS <= groups[1].certainty < 1.0
    assert groups[1].distances == pytest.approx((0.0, 1 - 0.98 / np.hypot(0.98, 0.1)), abs=1e-6)


def test_a_dismissed_pair_stays_away(library: Library) -> None:
    pair = frozenset((library.contents[0], library.contents[2]))
    assert [group.paths for group in library.search(frozenset([pair]))] == [("03.jpg", "04.jpg")]


def test_a_photo_that_cannot_be_read_is_compared_by_content_only(library: Library) -> None:
    library.images[0] = library.images[3] = None
    assert [group.paths for group in library.search()] == [("03.jpg", "04.jpg")]


def test_a_chain_of_copies_is_one_group_with_its_weakest_link() -> None:
    made, image = Library(), scene(7)
    for step in range(12):
        made.add(edited("crop 5–10 %", image) if step % 2 else image, [1, 0.001 * step], step)
    (group,) = made.search()
    assert len(group.paths) == 12
    assert group.certainty == certainty(image, edited("crop 5–10 %", image))


def test_few_fingerprints_in_memory_give_the_same_groups(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = library.search()
    monkeypatch.setattr("engine.duplicates.FINGERPRINTS_KEPT", 1)
    assert library.search() == expected


def test_pictures_without_any_detail_do_not_agree_in_it() -> None:
    assert _agreement(np.full((WINDOW_SIDE, WINDOW_SIDE), 7.0), np.zeros((WINDOW_SIDE, WINDOW_SIDE))) == 0.0


def test_an_empty_library_and_wrong_contents() -> None:
    assert Library().search() == []
    gallery = Gallery.from_arrays(["a"], np.ones((1, 2), dtype=np.float32), "drawn")
    with pytest.raises(ValueError, match="do not fit"):
        next(find_duplicates(gallery, np.zeros((2, 16), dtype=np.uint8), lambda _: None))
