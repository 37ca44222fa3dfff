"""The files that tools and hosts read: each is what its reader takes."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
import yaml

from shared.layers import ROOT

BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.renovate", "renovate.json"),
        ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/bug.yml"),
        ("vendor.github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_a_file_fits_its_schema(schema: str, file: str) -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", schema, str(ROOT / file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hooks_run() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["id"] for hook in local["hooks"]] == ["ruff", "ruff-format", "validate"]
    for hook in local["hooks"]:
        files = ["tasks.py"] if hook.get("pass_filenames", True) else []
        done = subprocess.run([*shlex.split(hook["entry"]), *files], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_oldest_python_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    oldest = (ROOT / ".python-version").read_text().strip()
    assert project["project"]["requires-python"] == f">={oldest}"
    assert project["tool"]["mypy"]["python_version"] == oldest
    assert project["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert f":{oldest}-" in json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())["image"]


def test_the_editor_keeps_the_length_of_lines() -> None:
    length = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["line-length"]
    assert f"max_line_length = {length}" in (ROOT / ".editorconfig").read_text()


def test_the_version_is_the_newest_release_of_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    released = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d{2}-\d{2})", each) for each in headings[1:]]
    assert all(released), headings
    numbers = [tuple(map(int, each.groups()[:3])) for each in released if each]
    assert numbers == sorted(set(numbers), reverse=True)
    dates = [date.fromisoformat(each[4]) for each in released if each]
    assert dates == sorted(dates, reverse=True)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert version == ".".join(map(str, numbers[0]))


def test_a_release_names_each_kind_of_change_once() -> None:
    for release in (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1:]:
        kinds = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert len(kinds) == len(set(kinds)), release.partition("\n")[0]
        assert set(kinds) <= {"To do when you update", "Added", "Changed", "Removed", "Fixed", "Security", "Deprecated"}
