"""The ids of resources that a killed run was creating, from moto's AWS."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pulumi.automation.events import StepEventStateMetadata

from automation.backend.pending import Creation, imported, unfinished, with_pending
from automation.events import Resource
from automation.imports.commands import import_command
from automation.imports.identities import from_inputs, identities, in_refusal
from shared.layers import StackId
from tests import aws_cli


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    with mock_aws():
        yield


def find(type_: str, inputs: dict[str, Any], provider: dict[str, Any] | None = None) -> str | None:
    """The id that is found for one resource."""
    urn = f"urn:pulumi:sandbox::org::{type_}::it"
    return identities([Creation(Resource(urn), inputs, provider or {})]).get(urn)


@pytest.mark.parametrize(
    ("type_", "inputs", "expected"),
    [
        ("aws:iam/role:Role", {"name": "DeveloperRole"}, "DeveloperRole"),
        ("aws:iam/user:User", {"name": "ada"}, "ada"),
        ("aws:iam/group:Group", {"name": "developers"}, "developers"),
        ("aws:backup/vault:Vault", {"name": "Default"}, "Default"),
        ("aws:iam/accountAlias:AccountAlias", {"accountAlias": "acme"}, "acme"),
        ("aws:organizations/policyAttachment:PolicyAttachment", {"targetId": "ou-1", "policyId": "p-1"}, "ou-1:p-1"),
        ("aws:iam/policy:Policy", {"name": "b", "path": "/x/"}, "arn:aws:iam::123456789012:policy/x/b"),
        (
            "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
            {"url": "https://gitlab.example.com/x"},
            "arn:aws:iam::123456789012:oidc-provider/gitlab.example.com/x",
        ),
        # A secret, and a type that can simply be made again.
        ("aws:iam/role:Role", {"name": {"ciphertext": "v1:x"}}, None),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": "a"}, None),
    ],
)
def test_ids_that_follow_from_the_inputs(type_: str, inputs: dict[str, Any], expected: str | None) -> None:
    assert find(type_, inputs) == expected


@pytest.mark.parametrize("allowed", [["210987654321"], json.dumps(["210987654321"])])
def test_a_policy_is_in_the_account_of_its_provider(allowed: object) -> None:
    found = find("aws:iam/policy:Policy", {"name": "b"}, {"allowedAccountIds": allowed})
    assert found == "arn:aws:iam::210987654321:policy/b"


def test_ids_that_aws_gives() -> None:
    organization = ("aws:organizations/organization:Organization", {"featureSet": "ALL"})
    assert find(*organization) is None

    client = boto3.client("organizations", region_name="us-east-1")
    made = client.create_organization(FeatureSet="ALL")["Organization"]
    root = client.list_roots()["Roots"][0]["Id"]
    unit = client.create_organizational_unit(ParentId=root, Name="Development")["OrganizationalUnit"]
    account = client.create_account(Email="a@example.com", AccountName="A")["CreateAccountStatus"]["AccountId"]
    content = json.dumps({"Version": "2012-10-17", "Statement": []})
    client.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    policy = client.create_policy(Name="P", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)["Policy"]

    units, accounts = "aws:organizations/organizationalUnit:OrganizationalUnit", "aws:organizations/account:Account"
    policies = "aws:organizations/policy:Policy"
    assert find(*organization) == made["Id"]
    assert find(units, {"parentId": root, "name": "Development"}) == unit["Id"]
    assert find(units, {"parentId": root, "name": "Production"}) is None
    assert find(accounts, {"email": "A@example.com", "name": "renamed"}) == account
    assert find(accounts, {"email": "b@example.com", "name": "A"}) is None
    assert find(policies, {"name": "P", "type": "SERVICE_CONTROL_POLICY"}) == policy["PolicySummary"]["Id"]
    assert find(policies, {"name": "Q"}) is None
    client.close_account(AccountId=account)
    assert find(accounts, {"email": "a@example.com"}) is None


SIMILAR = ["Guard", "Guardrails-old", "guardrails", "old-Guardrails", "Guardrails "]


@pytest.mark.parametrize("there", [True, False])
def test_only_what_has_just_that_name_is_found(there: bool) -> None:
    """Names that are longer, shorter or written otherwise are those of other things, whichever is listed first."""
    client = boto3.client("organizations", region_name="us-east-1")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    other = client.create_organizational_unit(ParentId=root, Name="Other")["OrganizationalUnit"]["Id"]
    content = json.dumps({"Version": "2012-10-17", "Statement": []})

    def policy(name: str, kind: Any = "SERVICE_CONTROL_POLICY") -> str:
        made = client.create_policy(Name=name, Description="", Type=kind, Content=content)["Policy"]
        return made["PolicySummary"]["Id"]

    def unit(name: str, parent: str = root) -> str:
        return client.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"]

    def account(email: str) -> str:
        return client.create_account(Email=email, AccountName="Guardrails")["CreateAccountStatus"]["AccountId"]

    expected: dict[str, str | None] = {"policy": None, "unit": None, "account": None}
    for number, name in enumerate(SIMILAR):
        policy(name)
        unit(name)
        account(f"{name.strip()}{number}@example.com")
    policy("Guardrails-tags", "TAG_POLICY")
    unit("Guardrails", other)
    account("Guardrails@example.com.au")
    if there:
        expected = {
            "policy": policy("Guardrails"),
            "unit": unit("Guardrails"),
            "account": account("Guardrails@example.com"),
        }
    policies, accounts = "aws:organizations/policy:Policy", "aws:organizations/account:Account"
    assert find(policies, {"name": "Guardrails"}) == expected["policy"]
    assert find(UNIT, {"name": "Guardrails", "parentId": root}) == expected["unit"]
    assert find(accounts, {"name": "Guardrails", "email": "guardrails@example.com"}) == expected["account"]


@pytest.mark.parametrize(
    ("type_", "inputs"),
    [
        ("aws:organizations/policy:Policy", {"name": {"ciphertext": "v1:x"}}),
        ("aws:organizations/policy:Policy", {}),
        ("aws:organizations/organizationalUnit:OrganizationalUnit", {"name": "Guardrails"}),
        ("aws:organizations/account:Account", {"email": {"ciphertext": "v1:x"}}),
        ("aws:organizations/policyAttachment:PolicyAttachment", {"targetId": "ou-1"}),
        ("aws:organizations/policyAttachment:PolicyAttachment", {"policyId": "p-1"}),
        ("aws:iam/policy:Policy", {"path": "/x/"}),
        ("aws:iam/openIdConnectProvider:OpenIdConnectProvider", {}),
    ],
)
def test_without_what_tells_it_from_others_nothing_is_found(type_: str, inputs: dict[str, Any]) -> None:
    client = boto3.client("organizations", region_name="us-east-1")
    client.create_organization(FeatureSet="ALL")
    assert find(type_, inputs) is None


def test_a_state_takes_over_what_was_found() -> None:
    urns = [f"urn:pulumi:sandbox::org::aws:iam/role:Role::{name}" for name in ("there", "found", "lost", "deleting")]
    provider = {"urn": "urn:pulumi:sandbox::org::pulumi:providers:aws::p", "id": "1", "inputs": {"region": "x"}}
    resources = [{"urn": urns[0], "type": "aws:iam/role:Role", "custom": True}, provider]
    reference = f"{provider['urn']}::1"
    pending = [
        {"type": kind, "resource": {"urn": urn, "type": "aws:iam/role:Role", "inputs": {}, "provider": reference}}
        for urn, kind in zip(urns, ("creating", "creating", "creating", "deleting"), strict=True)
    ]
    state = {"version": 3, "deployment": {"resources": resources, "pending_operations": pending}}
    assert [each.resource.name for each in unfinished(state)] == ["found", "lost"]
    assert unfinished(state)[0].provider == {"region": "x"}

    after = imported(state, {urns[1]: "found-id"})
    assert [each["urn"] for each in after["deployment"]["resources"]] == [urns[0], provider["urn"], urns[1]]
    assert after["deployment"]["resources"][-1]["id"] == "found-id"
    assert after["deployment"]["resources"][-1]["outputs"] == {}
    assert [each["resource"]["urn"] for each in after["deployment"]["pending_operations"]] == [
        urns[0],
        urns[2],
        urns[3],
    ]
    assert len(resources) == 2


SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"[secret]"'}
UNIT, VAULT = "aws:organizations/organizationalUnit:OrganizationalUnit", "aws:backup/vault:Vault"
ACCOUNT, POLICY = "aws:organizations/account:Account", "aws:iam/policy:Policy"
ORGANIZATION = "aws:organizations/organization:Organization"
ORGANIZATION_POLICY = "aws:organizations/policy:Policy"
OIDC = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"


def creation(type_: str, inputs: dict[str, Any], provider: dict[str, Any] | None = None) -> Creation:
    """One that failed, below a component."""
    prefix = "urn:pulumi:prod.shop::accounts"
    parent = Resource(f"{prefix}::acme:accounts:BackupTarget::backup")
    made_by = Resource(f"{prefix}::pulumi:providers:aws::inside")
    return Creation(Resource(f"{prefix}::acme:x:Y${type_}::it"), inputs, provider or {}, parent, made_by)


def test_a_creation_that_failed_is_one_that_is_pending() -> None:
    provider = {"urn": "urn:pulumi:sandbox::org::pulumi:providers:aws::p", "id": "1", "inputs": {"region": "x"}}
    step = StepEventStateMetadata(
        type=ACCOUNT,
        urn=f"urn:pulumi:sandbox::org::{ACCOUNT}::it",
        id="",
        parent="urn:pulumi:sandbox::org::acme:a:B::up",
        provider=f"{provider['urn']}::1",
        custom=True,
        protect=True,
        inputs={"name": "n", "email": "[secret]", "tags": {"a": "[secret]"}, "list": ["[secret]", 1]},
    )
    state = with_pending({"version": 3, "deployment": {"resources": [provider]}}, [step])
    (left,) = unfinished(state)
    assert (left.resource.urn, left.provider, str(left.parent)) == (step.urn, {"region": "x"}, "acme:a:B up")
    assert left.inputs == {"name": "n", "email": SECRET, "tags": {"a": SECRET}, "list": [SECRET, 1]}
    resource = imported(state, {step.urn: "1"})["deployment"]["resources"][-1]
    assert (resource["protect"], resource["parent"], resource["outputs"]) == (True, step.parent, left.inputs)
    assert unfinished({"version": 3}) == []


def test_an_id_that_the_refusal_names() -> None:
    said = "account 123456789012 (Shop) of this organization has this e-mail address already. If an earlier run"
    assert in_refusal(creation(ACCOUNT, {"email": SECRET}), said) == "123456789012"
    assert in_refusal(creation(ACCOUNT, {}), "EMAIL_ALREADY_EXISTS") is None
    assert in_refusal(creation("aws:iam/role:Role", {}), said) is None


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (creation("aws:iam/role:Role", {"name": "R"}), "R"),
        (
            creation(POLICY, {"name": "b"}, {"allowedAccountIds": ["210987654321"]}),
            "arn:aws:iam::210987654321:policy/b",
        ),
        # Whose account it is, only AWS knows.
        (creation(POLICY, {"name": "b"}), None),
        (creation(UNIT, {"name": "U", "parentId": "r-1"}), None),
        (creation("shelf:index:Item", {"name": "x"}), None),
    ],
)
def test_ids_that_are_known_without_asking(made: Creation, expected: str | None) -> None:
    assert from_inputs(made) == expected


def test_the_command_that_imports() -> None:
    shop, org = StackId("accounts", "prod", "shop"), StackId("org", "prod")
    vault = creation(VAULT, {"name": "Default", "region": "us-east-1"})
    assert import_command(shop, vault, "Default") == "invoke import accounts/shop:it Default --env prod"
    account = creation(ACCOUNT, {"email": "a@example.com", "name": "A shop"})
    assert import_command(shop, account, "123456789012") == "invoke import accounts/shop 123456789012 --env prod"
    odd = Creation(Resource(f"urn:pulumi:prod::org::{UNIT}::a b"), {}, {})
    assert import_command(org, odd, "ou-1") == "invoke import 'org:a b' ou-1 --env prod"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            creation(UNIT, {"name": "U", "parentId": "r-1"}),
            "organizations list-organizational-units-for-parent --parent-id r-1 "
            """--query "OrganizationalUnits[?Name=='U'].Id" --output text""",
        ),
        (
            creation(ORGANIZATION_POLICY, {"name": "P"}),
            "organizations list-policies --filter SERVICE_CONTROL_POLICY "
            """--query "Policies[?Name=='P'].Id" --output text""",
        ),
        (
            creation(ACCOUNT, {"email": "a@example.com", "name": "A"}),
            """organizations list-accounts --query "Accounts[?Email=='a@example.com'].Id" --output text""",
        ),
        # The address is a secret.
        (
            creation(ACCOUNT, {"email": SECRET, "name": "A"}),
            """organizations list-accounts --query "Accounts[?Name=='A'].Id" --output text""",
        ),
        (
            creation(OIDC, {"url": "https://gitlab.example.com/x"}),
            "iam list-open-id-connect-providers "
            """--query "OpenIDConnectProviderList[?ends_with(Arn, '/gitlab.example.com/x')].Arn" --output text""",
        ),
        (creation(ACCOUNT, {"email": SECRET, "name": SECRET}), None),
        # What a shell or a query would take for something else.
        (creation(UNIT, {"name": "it's", "parentId": "r-1"}), None),
        (creation(UNIT, {"name": "$(ls)", "parentId": "r-1"}), None),
        (creation("aws:iam/role:Role", {"name": "R"}), None),
    ],
)
def test_an_id_that_only_aws_knows_is_looked_up_by_the_command_itself(made: Creation, expected: str | None) -> None:
    command = import_command(StackId("org", "prod"), made, None)
    assert command == (f'invoke import org:it "$(aws {expected})" --env prod' if expected else None)


def test_the_commands_that_look_ids_up_find_them(capsys: pytest.CaptureFixture[str]) -> None:
    client = boto3.client("organizations", region_name="us-east-1")
    organization = client.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    root = client.list_roots()["Roots"][0]["Id"]
    unit = client.create_organizational_unit(ParentId=root, Name="U")["OrganizationalUnit"]["Id"]
    account = client.create_account(Email="a@example.com", AccountName="A")["CreateAccountStatus"]["AccountId"]
    content = json.dumps({"Version": "2012-10-17", "Statement": []})
    policy = client.create_policy(Name="P", Description="", Type="TAG_POLICY", Content=content)["Policy"]
    oidc = boto3.client("iam").create_open_id_connect_provider(Url="https://gitlab.example.com/x", ThumbprintList=[])
    lookups = {
        "aws organizations describe-organization --query Organization.Id --output text": (
            creation(ORGANIZATION, {}),
            organization,
        ),
        f"aws organizations list-organizational-units-for-parent --parent-id {root} "
        "--query \"OrganizationalUnits[?Name=='U'].Id\" --output text": (
            creation(UNIT, {"name": "U", "parentId": root}),
            unit,
        ),
        "aws organizations list-accounts --query \"Accounts[?Email=='a@example.com'].Id\" --output text": (
            creation(ACCOUNT, {"email": "a@example.com", "name": "A"}),
            account,
        ),
        "aws organizations list-accounts --query \"Accounts[?Name=='A'].Id\" --output text": (
            creation(ACCOUNT, {"email": SECRET, "name": "A"}),
            account,
        ),
        "aws organizations list-policies --filter TAG_POLICY --query \"Policies[?Name=='P'].Id\" --output text": (
            creation(ORGANIZATION_POLICY, {"name": "P", "type": "TAG_POLICY"}),
            policy["PolicySummary"]["Id"],
        ),
        "aws iam list-open-id-connect-providers "
        "--query \"OpenIDConnectProviderList[?ends_with(Arn, '/gitlab.example.com/x')].Arn\" --output text": (
            creation(OIDC, {"url": "https://gitlab.example.com/x"}),
            oidc["OpenIDConnectProviderArn"],
        ),
    }
    for command, (made, identity) in lookups.items():
        assert f'"$({command})"' in (import_command(StackId("org", "prod"), made, None) or "")
        assert aws_cli.main([*aws_cli.words(command), "--region", "us-east-1"]) == 0
        assert capsys.readouterr().out == f"{identity}\n"
