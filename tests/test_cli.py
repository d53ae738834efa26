"""The command line as a person or a script meets it: words in, JSON and one clear line of trouble out."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import main
from engine.commands.arguments import split_command
from engine.vector_store import StoreAddress
from tests.conftest import both_stores, draw_photo
from tests.test_docs import fields_of, section_of

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Ran:
    """What a command printed and returned."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.status == 0, self.err
        return json.loads(self.out)


Cli = Callable[..., Ran]


@pytest.fixture
def cli(
    data_dir: Path,
    model_folder: Path,
    store_address: StoreAddress | None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Cli:
    """Runs a command in this process with tiny models only."""
    monkeypatch.setattr("engine.commands.answer.bundled_folder", lambda: model_folder)
    monkeypatch.setenv("SEMBLANCE_DATA", str(data_dir))

    def run(*words: object) -> Ran:
        capsys.readouterr()
        where = [] if store_address is None else ["--store", store_address]
        status = main.run([str(word) for word in (*words, *where)])
        out, err = capsys.readouterr()
        return Ran(status, out, err)

    return run


@both_stores
def test_index_reports_every_documented_field_and_embeds_nothing_twice(cli: Cli, photo_folder: Path) -> None:
    (photo_folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    first = cli("index", photo_folder, "--json").json
    assert set(first) == {
        *("library", "model", "images", "embedded", "unchanged", "removed"),
        *("skipped", "seconds", "images_per_second"),
    }
    assert first["library"] == str(photo_folder.resolve())
    assert first["model"] == "vit-tiny-imagenet"
    assert (first["images"], first["embedded"], first["unchanged"], first["removed"]) == (24, 24, 0, 0)
    assert [item["path"] for item in first["skipped"]] == ["broken.jpg"]
    assert first["skipped"][0]["reason"]
    (photo_folder / "red" / "0.jpg").unlink()
    second = cli("index", photo_folder, "--json").json
    assert (second["images"], second["embedded"], second["unchanged"], second["removed"]) == (23, 0, 23, 1)
    assert fields_of(first) - {"path", "reason"} <= documented("index")


def test_index_without_json_is_one_line_and_the_skipped_files(cli: Cli, photo_folder: Path) -> None:
    (photo_folder / "empty.png").touch()
    lines = cli("index", photo_folder).out.splitlines()
    assert len(lines) == 2
    assert "24 embedded" in lines[0]
    assert lines[1].startswith("skipped empty.png: ")


@both_stores
def test_search_ranks_the_others_and_says_of_what(cli: Cli, photo_folder: Path, store_kind: str) -> None:
    cli("index", photo_folder)
    found = cli("search", photo_folder, photo_folder / "blue" / "0.jpg", "-k", 5, "--json").json
    assert set(found) == {"query", "library", "model", "metric", "library_size", "results", "approximate"}
    assert found["approximate"] is (store_kind == "milvus")
    assert found["query"] == str(photo_folder / "blue" / "0.jpg")
    assert (found["metric"], found["library_size"]) == ("cosine", 24)
    assert [result["rank"] for result in found["results"]] == [1, 2, 3, 4, 5]
    distances = [result["distance"] for result in found["results"]]
    assert distances == sorted(distances)
    assert "blue/0.jpg" not in [result["path"] for result in found["results"]]
    assert fields_of(found) <= documented("search")


def test_k_zero_gives_all_and_k_beyond_the_library_too(cli: Cli, photo_folder: Path) -> None:
    query = photo_folder / "blue" / "0.jpg"
    everything = cli("search", photo_folder, query, "-k", 0, "--json").json["results"]
    assert len(everything) == 23
    assert cli("search", photo_folder, query, "-k", 1000, "--json").json["results"] == everything


def test_search_indexes_a_library_that_was_never_seen(cli: Cli, photo_folder: Path) -> None:
    assert cli("search", photo_folder, photo_folder / "red" / "1.jpg", "--json").json["library_size"] == 24


def test_an_image_from_elsewhere_is_compared_with_all(cli: Cli, photo_folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes((photo_folder / "green" / "5.png").read_bytes())
    found = cli("search", photo_folder, outside, "-k", 0, "--json").json
    assert len(found["results"]) == 24
    assert found["results"][0]["path"] == "green/5.png"
    assert found["results"][0]["distance"] < 1e-6


@both_stores
def test_an_edited_photo_is_searched_with_as_it_is_now(cli: Cli, photo_folder: Path) -> None:
    cli("index", photo_folder)
    query = photo_folder / "blue" / "0.jpg"
    query.write_bytes((photo_folder / "yellow" / "0.jpg").read_bytes())
    os.utime(query, ns=(1, 1))
    assert cli("search", photo_folder, query, "-k", 1, "--json").json["results"][0]["path"] == "yellow/0.jpg"


@both_stores
def test_the_metric_and_the_model_are_those_asked_for(cli: Cli, photo_folder: Path) -> None:
    query = photo_folder / "blue" / "0.jpg"
    euclidean = cli("search", photo_folder, query, "--metric", "euclidean", "--json").json
    cosine = cli("search", photo_folder, query, "--json").json
    assert euclidean["metric"] == "euclidean"
    assert max(result["distance"] for result in euclidean["results"]) != max(
        result["distance"] for result in cosine["results"]
    )
    other = cli("search", photo_folder, query, "--model", "tiny-two", "--json").json
    assert (other["model"], other["metric"]) == ("tiny-two", "euclidean"), "the model's own distance is the default"


def test_plain_search_prints_rank_distance_and_path(cli: Cli, photo_folder: Path) -> None:
    query = photo_folder / "blue" / "0.jpg"
    expected = cli("search", photo_folder, query, "-k", 3, "--json").json["results"]
    rows = [line.split("\t") for line in cli("search", photo_folder, query, "-k", 3).out.splitlines()]
    assert [(int(rank), path) for rank, _, path in rows] == [(item["rank"], item["path"]) for item in expected]
    np.testing.assert_allclose([float(row[1]) for row in rows], [item["distance"] for item in expected], atol=1e-6)


def test_models_lists_descriptions_and_names_what_it_refuses(cli: Cli, model_folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "wrong.onnx").write_bytes(b"not a network")
    ran = cli("models", "--models-dir", mine, "--json")
    assert [model["name"] for model in ran.json] == ["tiny-two", "vit-tiny-imagenet"]
    assert [model["default"] for model in ran.json] == [False, True]
    assert len(ran.json[0]["sha256"]) == 64
    assert ran.json[0]["bytes"] == (model_folder / "tiny-two.onnx").stat().st_size
    assert "wrong.onnx" in ran.err
    assert fields_of([{**model, "quality": {}} for model in ran.json]) <= documented("models")


def test_a_model_in_a_folder_of_ones_own_can_be_used(cli: Cli, photo_folder: Path, tiny_model: Path) -> None:
    report = cli("--models-dir", tiny_model.parent, "index", photo_folder, "--model", "tiny", "--json").json
    assert (report["model"], report["embedded"]) == ("tiny", 24)


def test_libraries_are_listed_forgotten_and_compacted(cli: Cli, photo_folder: Path) -> None:
    cli("index", photo_folder)
    rows = cli("libraries", "--json").json
    assert [row["root"] for row in rows] == [str(photo_folder.resolve())]
    assert rows[0]["images"] == 24
    assert set(rows[0]) <= documented("libraries")
    assert cli("libraries", "--forget", photo_folder, "--json").json == {"forgotten": str(photo_folder.resolve())}
    assert cli("libraries", "--json").json == []
    assert cli("libraries", "--compact", "--json").json["freed"] > 0
    assert cli("libraries", "--forget", photo_folder).status == main.WRONG_USE


def test_the_environment_and_the_option_say_where_the_index_lies(
    cli: Cli, photo_folder: Path, data_dir: Path, tmp_path: Path
) -> None:
    cli("index", photo_folder)
    assert any(data_dir.iterdir())
    other = tmp_path / "other"
    assert cli("--data-dir", other, "libraries", "--json").json == [], "the option goes before the environment"
    assert other.is_dir()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["search", "FOLDER"], "IMAGE"),
        (["index"], "FOLDER"),
        (["index", "FOLDER", "--modell", "x"], "--modell"),
        (["index", "FOLDER", "--model", "none-such"], "tiny-two"),
        (["search", "FOLDER", "x.jpg", "-k", "-1"], "below 0"),
        (["search", "FOLDER", "x.jpg", "-k", "many"], "many"),
        (["search", "FOLDER", "x.jpg", "--metric", "taxicab"], "taxicab"),
        (["models", "--models-dir", "FOLDER/none"], "no such folder"),
        (["libraries", "--forget", "FOLDER/none"], "no library"),
        (["FOLDER/none"], "no such folder"),
        (["export", "FOLDER", "--queries", "all"], "--out"),
        (["export", "FOLDER", "--queries", "all", "--out", "x", "--format", "docx"], "docx"),
        (["evaluate", "FOLDER", "--queries", "FOLDER/none"], "no such folder"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(cli: Cli, photo_folder: Path, words: list[str], part: str) -> None:
    ran = cli(*(word.replace("FOLDER", str(photo_folder)) for word in words))
    assert ran.status == 2
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert part in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ["index", "FOLDER/none"],
        ["search", "FOLDER/none", "x.jpg"],
        ["search", "FOLDER", "FOLDER/none.jpg"],
        ["search", "FOLDER", "FOLDER/text.jpg"],
        ["open", "FOLDER/none.json"],
        ["open", "FOLDER/text.jpg"],
    ],
)
def test_what_fails_is_one_line_and_status_1(cli: Cli, photo_folder: Path, words: list[str]) -> None:
    (photo_folder / "text.jpg").write_text("no image")
    ran = cli(*(word.replace("FOLDER", str(photo_folder)) for word in words))
    assert ran.status == 1
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert "Traceback" not in ran.err


def test_a_folder_without_photos_cannot_be_searched(cli: Cli, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert cli("index", empty, "--json").json["images"] == 0
    picture = tmp_path / "picture.png"
    draw_photo("red", 1).save(picture)
    ran = cli("search", empty, picture)
    assert ran.status == 1
    assert "no photo" in ran.err


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["index", "x"], ("index", ["x"])),
        (["--data-dir", "d", "index", "x"], ("index", ["--data-dir", "d", "x"])),
        (["--data-dir=d", "search", "x", "y"], ("search", ["--data-dir=d", "x", "y"])),
        (["--data-dir", "index", "x"], (None, ["--data-dir", "index", "x"])),
        (["./index"], (None, ["./index"])),
        (["--", "index"], (None, ["--", "index"])),
        (["x", "index"], (None, ["x", "index"])),
        ([], (None, [])),
    ],
)
def test_a_command_is_the_first_word_and_a_folder_of_its_name_can_be_opened(
    argv: list[str], expected: tuple[str | None, list[str]]
) -> None:
    assert split_command(argv) == expected


def test_the_window_gets_the_folder_and_the_places(
    cli: Cli, tmp_path: Path, data_dir: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []
    monkeypatch.setattr("gui.app.run", lambda *given, store: called.append((*given, store)) or 7)
    (tmp_path / "index").mkdir()
    monkeypatch.chdir(tmp_path)
    assert cli("./index", "--provider", "cpu").status == 7
    assert cli().status == 7
    assert called[0][:4] == (Path("index"), data_dir, [model_folder, data_dir / "models"], "cpu")
    assert called[1][0] is None
    assert cli("./index", "--store", "milvus://archive:1/photos").status == 7
    assert [given[-1] for given in called] == [None, None, StoreAddress("milvus", "archive", 1, "photos")]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the file system takes no bytes that are no UTF-8")
def test_names_that_are_no_utf8_come_through(cli: Cli, photo_folder: Path, data_dir: Path, model_folder: Path) -> None:
    strange = os.fsdecode(b"caf\xe9 \n\xff.png")
    draw_photo("blue", 500).save(photo_folder / strange)
    query = photo_folder / "blue" / "0.jpg"
    found = cli("search", photo_folder, query, "-k", 0, "--json")
    assert found.out.isascii()
    assert strange in [result["path"] for result in found.json["results"]]
    program = [sys.executable, str(ROOT / "main.py"), "--data-dir", str(data_dir), "--models-dir", str(model_folder)]
    command = [*program, "search", str(photo_folder), str(query), "-k", "0", "--model", "tiny-two"]
    plain = subprocess.run(command, capture_output=True, check=True)
    assert b"caf\xe9 \n\xff.png" in plain.stdout


def test_a_terminal_gets_control_characters_spelled_out() -> None:
    assert main.printable("a\nb\x1b[2Jc\u202e é 猫") == "a\\nb\\x1b[2Jc\\u202e é 猫"


def program(data_dir: Path, model_folder: Path, *words: object) -> list[str]:
    places = ["--data-dir", str(data_dir), "--models-dir", str(model_folder)]
    return [sys.executable, str(ROOT / "main.py"), *map(str, words), *places]


def test_a_reader_that_goes_away_is_no_traceback(photo_folder: Path, data_dir: Path, model_folder: Path) -> None:
    command = program(data_dir, model_folder, "search", photo_folder, photo_folder / "red" / "0.jpg", "-k", "0")
    process = subprocess.Popen([*command, "--model", "tiny-two"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 1
    assert b"Traceback" not in error
    assert b"BrokenPipe" not in error


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_an_index_cleanly_and_the_next_run_goes_on(
    tmp_path: Path, data_dir: Path, model_folder: Path
) -> None:
    photos = tmp_path / "many"
    photos.mkdir()
    for seed in range(400):
        draw_photo("red", seed).save(photos / f"{seed:04d}.png", compress_level=1)
    command = program(data_dir, model_folder, "index", photos, "--model", "tiny-two", "--json")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not any(data_dir.glob("**/*.db*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    if process.returncode == 0:  # a very fast machine was done before the signal came
        assert json.loads(out)["embedded"] == 400
        return
    assert process.returncode == main.INTERRUPTED
    assert out == b""
    assert err.decode().splitlines()[-1] == "semblance: interrupted; what was done is kept"
    assert b"Traceback" not in err
    again = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(again.stdout)["images"] == 400


def test_help_and_version_answer_without_the_heavy_parts() -> None:
    code = (
        "import sys, main\n"
        "try: main.main(['index', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'onnxruntime', 'PIL', 'PySide6', 'torch'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "FOLDER" in ran.stdout


def documented(command: str) -> set[str]:
    """Every word in backquotes in a command's section of docs/cli.md."""
    return {word for part in section_of(command).split("`")[1::2] for word in part.split()}
