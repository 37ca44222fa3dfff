"""What holds for the programs of all layers: what they check before the first resource, and what they never say."""

from typing import Any

import pytest

from tests.stacks.harness import refusal, run_program
from tests.stacks.samples import ACCOUNT, IDENTITY, ORG, POLICIES, POLICY_SETTINGS, UPSTREAM

PROGRAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "org": ("sandbox", {"mode": "create", "organizationalUnits": ["Development"]}),
    "identity": ("sandbox", {"users": ["ada"]}),
    "policies": ("sandbox", POLICY_SETTINGS),
    "accounts": ("sandbox.developer", ACCOUNT),
}
"""The stack and the configuration of each layer."""

CALLER = "aws:index/getCallerIdentity:getCallerIdentity"
STRANGER = {CALLER: {"accountId": "999999999999"}}


def refused(layer: str, change: dict[str, Any] | None = None, **options: Any) -> str:
    stack, config = PROGRAMS[layer]
    return refusal(layer, stack, {**config, **(change or {})}, **{"upstream": UPSTREAM, **options})


@pytest.mark.parametrize("layer", ["org", "identity", "policies", "accounts"])
@pytest.mark.parametrize(("region", "shown"), [(None, "None"), ("us-west-9", "'us-west-9'"), ("", "''")])
def test_a_region_that_is_missing_or_wrong_is_refused(layer: str, region: str | None, shown: str) -> None:
    text = refused(layer, region=region)
    assert text.startswith(f"stacks/{layer}/Pulumi.{PROGRAMS[layer][0]}.yaml: aws:region is {shown}; allowed: one of ")
    assert "eu-central-1" in text


@pytest.mark.parametrize("layer", ["identity", "policies", "accounts"])
def test_credentials_of_another_account_are_refused(layer: str) -> None:
    text = refused(layer, calls=STRANGER)
    assert text == (
        "the AWS credentials belong to account 999999999999; this layer works in the management account, "
        "123456789012: sign in there"
    )


@pytest.mark.parametrize("layer", ["identity", "policies", "accounts"])
def test_before_the_organization_exists_nobody_knows_its_account(layer: str) -> None:
    stack, config = PROGRAMS[layer]
    run = run_program(layer, stack, config, preview=True, calls=STRANGER)
    assert len(run.resources) > 5


READ = [
    *[
        (layer, "org", output)
        for layer in ("identity", "policies", "accounts")
        for output in ("organizationId", "managementAccountId", "rootId", "organizationalUnits")
    ],
    *[("accounts", "identity", output) for output in ("principals", "mfaRequired")],
    *[("accounts", "policies", output) for output in ("backup", "tagRules")],
]
"""Who reads which output of whom."""


def without(upstream: str, *outputs: str) -> dict[str, Any]:
    left = {name: value for name, value in UPSTREAM[upstream].items() if name not in outputs}
    return {**UPSTREAM, upstream: left}


@pytest.mark.parametrize(("layer", "upstream", "output"), READ)
def test_one_missing_output_is_named_with_the_command(layer: str, upstream: str, output: str) -> None:
    label = "accounts/developer" if layer == "accounts" else layer
    assert refused(layer, upstream=without(upstream, output)) == (
        f"stack sandbox of layer {upstream} has no output {output}, which {label} needs; "
        f"deploy it first: invoke up {upstream} --env sandbox"
    )


def test_all_missing_outputs_are_named() -> None:
    text = refused("identity", upstream=without("org", "rootId", "managementAccountId"))
    assert "has no output managementAccountId, rootId, which identity needs" in text


@pytest.mark.parametrize(("layer", "upstream", "output"), READ)
def test_a_preview_with_one_missing_output_goes_on(layer: str, upstream: str, output: str) -> None:
    stack, config = PROGRAMS[layer]
    run = run_program(layer, stack, config, upstream=without(upstream, output), preview=True)
    assert len(run.resources) > 5


@pytest.mark.parametrize(
    ("layer", "upstream", "change", "message"),
    [
        ("identity", "org", {"rootId": ["r-root"]}, "rootId: Input should be a valid string"),
        ("policies", "org", {"organizationalUnits": {"A": 7}}, "organizationalUnits.A: Input should be a valid str"),
        ("accounts", "identity", {"principals": {"DeveloperRole": "ada"}}, "principals.DeveloperRole: Input should be"),
        ("accounts", "policies", {"backup": {"Development": {}}}, "backup.Development.vaultName: Field required"),
    ],
)
def test_outputs_of_the_wrong_type_are_refused(layer: str, upstream: str, change: dict[str, Any], message: str) -> None:
    text = refused(layer, upstream={**UPSTREAM, upstream: {**UPSTREAM[upstream], **change}})
    assert text.startswith(f"the outputs of {upstream} are not what ")
    assert message in text


def test_outputs_that_a_newer_program_adds_are_no_problem() -> None:
    newer = {
        "org": {**ORG, "added": 1},
        "identity": {**IDENTITY, "added": 1},
        "policies": {**POLICIES, "added": 1},
    }
    stack, config = PROGRAMS["accounts"]
    assert run_program("accounts", stack, config, upstream=newer).outputs["accountId"] == "210987654321"


CONTACT = {"name": "Ada Lovelace", "title": "CFO", "email": "ada@example.com", "phone": "+1 555 0100"}


@pytest.mark.parametrize(
    ("layer", "change", "hidden", "key"),
    [
        ("accounts", {"email": "Hidden-address"}, "hidden", "accounts:email"),
        ("accounts", {"name": "Hidden" * 9}, "hidden", "accounts:name"),
        ("accounts", {"alias": "Hidden"}, "hidden", "accounts:alias"),
        ("accounts", {"organizationalUnit": "Hidden"}, "hidden", "accounts:organizationalUnit"),
        ("accounts", {"tags": {"CostCenter": "Hidden", "Owner": "x"}}, "hidden", "accounts:tags"),
        ("accounts", {"tags": {"CostCenter": "Hid\\den", "Owner": "x"}}, "hid\\", "accounts:tags"),
        ("accounts", {"tags": {"CostCenter": ["Hidden"]}}, "hidden", "accounts:tags"),
        ("accounts", {"alternateContacts": {"billing": {**CONTACT, "phone": "hidden"}}}, "hidden", "billing.phone"),
        ("accounts", {"alternateContacts": {"billing": {"hidden-a": "hidden-b"}}}, "hidden-b", "alternateContacts"),
        ("accounts", {"unknown": "hidden"}, "hidden", "accounts:unknown"),
        ("accounts", {"unknown": {"deep": ["hidden"]}}, "hidden", "accounts:unknown"),
        ("identity", {"users": ["hidden", "hidden"]}, "'hidden'", "identity:users"),
        ("identity", {"users": ["hidden name"]}, "hidden", "identity:users.0"),
        ("identity", {"users": ["  hidden  "], "userSource": "external"}, "hidden", "identity:users"),
        ("identity", {"passwordPolicy": {"minimumLength": 7321}}, "7321", "identity:passwordPolicy.minimumLength"),
        ("org", {"mode": "hidden"}, "hidden", "org:mode"),
        ("org", {"organizationalUnits": ["Hidden", "Hidden"]}, "hidden", "org:organizationalUnits"),
        ("policies", {"tags": {"Development": {"costCenters": ["Hidden"] * 2}}}, "hidden", "policies:tags"),
        (
            "policies",
            {"backup": {"organizationalUnits": ["Hidden"], "primaryRegions": ["us-west-2"], "copyRegion": "us-east-1"}},
            "hidden",
            "policies:backup",
        ),
        (
            "policies",
            {"backup": {**POLICY_SETTINGS["backup"], "copyRegion": "us-west-2"}},
            "us-west-2",
            "policies:backup",
        ),
        (
            "policies",
            {"backup": {**POLICY_SETTINGS["backup"], "copyRegion": "sa-east-1"}},
            "sa-east-1",
            "policies:backup",
        ),
    ],
)
def test_an_encrypted_value_is_never_shown(layer: str, change: dict[str, Any], hidden: str, key: str) -> None:
    """The engine marks a key as secret when the whole value is encrypted, or any value inside it."""
    text = refused(layer, change, secret_keys=tuple(change))
    assert hidden.casefold() not in text.casefold()
    assert key in text
    assert "secret" in text


def test_an_encrypted_region_is_never_shown() -> None:
    text = refused("org", region="hidden-1", secret_keys=("aws:region",))
    assert "hidden" not in text
    assert "aws:region" in text


def test_the_other_values_are_still_shown_beside_an_encrypted_one() -> None:
    change = {"email": "hidden-not-an-email", "alias": "Acme", "tags": {"CostCenter": "Testing"}}
    text = refused("accounts", change, secret_keys=("email",))
    assert "accounts:email is (secret): not an e-mail address; allowed: local@domain.tld" in text
    assert "accounts:alias is 'Acme'" in text
