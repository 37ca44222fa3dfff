"""A contract between layers only grows while somebody reads it, and what breaks a reader says whom."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import Field, create_model

from shared.stack_outputs import BackupTargetSpec, IdentityOutputs, OrgOutputs, StackOutputs
from tests.shared.contracts import __main__ as command
from tests.shared.contracts.comparison import (
    CONTRACTS,
    FILE,
    all_readers,
    breaks,
    contract_of,
    record,
    recorded,
)
from tests.shared.contracts.readers import readers_of

RECORDED, READERS = recorded(), all_readers()


@pytest.mark.parametrize("model", CONTRACTS, ids=lambda model: model.layer)
def test_no_change_breaks_a_reader(model: type[StackOutputs]) -> None:
    assert breaks(RECORDED[model.layer], contract_of(model), READERS[model.layer]) == []


def test_the_contracts_are_recorded_as_they_are() -> None:
    assert record([contract_of(model) for model in CONTRACTS], READERS) == FILE.read_text(), "run `make contracts`"


def test_every_output_has_a_reader() -> None:
    unread = {(model.layer, name) for model in CONTRACTS for name in contract_of(model).outputs} - {
        (layer, name) for layer, readers in READERS.items() for name in readers
    }
    assert unread == set()


class Before(StackOutputs):
    layer: ClassVar[str] = "identity"
    principals: dict[str, list[str]]
    plan: BackupTargetSpec | None = None
    unread: str


def changed(**fields: Any) -> type[StackOutputs]:
    """`Before` with other fields; None takes one away."""
    kept = {name: (field.annotation, field) for name, field in Before.model_fields.items()}
    given = {name: each for name, each in {**kept, **fields}.items() if each is not None}
    made = create_model("After", __base__=StackOutputs, **given)
    made.layer = "identity"
    return made


class Spec(BackupTargetSpec):
    key: str


class Tolerant(BackupTargetSpec):
    key: str = ""


USED = {"principals": {"accounts": ["stacks/accounts/checks.py"]}, "plan": {"accounts": ["a.py"], "policies": ["b.py"]}}
READ = "and accounts reads it (stacks/accounts/checks.py)"
BOTH = "and accounts reads it (a.py); policies reads it (b.py)"


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({}, []),
        ({"more": (str, "")}, []),
        ({"unread": None}, []),
        ({"plan": (Tolerant | None, None)}, []),
        ({"principals": None}, [f"identity has no output principals any more, {READ}"]),
        (
            {"principals": (dict[str, str], ...)},
            [f"the output principals[] of identity was a list of string and is string, {READ}"],
        ),
        ({"principals": (list[str], ...)}, [f"the output principals of identity was a mapping to a list of string and "
                                            f"is a list of string, {READ}"]),
        ({"principals": (dict[str, list[int]], ...)}, [f"the output principals[][] of identity was string and is "
                                                       f"integer, {READ}"]),
        ({"unread": (int, ...)}, ["the output unread of identity was string and is integer"]),
        ({"plan": (Spec | None, None)}, [f"the output plan.key of identity is new and has no default, {BOTH}"]),
        ({"plan": (BackupTargetSpec, ...)}, [
            f"the output plan of identity was object or null and is object, {BOTH}",
            "the output plan of identity has no default any more, and older deployments do not have it",
        ]),
        ({"more": (str, ...)}, ["the output more of identity is new and has no default: programs that read it could "
                                "not be deployed before identity is"]),
    ],
)  # fmt: skip
def test_what_breaks(fields: dict[str, Any], problems: list[str]) -> None:
    assert breaks(contract_of(Before), contract_of(changed(**fields)), USED) == problems


def test_a_field_of_an_output_that_is_gone_or_renamed_is_found() -> None:
    smaller = create_model("Smaller", region=(str, ...), vaultName=(str, ...), roleName=(str, ...))
    (first, *_) = breaks(contract_of(Before), contract_of(changed(plan=(smaller | None, Field(None)))), {})
    assert first == "the output plan.primaryRegions of identity is gone"


def test_readers_are_found_however_the_outputs_are_selected(tmp_path: Path) -> None:
    folder = tmp_path / "stacks" / "accounts"
    folder.mkdir(parents=True)
    (folder / "__main__.py").write_text(
        "async def main():\n"
        "    org, identity = await read(OrgOutputs), await read(IdentityOutputs)\n"
        "    print(identity.get(lambda o: o.principals), org.known(lambda o: o.root_id), other.get(lambda o: o.x))\n"
    )
    (folder / "component.py").write_text(
        "class Args:\n    identity: Upstream[IdentityOutputs]\n\n"
        "def of(args):\n    return args.identity.known(_needed)\n\n"
        "def _needed(outputs):\n    return outputs.mfa_required\n\n"
        "def region(more: str, outputs: IdentityOutputs) -> str:\n    return outputs.identity_center.region\n"
    )
    main, component = "stacks/accounts/__main__.py", "stacks/accounts/component.py"
    assert readers_of(IdentityOutputs, tmp_path) == {
        "principals": {"accounts": [main]},
        "mfaRequired": {"accounts": [component]},
        "identityCenter": {"accounts": [component]},
    }
    assert readers_of(OrgOutputs, tmp_path) == {"rootId": {"accounts": [main]}}


def test_make_contracts_records_what_may_be_and_refuses_what_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "contracts.json"
    monkeypatch.setattr(command, "FILE", file)
    monkeypatch.setattr(command, "recorded", lambda: recorded(file))
    assert command.main() == 0
    assert file.read_text() == FILE.read_text()
    monkeypatch.setattr(command, "CONTRACTS", (changed(principals=None),))
    assert command.main() == 1
    assert file.read_text() == FILE.read_text()
    said = capsys.readouterr().err
    assert "identity has no output principals any more, and accounts reads it (stacks/accounts/checks.py)" in said
    assert "Export the new output beside the old one" in said
