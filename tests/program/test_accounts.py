"""The accounts layer's program: one member account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.program.harness import Run, run_program
from tests.program.samples import ACCOUNT, AUTOMATION, IDENTITY, UPSTREAM, USERS

ROLE = "aws:iam/role:Role"
ID = "210987654321"
WORK = ["cloudwatch:*", "dynamodb:*", "ec2:*", "s3:*"]


def account(config: dict[str, Any] = ACCOUNT, **options: Any) -> Run:
    options.setdefault("upstream", UPSTREAM)
    return run_program("accounts", "sandbox.developer", config, **options)


def trust(run: Run, role: str) -> Any:
    return json.loads(run.of(ROLE)[role].inputs["assumeRolePolicy"])["Statement"]


def test_the_account_is_in_its_unit_and_protected() -> None:
    made = account().one("aws:organizations/account:Account")
    assert made.inputs == {
        "name": "DeveloperAccount",
        "email": "developer-account@example.com",
        "parentId": "ou-dev",
        "roleName": "OrganizationalAccountAccessRole",
        "closeOnDeletion": False,
        "tags": ACCOUNT["tags"],
    }
    assert made.protect


def test_the_provider_works_in_this_account_only() -> None:
    provider = account().one("pulumi:providers:aws").inputs
    assert json.loads(provider["allowedAccountIds"]) == [ID]
    assert json.loads(provider["assumeRoles"]) == [
        {"roleArn": f"arn:aws:iam::{ID}:role/OrganizationalAccountAccessRole", "sessionName": "pulumi"}
    ]
    assert json.loads(provider["defaultTags"]) == {"tags": ACCOUNT["tags"]}


def test_everything_but_the_account_is_made_inside_it() -> None:
    run = account()
    outside = {r.type for r in run.resources if r.type.startswith("aws:") and "account-inside" not in r.provider}
    assert outside == {"aws:organizations/account:Account"}


def test_roles_trust_exactly_whom_identity_exports() -> None:
    run = account()
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    assert trust(run, "DeveloperRole") == [
        {"Effect": "Allow", "Principal": {"AWS": USERS}, "Action": "sts:AssumeRole", "Condition": mfa}
    ]
    assert trust(run, "AutomationRole") == [
        {"Effect": "Allow", "Principal": {"AWS": [AUTOMATION]}, "Action": "sts:AssumeRole"}
    ]


def test_each_role_has_its_boundary_and_is_allowed_no_more() -> None:
    run = account()
    boundaries = run.of("aws:iam/policy:Policy")
    assert {p.inputs["name"] for p in boundaries.values()} == {
        "devDeveloperRoleBoundary",
        "devAutomationRoleBoundary",
    }
    for role in ("DeveloperRole", "AutomationRole"):
        arn = f"arn:aws:test::{role}-boundary"
        assert run.of(ROLE)[role].inputs["permissionsBoundary"] == arn
        attached = run.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")[role]
        assert attached.inputs == {"role": role, "policyArn": arn}


@pytest.mark.parametrize(("role", "services"), [("DeveloperRole", WORK), ("AutomationRole", [*WORK, "iam:*"])])
def test_a_boundary_has_its_roles_actions_and_guards_both_boundaries(role: str, services: list[str]) -> None:
    arn = f"arn:aws:iam::{ID}"
    for prefix, access_role in (("dev", "OrganizationalAccountAccessRole"), ("", "Admin")):
        run = account({**ACCOUNT, "resourceNamesPrefix": prefix, "accessRoleName": access_role})
        document = json.loads(run.of("aws:iam/policy:Policy")[f"{role}-boundary"].inputs["policy"])
        statements = {statement["Sid"]: statement for statement in document["Statement"]}
        assert statements["Most"] == {"Sid": "Most", "Effect": "Allow", "Action": services, "Resource": "*"}
        own = {"StringNotEquals": {"iam:PermissionsBoundary": f"{arn}:policy/{prefix}{role}Boundary"}}
        assert statements["NoPrincipalWithoutBoundary"]["Condition"] == own
        assert statements["BoundariesUnchanged"]["Resource"] == [
            f"{arn}:policy/{prefix}DeveloperRoleBoundary",
            f"{arn}:policy/{prefix}AutomationRoleBoundary",
        ]
        managed = ("DeveloperRole", "AutomationRole", "MyMonthlyBackupIamRole", access_role)
        assert statements["ManagedRolesUnchanged"]["Resource"] == [f"{arn}:role/{name}" for name in managed]


def test_backup_has_a_vault_in_every_region_and_its_role() -> None:
    run = account()
    vaults = run.of("aws:backup/vault:Vault").values()
    assert sorted((v.inputs["region"], v.inputs["name"]) for v in vaults) == [
        ("eu-west-1", "Default"),
        ("us-east-1", "Default"),
        ("us-west-2", "Default"),
    ]
    assert "managedPolicyArns" not in run.of(ROLE)["MyMonthlyBackupIamRole"].inputs
    assert trust(run, "MyMonthlyBackupIamRole") == [
        {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
    attached = run.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")["MyMonthlyBackupIamRole"]
    assert attached.inputs == {
        "role": "MyMonthlyBackupIamRole",
        "policyArn": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    }


def test_no_backup_policy_no_vault() -> None:
    run = account({**ACCOUNT, "organizationalUnit": "Sandbox"})
    assert run.of("aws:backup/vault:Vault") == {}
    assert set(run.of(ROLE)) == {"DeveloperRole", "AutomationRole"}


def test_the_account_wide_settings_can_each_be_set() -> None:
    contact = {"name": "Ada", "title": "CFO", "email": "ada@example.com", "phone": "+1 555 0100"}
    run = account({**ACCOUNT, "alias": "acme-dev", "alternateContacts": {"billing": contact}})
    assert run.one("aws:iam/accountAlias:AccountAlias").inputs == {"accountAlias": "acme-dev"}
    made = run.one("aws:account/alternativeContact:AlternativeContact").inputs
    assert (made["alternateContactType"], made["emailAddress"]) == ("BILLING", "ada@example.com")
    encrypted = run.of("aws:ebs/encryptionByDefault:EncryptionByDefault").values()
    assert sorted(e.inputs["region"] for e in encrypted) == ["eu-west-1", "us-east-1", "us-west-2"]
    assert run.one("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock").inputs["blockPublicAcls"] is True
    plain = account({**ACCOUNT, "blockPublicS3": "false", "encryptEbs": "false"})
    assert plain.of("aws:ebs/encryptionByDefault:EncryptionByDefault") == {}
    assert plain.of("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock") == {}


def test_outputs() -> None:
    assert account().outputs == {
        "accountId": ID,
        "roleArns": {
            "DeveloperRole": "arn:aws:test::DeveloperRole",
            "AutomationRole": "arn:aws:test::AutomationRole",
        },
        "switchRoleLink": "https://signin.aws.amazon.com/switchrole"
        f"?account={ID}&roleName=DeveloperRole&displayName=DeveloperAccount",
    }


def test_preview_before_anything_exists_is_no_error() -> None:
    run = account(upstream={}, preview=True)
    assert set(run.of(ROLE)) == {"DeveloperRole", "AutomationRole"}


def test_a_trust_without_principals_or_with_a_wildcard_is_never_made() -> None:
    for principals in ([], ["*"], ["arn:aws:iam::*:root"]):
        open_identity = {**IDENTITY, "principals": {**IDENTITY["principals"], "DeveloperRole": principals}}
        with pytest.raises(pulumi.RunError, match="without wildcards"):
            account(upstream={**UPSTREAM, "identity": open_identity})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"email": "not-an-email"}, "accounts:email is 'not-an-email': not an e-mail address"),
        ({"mail": "a@example.com"}, "unknown key accounts:mail"),
        ({"organizationalUnit": "Production"}, "names the OU 'Production', which stack org does not export"),
        ({"tags": {"CostCenter": "Marketing", "Owner": "x"}}, "CostCenter is 'Marketing'; the OU allows: Dev"),
        ({"tags": {"costcenter": "Testing", "Owner": "x"}}, "accounts:tags.costcenter is spelled wrongly"),
        ({"tags": {"CostCenter": "Testing"}}, "accounts:tags.Owner is missing"),
        ({"alias": "Acme"}, "accounts:alias is 'Acme'"),
        ({"alternateContacts": {"marketing": {}}}, "accounts:alternateContacts.marketing"),
        ({"email": "shared-test-account@example.com"}, "which stacks/accounts/Pulumi.sandbox."),
    ],
)
def test_bad_configuration_stops_before_any_resource(change: dict[str, Any], message: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        account({**ACCOUNT, **change})
    assert message in str(error.value)
    assert "stacks/accounts/Pulumi.sandbox." in str(error.value)


def test_a_secret_value_is_not_repeated_in_an_error() -> None:
    with pytest.raises(pulumi.RunError) as error:
        account({**ACCOUNT, "email": "hidden-not-an-email"}, secret_keys=("email",))
    assert "hidden" not in str(error.value)
    assert "accounts:email is (secret)" in str(error.value)


def test_a_stack_name_without_an_account_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match="names no account"):
        run_program("accounts", "sandbox", ACCOUNT, upstream=UPSTREAM)


def test_reading_an_undeclared_stack_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import pulumi\n"
        "from shared.stack_outputs import PoliciesOutputs\n"
        "from shared.stack_references import read\n"
        "async def main():\n"
        "    await read(PoliciesOutputs)\n"
        "pulumi.run(main)\n"
    )
    (tmp_path / "stacks" / "identity").mkdir(parents=True)
    (tmp_path / "stacks" / "identity" / "__main__.py").write_text(program)
    monkeypatch.setattr("tests.program.harness.ROOT", tmp_path)
    with pytest.raises(pulumi.RunError, match="identity reads layer policies without declaring it; declared: org"):
        run_program("identity", "sandbox", {}, upstream=UPSTREAM)
