"""A model's description: read without the network, checked field by field, listed by name."""

import builtins
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import ModelError, UnknownModelError
from engine.metric import Metric
from engine.spec import (
    DEFAULT_MODEL,
    bundled_folder,
    description_json,
    find_model,
    list_models,
    parse_description,
    read_spec,
)
from tests.tiny_models import LABELS, description

Build = Callable[..., Path]


def refusal(described: object) -> str:
    text = described if isinstance(described, str) else json.dumps(described)
    with pytest.raises(ModelError) as caught:
        parse_description(text, Path("x.onnx"), 10)
    assert caught.value.path == Path("x.onnx")
    return caught.value.reason


def test_every_field_is_read(tiny_model: Path) -> None:
    spec = read_spec(tiny_model)
    assert (spec.name, spec.purpose) == ("tiny", "Tells drawn colours and shapes apart in tests.")
    assert (spec.height, spec.width, spec.resize, spec.crop, spec.interpolation) == (32, 32, 32, "squash", "bilinear")
    assert (spec.mean, spec.std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert (spec.embedding_size, spec.metric, spec.unit_norm) == (16, Metric.COSINE, False)
    assert spec.labels == LABELS
    assert (spec.training_data, spec.quality, spec.licence) == ("none: random weights", {"mAP on nothing": 0.0}, "MIT")
    assert (spec.path, spec.file_size) == (tiny_model, tiny_model.stat().st_size)
    assert spec.sha256 == hashlib.sha256(tiny_model.read_bytes()).hexdigest()


def test_what_is_written_is_what_is_read(tiny_model: Path, second_tiny_model: Path) -> None:
    for path in (tiny_model, second_tiny_model):
        spec = read_spec(path)
        strange = replace(spec, purpose="Ähnliche Bilder — 写真 \"'\\ \n", quality={"mAP": 0.25, "note": "naïve"})
        assert parse_description(description_json(strange), path, spec.file_size) == strange
        assert hash(strange) != hash(spec)


def test_no_wrong_description_is_written(tiny_model: Path) -> None:
    with pytest.raises(ModelError, match=r"`input\.std` must be three positive numbers"):
        description_json(replace(read_spec(tiny_model), std=(0.5, 0.0, 0.5)))


def test_reading_needs_no_onnxruntime_and_not_the_weights(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import sys; from pathlib import Path; from engine.spec import read_spec; read_spec(Path(sys.argv[1]))"
    program += "; print({'onnx', 'onnxruntime'} & set(sys.modules))"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, tiny_model], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "set()", done.stderr
    # A graph of 2 GB in front of the description, all hole: only a reader that steps over it is done in time.
    data = tiny_model.read_bytes()
    graph_tag, large = bytes([7 << 3 | 2]), 2 << 30
    holed = tiny_model.with_name("holed.onnx")
    entry = metadata_entry("semblance", json.dumps(description("holed")))
    with holed.open("wb") as file:
        file.write(graph_tag + varint(large))
        file.seek(large, os.SEEK_CUR)
        file.write(entry)
    assert read_spec(holed).name == "holed"
    assert data == tiny_model.read_bytes()


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def metadata_entry(key: str, value: str) -> bytes:
    parts = b"".join(
        bytes([number << 3 | 2]) + varint(len(part)) + part
        for number, part in ((1, key.encode()), (2, value.encode("utf-8", "surrogatepass")))
    )
    return bytes([14 << 3 | 2]) + varint(len(parts)) + parts


GRAPH = bytes([7 << 3 | 2, 0])


FIELDS: list[tuple[str, Any, str]] = [
    ("format", 2, "`format` is 2; this program reads 1"),
    ("format", "1", "`format` must be a whole number"),
    ("format", True, "`format` must be a whole number"),
    ("name", "", "`name` must be a text that is not empty"),
    ("name", "../evil", "`name` must be 1 to 100 letters"),
    ("name", "a b", "`name` must be 1 to 100 letters"),
    ("name", "x" * 101, "`name` must be 1 to 100 letters"),
    ("name", 5, "`name` must be a text"),
    ("purpose", "  ", "`purpose` must be a text that is not empty"),
    ("input", [], "`input` must be an object"),
    ("input.height", 0, "`input.height` must be a whole number from 1 to 4096, not 0"),
    ("input.height", 32.0, "`input.height` must be a whole number from 1 to 4096, not 32.0"),
    ("input.width", 100_000, "`input.width` must be a whole number from 1 to 4096, not 100000"),
    ("input.mean", [0.5, 0.5], "`input.mean` must be three numbers"),
    ("input.mean", [0.5, 0.5, "0.5"], "`input.mean` must be three numbers"),
    ("input.mean", [0.5, 0.5, 10**400], "`input.mean` must be three numbers"),
    ("input.std", [0.5, 0.0, 0.5], "`input.std` must be three positive numbers"),
    ("input.std", None, "`input.std` must be three positive numbers"),
    ("input.interpolation", "nearest", '`input.interpolation` must be one of "bilinear", "bicubic", "lanczos"'),
    ("input.crop", "middle", '`input.crop` must be one of "center", "squash", not "middle"'),
    ("input.resize", 0, "`input.resize` must be a whole number from 1"),
    ("embedding_size", -1, "`embedding_size` must be a whole number from 1 to 65536, not -1"),
    ("embedding_size", 10**9, "`embedding_size` must be a whole number from 1 to 65536"),
    ("metric", "manhattan", '`metric` must be one of "cosine", "euclidean", not "manhattan"'),
    ("metric", ["cosine"], "`metric` must be one of"),
    ("unit_norm", 1, "`unit_norm` must be true or false, not 1"),
    ("labels", [], "`labels` must be a list of texts, or null"),
    ("labels", ["a", 3], "`labels` must be a list of texts that are not empty, or null"),
    ("labels", {"a": 1}, "`labels` must be a list of texts, or null"),
    ("training_data", "", "`training_data` must be a text that is not empty"),
    ("quality", ["good"], "`quality` must be an object"),
    ("quality", {"mAP": None}, "`quality.mAP` must be a finite number or a text, not null"),
    ("quality", {"mAP": True}, "`quality.mAP` must be a finite number or a text, not true"),
    ("licence", 3, "`licence` must be a text that is not empty, not 3"),
]


@pytest.mark.parametrize(("field", "value", "words"), FIELDS)
def test_a_wrong_field_is_named(field: str, value: Any, words: str) -> None:
    described = description("x")
    place = described
    *outer, last = field.split(".")
    for key in outer:
        place = place[key]
    place[last] = value
    assert words in refusal(described)


ALL_FIELDS = [*description("x"), *(f"input.{key}" for key in description("x")["input"])]


@pytest.mark.parametrize("field", ALL_FIELDS)
def test_a_missing_field_is_named(field: str) -> None:
    described = description("x")
    *outer, last = field.split(".")
    del (described["input"] if outer else described)[last]
    assert f"`{field}` is missing" in refusal(described)


def test_numbers_that_json_does_not_have_are_refused() -> None:
    text = json.dumps(description("x", quality={"mAP": float("nan")}))
    assert "NaN" in text
    assert "`quality.mAP` must be a finite number" in refusal(text)


def test_a_crop_may_not_be_larger_than_what_it_is_cut_from() -> None:
    described = description("x")
    described["input"] |= {"crop": "center", "height": 32, "width": 40, "resize": 39}
    assert "`input.resize` must be a whole number from 40" in refusal(described)
    described["input"]["resize"] = 40
    assert parse_description(json.dumps(described), Path("x"), 1).resize == 40


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "not valid JSON"), ("[]", "not a JSON object"), ("[" * 100_000, "not valid JSON"), ("", "not valid JSON")],
)
def test_what_is_no_description(text: str, words: str) -> None:
    assert words in refusal(text)


def test_a_long_wrong_value_is_shortened() -> None:
    assert len(refusal(description("x", metric="m" * 10_000))) < 200


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not an ONNX file"),
        (b"hello, I am a text", "not an ONNX file"),
        (b"\x08\x08", "not an ONNX file"),  # valid protobuf without a graph
        (b"\xff" * 30, "not an ONNX file"),
        (GRAPH, "it has no description (no metadata entry 'semblance')"),
        (GRAPH + metadata_entry("other", "{}"), "it has no description"),
        (GRAPH + metadata_entry("semblance", "{}") * 2, "it has two descriptions"),
        (GRAPH + metadata_entry("semblance", "\ud800"), "not UTF-8"),
        (GRAPH + metadata_entry("semblance", "{}")[:-1], "truncated"),
        (GRAPH + metadata_entry("semblance", " " * (9 << 20)), "too long"),
        (GRAPH + b"\x08\x01" * 100_001, "too many fields"),
        (bytes([7 << 3 | 2, 100]), "truncated"),
    ],
)
def test_a_file_that_is_no_model_says_why(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "x.onnx").write_bytes(data)
    with pytest.raises(ModelError) as caught:
        read_spec(tmp_path / "x.onnx")
    assert words in caught.value.reason
    assert str(caught.value).startswith(str(tmp_path / "x.onnx"))


@pytest.mark.parametrize("tenths", range(10))
def test_a_truncated_model_is_refused(tiny_model: Path, tenths: int) -> None:
    data = tiny_model.read_bytes()
    tiny_model.write_bytes(data[: len(data) * tenths // 10])
    with pytest.raises(ModelError):
        read_spec(tiny_model)


def test_damaged_models_raise_nothing_else(tiny_model: Path) -> None:
    data = tiny_model.read_bytes()
    random = np.random.default_rng(2)
    refused = 0
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[int(random.integers(len(data)))] = int(random.integers(256))
        tiny_model.write_bytes(damaged)
        try:
            read_spec(tiny_model)
        except ModelError:
            refused += 1
    assert 0 < refused < 300


def test_what_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        read_spec(tmp_path / "gone.onnx")
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ModelError, match="cannot be read"):
        read_spec(tmp_path / "folder.onnx")
    (tmp_path / "x.onnx").write_bytes(GRAPH)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(ModelError, match="no permission"):
        read_spec(tmp_path / "x.onnx")


# The list.


def test_the_models_of_the_folders_are_listed_by_name(model_folder: Path, build_model: Build, tmp_path: Path) -> None:
    other = build_model("another").parent
    found = list_models([model_folder, other, tmp_path / "gone"])
    assert [spec.name for spec in found.models] == ["another", "tiny-two", "vit-tiny-imagenet"]
    assert found.refused == ()


def test_of_two_models_with_one_name_the_first_is_kept(model_folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(model_folder / "tiny-two.onnx", other / "copy.onnx")
    shutil.copy(model_folder / "tiny-two.onnx", model_folder / "zz.onnx")
    found = list_models([model_folder, other])
    assert [spec.path for spec in found.models if spec.name == "tiny-two"] == [model_folder / "tiny-two.onnx"]
    assert [error.path for error in found.refused] == [model_folder / "zz.onnx", other / "copy.onnx"]
    assert all("'tiny-two' is already taken by" in error.reason for error in found.refused)


def test_a_folder_named_twice_is_read_once(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(model_folder, target_is_directory=True)
    found = list_models([model_folder, model_folder, tmp_path / "link"])
    assert len(found.models) == 2
    assert found.refused == ()


def test_bad_models_are_refused_and_the_others_listed(model_folder: Path) -> None:
    (model_folder / "bad.onnx").write_bytes(b"nonsense")
    (model_folder / "notes.txt").write_text("no model")
    (model_folder / ".hidden.onnx").write_bytes(b"nonsense")
    found = list_models([model_folder])
    assert len(found.models) == 2
    assert [error.path.name for error in found.refused] == ["bad.onnx"]


def test_a_file_in_place_of_a_folder_is_refused(tiny_model: Path) -> None:
    assert [error.path for error in list_models([tiny_model]).refused] == [tiny_model]


def test_a_model_is_found_by_name(model_folder: Path) -> None:
    assert find_model(DEFAULT_MODEL, [model_folder]).path == model_folder / "vit-tiny-imagenet.onnx"
    (model_folder / "bad.onnx").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="not an ONNX file"):
        find_model("bad", [model_folder])
    with pytest.raises(UnknownModelError, match="no model is named 'x'; there are: tiny-two, vit-tiny-imagenet"):
        find_model("x", [model_folder])


def test_the_bundled_models_are_whole() -> None:
    found = list_models([bundled_folder()])
    assert found.refused == ()
    assert DEFAULT_MODEL in [spec.name for spec in found.models]


# The file's identity.


def test_the_digest_is_computed_once_for_a_file(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read_spec(tiny_model).sha256
    again = read_spec(tiny_model)
    monkeypatch.setattr(builtins, "open", lambda *_, **__: pytest.fail("it was read again"))
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("it was read again"))
    assert again.sha256 == first


def test_another_file_in_the_same_place_is_another_model(tiny_model: Path, build_model: Build) -> None:
    spec, late = read_spec(tiny_model), read_spec(tiny_model)
    digest = spec.sha256
    shutil.copy(build_model("tiny", seed=9), tiny_model)
    assert spec.sha256 == digest  # what was described, whatever lies there now
    with pytest.raises(ModelError, match="has changed since the models were listed"):
        _ = late.sha256
    assert read_spec(tiny_model).sha256 not in (digest, "")
    tiny_model.unlink()
    with pytest.raises(ModelError, match="does not exist"):
        _ = replace(late).sha256
