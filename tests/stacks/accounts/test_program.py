"""The accounts layer's program: one member account."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from stacks.accounts import boundaries as documents
from tests.stacks.harness import Run, refusal, run_program
from tests.stacks.samples import ACCOUNT, AUTOMATION, BACKUP, IDENTITY, POLICIES, UPSTREAM, USERS

ROLE = "aws:iam/role:Role"
ORG_ACCOUNT = "aws:organizations/account:Account"
ENCRYPTION = "aws:ebs/encryptionByDefault:EncryptionByDefault"
VAULT = "aws:backup/vault:Vault"
ID = "210987654321"
CONTACTS = {
    "billing": {"name": "Ada", "title": "CFO", "email": "ada@example.com", "phone": "+1 555 0100"},
    "operations": {"name": "Grace", "title": "COO", "email": "grace@example.com", "phone": "+1 555 0101"},
    "security": {"name": "Joan", "title": "CISO", "email": "joan@example.com", "phone": "+1 555 0102"},
}
ADDRESS = {ORG_ACCOUNT: {"email": "developer-account@example.com"}}
"""What AWS has, whatever the program says."""
FULL = {**ACCOUNT, "alias": "acme-dev", "alternateContacts": CONTACTS}
"""With everything that can be left out."""


def account(config: dict[str, Any] = ACCOUNT, **options: Any) -> Run:
    options.setdefault("upstream", UPSTREAM)
    return run_program("accounts", "sandbox.developer", config, **options)


def trust(run: Run, role: str) -> Any:
    return json.loads(run.of(ROLE)[role].inputs["assumeRolePolicy"])["Statement"]


def test_the_account_is_in_its_unit_and_protected() -> None:
    made = account().one(ORG_ACCOUNT)
    assert made.inputs == {
        "name": "DeveloperAccount",
        "email": "developer-account@example.com",
        "parentId": "ou-dev",
        "roleName": "OrganizationAccountAccessRole",
        "closeOnDeletion": False,
        "tags": ACCOUNT["tags"],
    }
    assert made.protect
    # AWS does not tell the one again, and changes the other in a way of its own: neither may replace an account.
    assert made.ignored == ["roleName", "email"]


def test_an_address_that_the_account_has_not_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, **_named: warnings.append(message))
    assert account(secret_keys=("email",)).one(ORG_ACCOUNT).inputs["email"] == "developer-account@example.com"
    account({**ACCOUNT, "email": "Developer-Account@example.com"}, deployed=ADDRESS)
    assert warnings == []
    account({**ACCOUNT, "email": "other@example.com"}, deployed=ADDRESS)
    (warning,) = warnings
    assert "stacks/accounts/Pulumi.sandbox.developer.yaml: accounts:email is not the address" in warning
    assert "invoke change-email developer ADDRESS --env sandbox" in warning
    # It may be a secret.
    assert "other@example.com" not in warning


def test_nothing_but_the_account_is_protected_or_blind_to_changes() -> None:
    run = account(FULL)
    assert [r.name for r in run.resources if r.protect or r.ignored] == ["account"]


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize("protect", [True, False])
def test_protection_and_closing_are_as_configured(close: bool, protect: bool) -> None:
    made = account({**ACCOUNT, "closeOnDeletion": close, "protect": protect}).one(ORG_ACCOUNT)
    assert (made.inputs["closeOnDeletion"], made.protect) == (close, protect)


def test_the_account_is_in_the_unit_of_its_whole_path() -> None:
    assert account({**ACCOUNT, "organizationalUnit": "Development/Web"}).one(ORG_ACCOUNT).inputs["parentId"] == "ou-web"


def test_an_account_may_be_in_the_root() -> None:
    center = {
        "instanceArn": "arn:aws:sso:::instance/ssoins-1",
        "region": "us-east-1",
        "assignments": [
            {
                "group": name,
                "groupId": name,
                "permissionSet": name,
                "permissionSetArn": "arn:aws:sso:::permissionSet/ssoins-1/ps-1",
                "boundary": "DeveloperRoleBoundary",
                "targets": [target],
            }
            for name, target in (("everywhere", "/"), ("there", "Development"))
        ],
    }
    rules = {**POLICIES, "tagRules": {**POLICIES["tagRules"], "/": {"Team": ["Web"]}}}
    upstream = {**UPSTREAM, "policies": rules, "identity": {**IDENTITY, "identityCenter": center}}
    run = account({**ACCOUNT, "organizationalUnit": "/", "tags": {"Team": "Web"}}, upstream=upstream)
    assert run.one(ORG_ACCOUNT).inputs["parentId"] == "r-root"
    assert run.of("aws:backup/vault:Vault") == {}
    assert set(run.of("aws:ssoadmin/accountAssignment:AccountAssignment")) == {"everywhere-everywhere"}
    with pytest.raises(pulumi.RunError, match=r"accounts:tags\.Team is 'Data'"):
        account({**ACCOUNT, "organizationalUnit": "/", "tags": {"Team": "Data"}}, upstream=upstream)


def test_an_encrypted_address_stays_encrypted() -> None:
    assert account(secret_keys=("email",)).one(ORG_ACCOUNT).secrets == {"email"}
    assert account().one(ORG_ACCOUNT).secrets == set()


@pytest.mark.parametrize("region", ["us-west-2", "eu-central-1"])
def test_the_provider_works_in_this_account_only(region: str) -> None:
    run = account(region=region)
    provider = run.one("pulumi:providers:aws").inputs
    assert provider["region"] == region
    assert json.loads(provider["allowedAccountIds"]) == [ID]
    assert json.loads(provider["assumeRoles"]) == [
        {"roleArn": f"arn:aws:iam::{ID}:role/OrganizationAccountAccessRole", "sessionName": "pulumi"}
    ]
    assert json.loads(provider["defaultTags"]) == {"tags": ACCOUNT["tags"]}
    exempt = {**UPSTREAM, "policies": {**POLICIES, "accessRoleNames": ["Access"]}}
    other = account({**ACCOUNT, "accessRoleName": "Access"}, upstream=exempt)
    assert json.loads(other.one("pulumi:providers:aws").inputs["assumeRoles"]) == [
        {"roleArn": f"arn:aws:iam::{ID}:role/Access", "sessionName": "pulumi"}
    ]
    assert other.one(ORG_ACCOUNT).inputs["roleName"] == "Access"


def test_the_provider_has_the_credentials_that_the_stacks_file_names() -> None:
    # A provider that a program makes has nothing of the configuration by itself.
    plain = account().one("pulumi:providers:aws").inputs
    assert "profile" not in plain
    before = {"roleArn": "arn:aws:iam::123456789012:role/DeployAccounts", "sessionName": "team", "externalId": "x"}
    given = account(aws={"profile": "acme", "assumeRoles": [before]}).one("pulumi:providers:aws").inputs
    assert given["profile"] == "acme"
    assert json.loads(given["assumeRoles"]) == [before, *json.loads(plain["assumeRoles"])]


def test_everything_but_the_account_is_made_inside_it() -> None:
    run = account(FULL)
    outside = {r.type for r in run.resources if r.type.startswith("aws:") and "account-inside" not in r.provider}
    assert outside == {ORG_ACCOUNT}


def test_roles_trust_exactly_whom_identity_exports() -> None:
    run = account()
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    assert trust(run, "DeveloperRole") == [
        {"Effect": "Allow", "Principal": {"AWS": USERS}, "Action": "sts:AssumeRole", "Condition": mfa}
    ]
    assert trust(run, "AutomationRole") == [
        {"Effect": "Allow", "Principal": {"AWS": [AUTOMATION]}, "Action": "sts:AssumeRole"}
    ]


@pytest.mark.parametrize("prefix", ["dev", ""])
@pytest.mark.parametrize("role", ["DeveloperRole", "AutomationRole"])
def test_each_role_has_its_boundary_and_is_allowed_no_more(role: str, prefix: str) -> None:
    exempt = {**UPSTREAM, "policies": {**POLICIES, "accessRoleNames": ["Access", "Exempt"]}}
    run = account({**ACCOUNT, "resourceNamesPrefix": prefix, "accessRoleName": "Access"}, upstream=exempt)
    arn = f"arn:aws:test::{role}-boundary"
    made = run.of(ROLE)[role].inputs
    assert (made["name"], made["permissionsBoundary"]) == (role, arn)
    attached = run.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")[role]
    assert attached.inputs == {"role": role, "policyArn": arn}

    boundary = run.of("aws:iam/policy:Policy")[f"{role}-boundary"].inputs
    assert boundary["name"] == f"{prefix}{role}Boundary"
    assert boundary["description"] == f"The most that {role} and what it makes may do"
    actions = {str(name): each for name, each in documents.ACTIONS.items()}[role]
    assert json.loads(boundary["policy"]) == documents.boundary(role, ID, prefix, actions)


@pytest.mark.parametrize("prefix", ["dev", ""])
def test_what_automation_makes_has_a_boundary_of_its_own(prefix: str) -> None:
    run = account({**ACCOUNT, "resourceNamesPrefix": prefix})
    boundary = run.of("aws:iam/policy:Policy")["Workload-boundary"].inputs
    assert boundary["name"] == f"{prefix}WorkloadBoundary"
    expected = documents.boundary("Workload", ID, prefix, documents.AUTOMATION_ACTIONS)
    assert json.loads(boundary["policy"]) == expected
    automation = json.loads(run.of("aws:iam/policy:Policy")["AutomationRole-boundary"].inputs["policy"])["Statement"]
    named = [s["Condition"]["StringEquals"] for s in automation if s["Sid"] == "RolesWithBoundary"]
    assert named == [{"iam:PermissionsBoundary": f"arn:aws:iam::{ID}:policy/{prefix}WorkloadBoundary"}]


def test_an_account_may_say_what_its_roles_do() -> None:
    run = account({**ACCOUNT, "roleActions": {"AutomationRole": ["s3:*", "sns:*"], "DeveloperRole": ["s3:Get*"]}})
    allowed = {
        name: next(s["Action"] for s in json.loads(policy.inputs["policy"])["Statement"] if s["Sid"] == "Most")
        for name, policy in run.of("aws:iam/policy:Policy").items()
    }
    assert allowed == {
        "DeveloperRole-boundary": ["s3:Get*"],
        "AutomationRole-boundary": ["s3:*", "sns:*"],
        "Workload-boundary": ["s3:*", "sns:*", "ec2messages:*", "ssmmessages:*"],
    }


def test_an_access_role_that_the_guardrails_bind_is_refused() -> None:
    exempt = {**UPSTREAM, "policies": {**POLICIES, "accessRoleNames": ["Exempt"]}}
    message = "accounts:accessRoleName is 'Access', which stacks/policies/Pulumi.sandbox.yaml does not exempt"
    with pytest.raises(pulumi.RunError, match=message):
        account({**ACCOUNT, "accessRoleName": "Access"}, upstream=exempt)


def with_backup(*primary: str) -> dict[str, Any]:
    return {**UPSTREAM, "policies": {**POLICIES, "backup": {"Development": {**BACKUP, "primaryRegions": primary}}}}


@pytest.mark.parametrize(
    "primary", [["us-west-2"], ["us-west-2", "eu-west-1"], ["eu-west-1", "eu-west-2", "us-west-1"]]
)
def test_backup_has_a_vault_in_every_region_and_its_role(primary: list[str]) -> None:
    run = account(upstream=with_backup(*primary))
    assert {name: vault.inputs for name, vault in run.of(VAULT).items()} == {
        f"vault-{region}": {"region": region, "name": "Default"} for region in [*primary, "us-east-1"]
    }
    role = run.of(ROLE)["MyMonthlyBackupIamRole"].inputs
    assert role.keys() == {"name", "assumeRolePolicy"}
    assert role["name"] == "MyMonthlyBackupIamRole"
    assert json.loads(role["assumeRolePolicy"])["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]
    assert run.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")["MyMonthlyBackupIamRole"].inputs == {
        "role": "MyMonthlyBackupIamRole",
        "policyArn": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    }


def test_backups_outlive_their_resources_and_nothing_else_does() -> None:
    kept = {(r.type, r.name) for r in account(FULL).resources if r.kept}
    assert kept == {
        (VAULT, "vault-us-west-2"),
        (VAULT, "vault-eu-west-1"),
        (VAULT, "vault-us-east-1"),
        (ROLE, "MyMonthlyBackupIamRole"),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "MyMonthlyBackupIamRole"),
    }


def test_the_vault_and_the_role_are_those_that_the_policies_layer_exports() -> None:
    spec = {**BACKUP, "vaultName": "Monthly", "roleName": "BackupRole", "primaryRegions": ["us-west-2"]}
    run = account(upstream={**UPSTREAM, "policies": {**POLICIES, "backup": {"Development": spec}}})
    assert {vault.inputs["name"] for vault in run.of(VAULT).values()} == {"Monthly"}
    assert "BackupRole" in run.of(ROLE)


def test_no_backup_policy_no_vault() -> None:
    run = account({**ACCOUNT, "organizationalUnit": "Sandbox"})
    assert run.of(VAULT) == {}
    assert set(run.of(ROLE)) == {"DeveloperRole", "AutomationRole"}


@pytest.mark.parametrize("kinds", [[], ["security"], ["billing", "operations", "security"]])
def test_each_alternate_contact_has_every_field(kinds: list[str]) -> None:
    run = account({**ACCOUNT, "alternateContacts": {kind: CONTACTS[kind] for kind in kinds}})
    made = run.of("aws:account/alternativeContact:AlternativeContact")
    assert {name: contact.inputs for name, contact in made.items()} == {
        kind: {
            "alternateContactType": kind.upper(),
            "name": CONTACTS[kind]["name"],
            "title": CONTACTS[kind]["title"],
            "emailAddress": CONTACTS[kind]["email"],
            "phoneNumber": CONTACTS[kind]["phone"],
        }
        for kind in kinds
    }


def test_the_alias_can_be_set() -> None:
    alias = "aws:iam/accountAlias:AccountAlias"
    assert account(FULL).one(alias).inputs == {"accountAlias": "acme-dev"}
    assert account().of(alias) == {}


def test_all_public_access_to_s3_is_blocked_unless_it_is_turned_off() -> None:
    block = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
    assert account().one(block).inputs == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert account({**ACCOUNT, "blockPublicS3": "false"}).of(block) == {}


@pytest.mark.parametrize(
    ("region", "primary", "regions"),
    [
        ("us-west-2", None, ["us-west-2"]),
        ("us-west-2", ["us-west-2"], ["us-east-1", "us-west-2"]),
        ("eu-central-1", ["us-west-2", "eu-west-1"], ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"]),
    ],
)
def test_ebs_encrypts_by_default_in_every_region_used(
    region: str, primary: list[str] | None, regions: list[str]
) -> None:
    unit = "Development" if primary else "Sandbox"
    config = {**ACCOUNT, "organizationalUnit": unit}
    run = account(config, region=region, upstream=with_backup(*(primary or [])))
    assert {name: each.inputs for name, each in run.of(ENCRYPTION).items()} == {
        f"encrypt-ebs-{each}": {"enabled": True, "region": each} for each in regions
    }
    assert account({**config, "encryptEbs": "false"}, region=region).of(ENCRYPTION) == {}


@pytest.mark.parametrize("word", ["null", "[1]", "{}", '"a"', "true", "017"])
def test_text_that_looks_like_something_else_is_text(word: str) -> None:
    """The engine passes it as it passes null, a list or a number."""
    upstream = {"org": {**UPSTREAM["org"], "organizationalUnits": {word: "ou-word"}}}
    made = account({**ACCOUNT, "name": word, "organizationalUnit": word}, upstream={**UPSTREAM, **upstream})
    inputs = made.one(ORG_ACCOUNT).inputs
    assert (inputs["parentId"], inputs["name"]) == ("ou-word", word)


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
        ({"alias": "123456789012"}, "accounts:alias is '123456789012'"),
    ],
)
def test_bad_configuration_stops_before_any_resource(change: dict[str, Any], message: str) -> None:
    text = refusal("accounts", "sandbox.developer", {**ACCOUNT, **change}, upstream=UPSTREAM)
    assert message in text
    assert text.startswith("stacks/accounts/Pulumi.sandbox.")


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
    monkeypatch.setattr("tests.stacks.harness.ROOT", tmp_path)
    with pytest.raises(pulumi.RunError, match="identity reads layer policies without declaring it; declared: org"):
        run_program("identity", "sandbox", {}, upstream=UPSTREAM)


def test_other_plans_get_their_vaults_and_roles_too() -> None:
    more = [
        {"vaultName": "Daily", "roleName": "MyMonthlyBackupIamRole", "regions": ["us-west-2", "eu-west-1"]},
        {"vaultName": "Default", "roleName": "Other", "regions": ["us-east-1", "ap-south-1"]},
    ]
    policies = {**POLICIES, "moreBackups": {"Development": more}}
    run = account({**ACCOUNT, "encryptEbs": True}, upstream={**UPSTREAM, "policies": policies})
    assert sorted((name, vault.inputs["name"]) for name, vault in run.of(VAULT).items()) == [
        ("vault-Daily-eu-west-1", "Daily"),
        ("vault-Daily-us-west-2", "Daily"),
        ("vault-ap-south-1", "Default"),
        ("vault-eu-west-1", "Default"),
        ("vault-us-east-1", "Default"),
        ("vault-us-west-2", "Default"),
    ]
    assert {"MyMonthlyBackupIamRole", "Other"} <= set(run.of(ROLE))
    alone = account(upstream={**UPSTREAM, "policies": {**policies, "backup": {}}})
    assert len(alone.of(VAULT)) == 4


LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
AIR_GAPPED = "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault"


def backed_up(**outputs: Any) -> Run:
    return account(upstream={**UPSTREAM, "policies": {**POLICIES, **outputs}})


def test_a_vault_is_locked_wherever_it_is() -> None:
    run = backed_up(
        vaults={"Default": {"minRetentionDays": 30, "maxRetentionDays": 400}, "Other": {"minRetentionDays": 7}}
    )
    assert {name: lock.inputs for name, lock in run.of(LOCK).items()} == {
        f"lock-{region}": {
            "backupVaultName": "Default",
            "region": region,
            "minRetentionDays": 30,
            "maxRetentionDays": 400,
        }
        for region in ("us-west-2", "eu-west-1", "us-east-1")
    }
    # It must not be taken off when the account moves, nor after another has replaced it.
    assert all(lock.kept and lock.ignored == [] for lock in run.of(LOCK).values())
    assert run.of(LOCK)["lock-us-west-2"].parent == run.of(VAULT)["vault-us-west-2"].parent


def test_a_lock_in_compliance_mode_is_another_resource() -> None:
    run = backed_up(vaults={"Default": {"minRetentionDays": 30, "changeableForDays": 14}})
    lock = run.of(LOCK)["lock-us-west-2-after-14-days"]
    assert (lock.inputs["changeableForDays"], "maxRetentionDays" in lock.inputs) == (14, False)
    # AWS does not tell the days again.
    assert lock.ignored == ["changeableForDays"]


def test_a_logically_air_gapped_vault_is_made_where_a_plan_names_it() -> None:
    more = [{"vaultName": "Vaulted", "roleName": "MyMonthlyBackupIamRole", "regions": ["us-west-2"]}]
    rules = {"Vaulted": {"minRetentionDays": 7, "maxRetentionDays": 90, "airGapped": True}}
    run = backed_up(moreBackups={"Development": more}, vaults=rules)
    made = run.of(AIR_GAPPED)
    assert {name: vault.inputs for name, vault in made.items()} == {
        "vault-Vaulted-us-west-2": {
            "name": "Vaulted",
            "region": "us-west-2",
            "minRetentionDays": 7,
            "maxRetentionDays": 90,
        }
    }
    assert made["vault-Vaulted-us-west-2"].kept
    assert (run.of(LOCK), len(run.of(VAULT))) == ({}, 3)


def test_the_role_gets_the_policy_for_s3_where_a_plan_backs_up_buckets() -> None:
    attached = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    role, name = "MyMonthlyBackupIamRole", "MyMonthlyBackupIamRole-s3"
    assert name not in account().of(attached)
    assert name not in backed_up(bucketBackups={"Sandbox": [role]}).of(attached)
    made = backed_up(bucketBackups={"Development": [role]}).of(attached)[name]
    assert made.inputs == {
        "role": role,
        "policyArn": "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup",
    }
    assert made.kept


def test_a_tag_that_the_account_need_not_have_has_to_be_right() -> None:
    policies = {**POLICIES, "optionalTags": {"Development": {"Team": ["Web"]}}}
    config = {**ACCOUNT, "tags": {**ACCOUNT["tags"], "Team": "web"}}
    text = refusal("accounts", "sandbox.developer", config, upstream={**UPSTREAM, "policies": policies})
    assert text == "stacks/accounts/Pulumi.sandbox.developer.yaml: accounts:tags.Team is 'web'; the OU allows: Web"
