"""What the documents promise: the README's commands, and that docs/cli.md names every command, option and field."""

import argparse
import re
import subprocess
from pathlib import Path

import pytest

from engine.commands.arguments import COMMANDS, build_parser
from engine.evaluate import columns
from engine.export_table import COLUMNS

ROOT = Path(__file__).resolve().parent.parent


def sh_blocks() -> list[list[str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [block.strip().splitlines() for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]


def test_the_first_two_commands_of_the_readme_are_one_line_each() -> None:
    start, check = sh_blocks()[:2]
    assert len(start) == len(check) == 1
    assert "main.py" in start[0]
    assert ".[dev]" in check[0]
    assert "tests/check.py" in check[0]


def test_ci_runs_the_command_that_the_readme_tells() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    program = re.search(r"awk '(.*?)' README.md", script)
    assert program is not None
    found = subprocess.run(["awk", program[1], "README.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == sh_blocks()[1][0]


def test_every_folder_that_the_readme_lists_is_there_and_none_is_missing() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^- `(\w+)/`", text, re.MULTILINE))
    ignored = {line.strip("/\n") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()}
    folders = {item.name for item in ROOT.iterdir() if item.is_dir() and not item.name.startswith(".")}
    assert listed == {name for name in folders - ignored if not name.endswith(".egg-info")}


def test_links_between_the_documents_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
            assert target.startswith("http") or (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_and_its_options_are_documented(name: str) -> None:
    section = section_of(name)
    common = {action.dest for action in build_parser("models")._actions}
    for action in build_parser(name)._actions:
        if action.dest in common - {"json"} or isinstance(action, argparse._HelpAction):
            continue
        words = action.option_strings or [str(action.metavar)]
        if name == "evaluate" and action.dest == "folder":
            words = ["GALLERY"]
        assert any(word in section for word in words), f"{name}: {words}"


@pytest.mark.parametrize(
    "option",
    ["--data-dir", "--models-dir", "--provider", "--verbose", "--store", "--store-token-file", "SEMBLANCE_DATA"],
)
def test_the_common_options_are_documented(option: str) -> None:
    assert f"`{option}" in section_of("Options of every command")


def test_every_measure_and_column_is_documented() -> None:
    evaluate, export = section_of("evaluate"), section_of("export")
    for name in columns():
        assert f"`{re.sub(r'_at_[0-9]+$', '_at_K', name)}`" in evaluate, name
    for name in COLUMNS:
        assert f"`{name}`" in export, name


def section_of(heading: str) -> str:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/cli.md has no section {heading}"
    return found[1]


def fields_of(value: object) -> set[str]:
    """The names of all fields in a JSON value, at any depth."""
    if isinstance(value, list):
        return set().union(*map(fields_of, value))
    if isinstance(value, dict):
        return set(value).union(*map(fields_of, value.values()))
    return set()
