"""What of a state counts when two are compared, each alone: with states as the engine writes them."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from automation.backend.states import State, States
from shared.layers import StackId

ORG = StackId("org", "sandbox")
ACCOUNT = StackId("accounts", "sandbox", "one")

_STACK = "urn:pulumi:sandbox::org::pulumi:pulumi:Stack::org-sandbox"
_PROVIDER = "urn:pulumi:sandbox::org::pulumi:providers:aws::default"
_UNIT = "urn:pulumi:sandbox::org::aws:organizations/organizationalUnit:OrganizationalUnit::unit"
_SECRET = "4dabf18193072939515e22adb298388d"

Latest = dict[str, Any]
Change = Callable[[Latest], object]


def _latest() -> Latest:
    """A stack, its provider and a resource."""
    written = {
        "created": "2026-01-01T00:00:00Z",
        "modified": "2026-01-01T00:00:00Z",
        "sourcePosition": "project:///__main__.py#26",
        "stackTrace": [{"sourcePosition": "project:///../../.venv/lib/pulumi/runtime/stack.py#188"}],
    }
    unit = {
        "urn": _UNIT,
        "custom": True,
        "id": "ou-1",
        "type": "aws:organizations/organizationalUnit:OrganizationalUnit",
        "inputs": {"name": "unit", "word": {_SECRET: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:a:b"}},
        "outputs": {"name": "unit", "arn": "arn:1"},
        "parent": _STACK,
        "provider": f"{_PROVIDER}::0001",
        "dependencies": [_PROVIDER, _STACK],
        "propertyDependencies": {"name": [], "word": [_PROVIDER, _STACK]},
        **written,
    }
    return {
        "manifest": {"time": "2026-01-01T00:00:00Z", "magic": "x", "version": "3.274.1"},
        "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:a"}},
        "resources": [
            {"urn": _STACK, "custom": False, "type": "pulumi:pulumi:Stack", "outputs": {"a": 1, "b": 2}, **written},
            {"urn": _PROVIDER, "custom": True, "id": "0001", "type": "pulumi:providers:aws", "inputs": {}, **written},
            unit,
        ],
        "metadata": {},
    }


def _read(latest: Latest, stack: StackId = ORG) -> State:
    found = States("s3://bucket", lambda _stack: {"version": 3, "deployment": latest}).of(stack)
    assert found
    return found


def _changed(change: Change) -> Latest:
    latest = copy.deepcopy(_latest())
    change(latest)
    return latest


def _set(name: str, value: Any, position: int = 2) -> Change:
    return lambda latest: latest["resources"][position].__setitem__(name, value)


COUNTS: dict[str, Change] = {
    "protection": _set("protect", True),
    "an id": _set("id", "ou-2"),
    "an input": lambda latest: latest["resources"][2]["inputs"].update(name="other"),
    "an input that went": lambda latest: latest["resources"][2]["inputs"].pop("name"),
    "an output": lambda latest: latest["resources"][2]["outputs"].update(arn="arn:2"),
    "a secret": lambda latest: latest["resources"][2]["inputs"]["word"].update(ciphertext="v1:a:c"),
    "a provider": _set("provider", f"{_PROVIDER}::0002"),
    "a dependency": _set("dependencies", [_STACK]),
    "the dependency of a property": _set("propertyDependencies", {"name": [_STACK], "word": [_PROVIDER, _STACK]}),
    "a parent": _set("parent", ""),
    "a flag to be deleted": _set("delete", True),
    "a replacement that is pending": _set("pendingReplacement", True),
    "that it is kept when deleted": _set("retainOnDelete", True),
    "with what it is deleted": _set("deletedWith", _STACK),
    "with what it is replaced": _set("replaceWith", [_STACK]),
    "a taint": _set("taint", True),
    "who manages it": _set("external", True),
    "an error of its creation": _set("initErrors", ["x"]),
    "the id of its import": _set("importID", "ou-1"),
    "a time limit": _set("customTimeouts", {"create": 60}),
    "what is ignored": _set("ignoreChanges", ["name"]),
    "a hook": _set("resourceHooks", {"afterCreate": ["x"]}),
    "a former name": _set("aliases", ["urn:x"]),
    "a secret output": _set("additionalSecretOutputs", ["arn"]),
    "whether it is read first": _set("refreshBeforeUpdate", True),
    "a field of a later engine": _set("new", 1),
    "a name": _set("urn", f"{_UNIT}2"),
    "an output of the stack": _set("outputs", {"a": 1, "b": 3}, 0),
    "a resource less": lambda latest: latest["resources"].pop(),
    "a resource more": lambda latest: latest["resources"].append({"urn": f"{_UNIT}2"}),
    "the same resource once more": lambda latest: latest["resources"].append(latest["resources"][2]),
    "a pending operation": lambda latest: latest.update(
        pending_operations=[{"resource": latest["resources"][2], "type": "creating"}]
    ),
    "the way of encryption": lambda latest: latest["secrets_providers"].update(type="cloud"),
    "a damage": lambda latest: latest.update(metadata={"integrity_error": {"version": "3"}}),
    "a snippet": lambda latest: latest.update(snippets=[{"id": "x"}]),
}


@pytest.mark.parametrize("what", COUNTS)
def test_each_thing_that_a_later_update_reads_counts(what: str) -> None:
    assert _read(_changed(COUNTS[what])).whole != _read(_latest()).whole


def test_what_is_pending_counts() -> None:
    def pending(kind: str, identity: str) -> Latest:
        return {"pending_operations": [{"resource": {"urn": _UNIT, "id": identity}, "type": kind}]}

    states = [pending("creating", "1"), pending("deleting", "1"), pending("creating", "2")]
    assert len({_read(state).whole for state in states}) == 3


def _elsewhere(latest: Latest) -> None:
    for each in latest["resources"]:
        each["modified"] = each["created"] = "2026-02-02T00:00:00Z"
        each["sourcePosition"] = "project:///__main__.py#99"
        each["stackTrace"] = []


DOES_NOT_COUNT: dict[str, Change] = {
    "when, and from where": _elsewhere,
    "the order of resources": lambda latest: latest["resources"].reverse(),
    "the order of dependencies": lambda latest: latest["resources"][2]["dependencies"].reverse(),
    "the order of what a property depends on": lambda latest: latest["resources"][2]["propertyDependencies"][
        "word"
    ].reverse(),
    "the order of names": lambda latest: latest["resources"].append(dict(reversed(latest["resources"].pop().items()))),
    "when the state was written": lambda latest: latest["manifest"].update(time="2026-02-02T00:00:00Z", magic="y"),
    "what makes a key of the passphrase": lambda latest: latest["secrets_providers"].update(state={"salt": "v1:b"}),
    "an empty list": lambda latest: latest.update(pending_operations=[]),
    "a property that depends on nothing": lambda latest: latest["resources"][2]["propertyDependencies"].pop("name"),
    "nothing for metadata": lambda latest: latest.pop("metadata"),
}


@pytest.mark.parametrize("what", DOES_NOT_COUNT)
def test_what_no_update_reads_does_not_count(what: str) -> None:
    assert _read(_changed(DOES_NOT_COUNT[what])) == _read(_latest())


def test_only_outputs_of_the_stack_are_its_outputs() -> None:
    assert _read(_changed(_set("id", "ou-2"))).outputs == _read(_latest()).outputs
    assert _read(_changed(_set("outputs", {"b": 2, "a": 1}, 0))).outputs == _read(_latest()).outputs
    for outputs in ({"a": 1, "b": 3}, {"a": 1}, {"a": "1", "b": 2}, None):
        assert _read(_changed(_set("outputs", outputs, 0))).outputs != _read(_latest()).outputs


def test_no_stack_reads_the_outputs_of_an_account() -> None:
    assert _read(_latest(), ACCOUNT).outputs == ""


def test_a_resource_that_is_read_before_each_update_is_noted() -> None:
    assert not _read(_latest()).refreshed
    assert _read(_changed(_set("refreshBeforeUpdate", True))).refreshed


@pytest.mark.parametrize("stack", [ORG, ACCOUNT], ids=lambda stack: stack.label)
def test_a_file_and_an_export_are_the_same_state(tmp_path: Path, stack: StackId) -> None:
    file = tmp_path / ".pulumi" / "stacks" / stack.project / f"{stack.name}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": 3, "checkpoint": {"stack": "x", "latest": _latest()}}))
    assert States(tmp_path.as_uri(), lambda _stack: pytest.fail("asked")).of(stack) == _read(_latest(), stack)
    file.write_text(file.read_text()[:-20])
    damaged = States(tmp_path.as_uri(), lambda _stack: pytest.fail("asked")).of(stack)
    assert damaged
    assert damaged.whole != _read(_latest(), stack).whole


def test_a_stack_without_a_state_is_none_and_one_without_resources_is_not() -> None:
    assert States("s3://bucket", lambda _stack: None).of(ORG) is None
    assert _read({}) == _read({"manifest": {"version": "3.0.0"}, "resources": []})
