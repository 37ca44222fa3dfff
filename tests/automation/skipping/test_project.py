"""What makes a stack be run each time: settings with which its engine reads more than its inputs."""

import os
from pathlib import Path

import pytest

from automation.skipping.project import always_run
from shared.layers import ROOT, StackId, discover

ORG = StackId("org", "sandbox")

PROJECT = "name: org\nruntime:\n  name: python\n  options:\n    virtualenv: ../../.venv\n"
FILE = "config:\n  org:region: eu-west-1\n"


@pytest.fixture(autouse=True)
def no_options(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PULUMI_"):
            monkeypatch.delenv(name)


def reasons(root: Path, project: str = "", own: str = "") -> list[str]:
    """Why a stack whose files end like that is run each time."""
    folder = ORG.folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(PROJECT + project)
    ORG.config_file(root).write_text(FILE + own)
    return always_run(ORG, root)


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        ("options:\n  refresh: always\n", "options.refresh"),
        ("options: {'refresh': \"always\"}\n", "options.refresh"),
        ("main: program\n", "main"),
        ("main: ../other\n", "main"),
        ("stackConfigDir: config\n", "stackConfigDir"),
        ("config: elsewhere\n", "config"),
        ("plugins:\n  providers:\n    - name: aws\n      path: ../bin\n", "plugins"),
        ("packages:\n  own: ../own\n", "packages"),
        ("packages:\n  own:\n    source: /usr/lib/own\n", "packages"),
    ],
)
def test_settings_of_a_project(tmp_path: Path, project: str, expected: str) -> None:
    assert reasons(tmp_path, project) == [f"{expected} in Pulumi.yaml"]


@pytest.mark.parametrize(
    "project",
    [
        "",
        "description: x\n",
        "main: .\n",
        "main: ''\n",
        "stackConfigDir: ./\n",
        "config:\n  org:region:\n    default: eu-west-1\n",
        "options:\n  refresh: never\n",
        "options:\n",
        "plugins: {}\n",
        "packages:\n  random: random@4.0.0\n",
        "packages:\n  random:\n    source: random\n    version: 4.0.0\n",
        "requiredPulumiVersion: '>=3.0.0'\n",
        "backend:\n  url: s3://bucket\n",
    ],
)
def test_settings_that_say_nothing_of_it(tmp_path: Path, project: str) -> None:
    assert reasons(tmp_path, project) == []


@pytest.mark.parametrize("own", ["environment:\n  - org/shared\n", "environment:\n  values: {}\n  imports: [x]\n"])
def test_values_from_elsewhere(tmp_path: Path, own: str) -> None:
    assert reasons(tmp_path, own=own) == ["environment in Pulumi.sandbox.yaml"]


@pytest.mark.parametrize("own", ["", "environment:\n", "encryptionsalt: v1:x\n", "  org:environment: x\n"])
def test_a_stack_s_own_file(tmp_path: Path, own: str) -> None:
    assert reasons(tmp_path, own=own) == []


@pytest.mark.parametrize(
    ("value", "project", "expected"),
    [
        ("true", "", ["the variable PULUMI_OPTION_REFRESH"]),
        ("1", "", ["the variable PULUMI_OPTION_REFRESH"]),
        ("what", "", ["the variable PULUMI_OPTION_REFRESH"]),
        ("false", "", []),
        ("", "", []),
        ("0", "options:\n  refresh: always\n", []),
        ("", "options:\n  refresh: always\n", ["options.refresh in Pulumi.yaml"]),
        ("true", "options:\n  refresh: always\n", ["the variable PULUMI_OPTION_REFRESH"]),
    ],
)
def test_the_variable_comes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, project: str, expected: list[str]
) -> None:
    monkeypatch.setenv("PULUMI_OPTION_REFRESH", value)
    assert reasons(tmp_path, project) == expected


@pytest.mark.parametrize(
    "name",
    ["PULUMI_OPTION_REPLACE", "PULUMI_DEBUG_PROVIDERS", "PULUMI_OPTION_CONFIG_FILE", "PULUMI_OPTION_POLICY_PACK"],
)
def test_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")
    assert reasons(tmp_path) == [f"the variable {name}"]
    monkeypatch.setenv(name, "")
    assert reasons(tmp_path) == []


@pytest.mark.parametrize("text", ["a: [", "- a\n", "text", "\x00"])
def test_a_file_that_cannot_be_read_is_a_reason(tmp_path: Path, text: str) -> None:
    reasons(tmp_path)
    (ORG.folder(tmp_path) / "Pulumi.yaml").write_text(text)
    ORG.config_file(tmp_path).write_bytes(b"\xff")
    assert always_run(ORG, tmp_path) == ["Pulumi.yaml cannot be read", "Pulumi.sandbox.yaml cannot be read"]


def test_a_file_that_is_missing_is_a_reason(tmp_path: Path) -> None:
    assert len(always_run(ORG, tmp_path)) == 2


def test_none_of_this_repository_s_stacks_is_run_each_time() -> None:
    assert [always_run(stack, ROOT) for stack in discover("sandbox", ROOT)] == [[]] * len(discover("sandbox", ROOT))
