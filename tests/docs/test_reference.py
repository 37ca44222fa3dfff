"""The pages that are made from the code are those of this code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tasks
from automation.schemas.explain import explain, keys
from docs_site import reference
from shared.layers import LAYERS, ROOT

DOCUMENTS = reference.documents()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_page_is_current(name: str) -> None:
    assert (ROOT / name).read_text() == DOCUMENTS[name], "make reference"


def test_no_page_is_left_over() -> None:
    found = {str(file.relative_to(ROOT)) for file in (ROOT / reference.FOLDER).iterdir()}
    assert found == {name for name in DOCUMENTS if name.startswith(reference.FOLDER)}


def test_every_command_is_there_with_what_must_be_given() -> None:
    text = reference.commands()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == sorted(tasks.namespace.task_names)
    assert "\ninvoke add-account NAME OU [options]\n" in text
    assert "\ninvoke sandbox.stop [options]\n" in text
    assert "\ninvoke sandbox.env\n" in text
    assert "| `--env` | `sandbox` | the environment, as in Pulumi.&lt;environment>.yaml |" in text


@pytest.mark.parametrize("layer", LAYERS)
def test_every_key_is_there_with_what_explain_says(layer: str) -> None:
    text, found = reference.settings(layer), list(keys(layer))
    assert len(found) == text.count(f"\n| `{layer}:")
    assert len({key.path for key in found}) == len(found)
    for key in found:
        assert f"| `{key.path}` |" in text
        lines = explain(key.path.replace("[]", ".0")).splitlines()
        assert f"  type      {key.type}" in lines, key.path
        assert (f"  default   {key.default}" in lines) == (key.default is not None), key.path
        assert ("  default   none: it is required" in lines) == key.required, key.path


def test_the_keys_below_a_key_are_there() -> None:
    paths = {key.path for key in keys("accounts")}
    assert {"accounts:budget.monthlyAmount", "accounts:roles.KEY.sessionHours"} <= paths
    assert "org:organizationalUnits[].key" in {key.path for key in keys("org")}


def test_every_component_is_there() -> None:
    text = reference.components()
    tokens = set()
    for file in (ROOT / "stacks").rglob("*.py"):
        tokens.update(re.findall(r'super\(\).__init__\(\s*"(\w+:\w+)"', file.read_text()))
    assert len(tokens) > 10
    assert set(re.findall(r"`aws-organization:([^`]+)`", text)) == tokens


def test_inputs_have_their_meanings(tmp_path: Path) -> None:
    code = (
        "class AArgs:\n    x: int | None\n    '''what it\n    is'''\n    y: str\n\n\n"
        "class A(Component):\n    '''One.\n\n    Two.'''\n\n"
        "    def __init__(self, name: str, args: AArgs) -> None:\n        super().__init__('org:A', name)\n"
    )
    (tmp_path / "a.py").write_text(code)
    classes = reference._classes(tmp_path)
    found = reference._read(classes["A"][0], classes)
    assert found == reference._Component(
        "A", "org:A", "One.\n\nTwo.", [("x", "int | None", "what it is"), ("y", "str", "")]
    )
    assert reference._read(classes["AArgs"][0], classes) is None
