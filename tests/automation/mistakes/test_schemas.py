"""The JSON Schemas that editors use, and what `invoke explain` says of each key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from automation.configuration import MODELS
from automation.schemas.documents import profiles_schema, schemas, stack_schema
from automation.schemas.explain import explain
from automation.schemas.lines import FOLDER, schema_line, schema_of
from automation.stack_files import AWS_KEYS
from shared.errors import UsageError
from shared.layers import LAYERS, ROOT
from shared.yaml_files import EngineLoader, parsed
from tests.automation.mistakes.test_files import MISTAKES
from tests.configuration import write_sandbox

FILES = sorted(
    file.relative_to(ROOT).as_posix()
    for pattern in ("Pulumi.*.yaml", "Pulumi.*.yaml.example")
    for file in (ROOT / "stacks").glob(f"*/{pattern}")
)


def wrong(schema: Mapping[str, Any], document: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]


@pytest.mark.parametrize("name", schemas())
def test_the_files_are_current_and_schemas(name: str) -> None:
    assert (ROOT / FOLDER / name).read_text() == schemas()[name], "make schemas"
    Draft202012Validator.check_schema(json.loads(schemas()[name]))


def test_there_are_no_others() -> None:
    assert {file.name for file in (ROOT / FOLDER).iterdir()} == set(schemas())


@pytest.mark.parametrize("file", FILES)
def test_what_is_there_fits(file: str) -> None:
    layer = file.split("/")[1]
    assert wrong(stack_schema(layer), parsed((ROOT / file).read_text(), file, EngineLoader)) == []


@pytest.mark.parametrize("file", FILES)
def test_each_file_says_its_schema_to_editors(file: str) -> None:
    (line,) = [each for each in (ROOT / file).read_text().splitlines() if "yaml-language-server" in each]
    assert f"{line}\n" == schema_line(file)
    named = ((ROOT / file).parent / line.partition("$schema=")[2]).resolve()
    assert named == ROOT / FOLDER / schema_of(file)
    assert named.is_file()


def test_an_editor_finds_the_schema_of_every_kind_of_file() -> None:
    found = json.loads((ROOT / ".vscode" / "settings.json").read_text())["yaml.schemas"]
    assert {name: set(patterns) for name, patterns in found.items()} == {
        **{f"./{FOLDER}/{layer}.json": {f"stacks/{layer}/Pulumi.*.yaml"} for layer in LAYERS},
        f"./{FOLDER}/profiles.json": {"stacks/accounts/profiles/*.yaml"},
        f"./{FOLDER}/policy.json": {"stacks/policies/environments/*/*.yaml", "stacks/policies/environments/*/*.json"},
    }


def test_the_keys_of_the_provider_are_those_of_its_sdk() -> None:
    source = next((ROOT / ".venv").glob("lib/python*/site-packages/pulumi_aws/config/vars.py")).read_text()
    assert sorted(AWS_KEYS) == sorted({line.split("'")[1] for line in source.splitlines() if "__config__.get" in line})


FOUND = (
    *("config with a slip", "a key at the top", "another layer's key", "no namespace", "a key with a slip"),
    *("a key of AWS's provider", "a key inside", "a switch that is a word", "a switch of YAML 1.1", "text for a list"),
    *("a number for text", "a tag that is a switch", "a region", "no region", "a word that is not there"),
    *("a required key with a slip", "actions that are text"),
)
"""Mistakes that an editor shows while a person types."""


@pytest.mark.parametrize("name", FOUND)
def test_an_editor_shows_the_mistake(tmp_path: Path, name: str) -> None:
    file, edit, _ = MISTAKES[name]
    before = (write_sandbox(tmp_path) / file).read_text()
    schema = stack_schema(file.split("/")[1])
    assert wrong(schema, parsed(before, file, EngineLoader)) == []
    assert wrong(schema, parsed(edit(before), file, EngineLoader))


def test_what_is_encrypted_fits() -> None:
    secret = {"secure": "v1:q83vq83vq83vq83v:q83v"}
    config = {"aws:region": "us-west-2", "accounts:name": "A", "accounts:email": secret, "accounts:tags": {"A": secret}}
    config["accounts:organizationalUnit"] = "A"
    assert wrong(stack_schema("accounts"), {"config": config}) == []
    assert wrong(stack_schema("accounts"), {"config": {**config, "accounts:email": {"secret": "x"}}})


def test_a_profile_may_take_away_what_is_inherited() -> None:
    good = {
        "/": {"tags": {"A": "b"}, "budget": {"emails": ["a@example.com"]}},
        "A": {"budget": None},
        "B": None,
    }
    assert wrong(profiles_schema(), good) == []
    assert wrong(profiles_schema(), {"A": {"email": "a@example.com"}})


def keys(schema: Mapping[str, Any], prefix: str, whole: Mapping[str, Any]) -> Iterator[str]:
    for name, each in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path
        for kind in [each, *each.get("anyOf", [])]:
            if "$ref" in kind and not kind["$ref"].endswith("/Encrypted"):
                yield from keys(whole["$defs"][kind["$ref"].rpartition("/")[2]], f"{path}.", whole)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_key_is_explained(layer: str) -> None:
    whole = stack_schema(layer)
    for path in keys(whole["properties"]["config"], "", whole):
        if path.startswith(f"{layer}:"):
            said = explain(path)
            assert said.startswith(f"{path}\n  meaning   "), said
            assert "\n  type      " in said
            assert f"\n  files     stacks/{layer}/" in said
    listed = [line.split()[0] for line in explain(layer).splitlines()]
    assert listed == [f"{layer}:{field.alias}" for field in MODELS[layer].model_fields.values()]


def test_what_is_said_of_a_key() -> None:
    assert explain("accounts.regions") == explain("accounts:regions")
    assert explain("accounts:roles.Auditor.sessionHours").splitlines()[1:] == [
        "  meaning   how long a session may be, 1 to 12 hours; AWS's own default is 1",
        "  type      a whole number or null",
        "  default   null",
        "  allowed   at least 1, at most 12",
        "  files     stacks/accounts/Pulumi.ENV.ACCOUNT.yaml, stacks/accounts/profiles/ENV.yaml",
    ]
    assert "default   none: it is required" in explain("accounts:email")
    assert "default   {minimumLength: 14, reusePrevention: 24, maxAgeDays: 90}" in explain("identity:passwordPolicy")
    assert "allowed   create, lookup" in explain("org:mode")
    assert "files     every stack's" in explain("aws:region")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("ogr:mode", "'ogr:mode' is no key; allowed: LAYER:KEY, with one of .*; did you mean org?"),
        ("org:protct", "there is no key org:protct; did you mean org:protect?; there are: "),
        ("accounts:budget.amount", "there is no key accounts:budget.amount; there are: monthlyAmount, "),
        ("", "'' is no key; allowed: LAYER:KEY"),
    ],
)
def test_a_key_that_is_not_there(key: str, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        explain(key)
