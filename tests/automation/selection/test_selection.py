"""Which stacks a run works on, and how they are drawn."""

import json

import pytest

from automation.reporting.graphs import as_json, as_text
from automation.reporting.reading import as_reading
from automation.selection.choose import choose, named, select, sharded
from shared.errors import LayerError, UsageError
from shared.layers import StackId

STACKS = [
    StackId("org", "sandbox"),
    StackId("identity", "sandbox"),
    StackId("policies", "sandbox"),
    StackId("accounts", "sandbox", "dev-one"),
    StackId("accounts", "sandbox", "dev-two"),
    StackId("accounts", "sandbox", "test"),
]


@pytest.mark.parametrize(
    ("only", "layers", "expected"),
    [
        ([], [], ["org", "identity", "policies", "accounts/dev-one", "accounts/dev-two", "accounts/test"]),
        (["accounts/dev*"], [], ["accounts/dev-one", "accounts/dev-two"]),
        (["org", "*test"], [], ["org", "accounts/test"]),
        ([], ["policies", "org"], ["org", "policies"]),
        (["*one"], ["accounts"], ["accounts/dev-one"]),
    ],
)
def test_select(only: list[str], layers: list[str], expected: list[str]) -> None:
    assert [stack.label for stack in select(STACKS, only, layers)] == expected


@pytest.mark.parametrize(
    ("only", "layers", "message"),
    [
        (["nope"], [], "no stack fits 'nope'; there are: org, identity, policies, accounts/dev-one"),
        (["org", "nope"], [], "no stack fits 'nope'"),
        (["org"], ["accounts"], "no stack fits 'org'; there are: accounts/dev-one, accounts/dev-two, accounts/test"),
        ([], ["nope"], "no layer is called 'nope'; there are: org, identity, policies, accounts"),
    ],
)
def test_select_refuses_what_fits_nothing(only: list[str], layers: list[str], message: str) -> None:
    with pytest.raises(LayerError) as caught:
        select(STACKS, only, layers)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("only", "dependents", "dependencies", "expected"),
    [
        ("identity", False, False, ["identity"]),
        ("identity", True, False, ["identity", "accounts/dev-one", "accounts/dev-two", "accounts/test"]),
        ("identity", False, True, ["org", "identity"]),
        ("accounts/test", False, True, ["org", "identity", "policies", "accounts/test"]),
        ("accounts/test", True, False, ["accounts/test"]),
        ("org", True, False, [stack.label for stack in STACKS]),
        # What reads the chosen ones, and not all that those read.
        ("policies", True, True, ["org", "policies", "accounts/dev-one", "accounts/dev-two", "accounts/test"]),
    ],
)
def test_dependents_and_dependencies(only: str, dependents: bool, dependencies: bool, expected: list[str]) -> None:
    chosen = choose(STACKS, only=[only], with_dependents=dependents, with_dependencies=dependencies)
    assert [stack.label for stack in chosen] == expected


def test_named() -> None:
    assert [stack.label for stack in named(STACKS, "org")] == ["org"]
    assert [stack.label for stack in named(STACKS, "accounts/test")] == ["accounts/test"]
    assert len(named(STACKS, "accounts")) == 3
    with pytest.raises(LayerError, match="'test'; did you mean accounts/test\\?; there are: org, "):
        named(STACKS, "test")


def test_graph_as_text() -> None:
    lines = as_text(STACKS).splitlines()
    assert [line.split()[0] for line in lines] == [stack.label for stack in STACKS]
    assert "←" not in lines[0]
    assert lines[5].endswith("← org, identity, policies")
    # What a stack reads is what it reads, whatever else is shown.
    assert as_text(STACKS[5:]).split() == lines[5].split()


def test_what_is_read_and_the_order_of_destruction() -> None:
    lines = as_reading(STACKS).splitlines()
    assert lines[0] == "org reads no other layer"
    assert "accounts reads of org: organizationalUnits, rootId" in lines
    deployed = lines[lines.index("Deployed in this order, side by side what is in one line:") + 1 :][:3]
    assert [line.split(". ")[1].split(",")[0] for line in deployed[:2]] == ["org", "identity"]
    destroyed = lines[lines.index("Destroyed in this order:") + 1 :]
    accounts = ", ".join(sorted(stack.label for stack in STACKS if stack.account))
    assert destroyed == [f"  1. {accounts}", "  2. identity, policies", "  3. org"]
    assert as_reading(STACKS[:1]).splitlines()[-1] == "  1. org"


def test_graph_as_json() -> None:
    listed = json.loads(as_json(STACKS))
    assert [each["label"] for each in listed] == [stack.label for stack in STACKS]
    assert json.loads(as_json(STACKS[5:])) == [
        {
            "label": "accounts/test",
            "stack": "sandbox.test",
            "layer": "accounts",
            "configuration": "stacks/accounts/Pulumi.sandbox.test.yaml",
            "reads": ["org", "identity", "policies"],
        }
    ]
    assert json.loads(as_json([])) == []


def test_shards_are_all_stacks_once() -> None:
    parts = [sharded(STACKS, f"{number}/4") for number in range(1, 5)]
    assert sorted(each for part in parts for each in part) == sorted(STACKS)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert sharded(STACKS, None) == STACKS
    for wrong in ("0/2", "3/2", "1", "1/x", "-1/2"):
        with pytest.raises(UsageError, match=f"--shard is '{wrong}'; allowed"):
            sharded(STACKS, wrong)
