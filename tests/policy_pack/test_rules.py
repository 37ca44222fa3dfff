"""Each rule: what it lets through, and what it objects to, word for word."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN as OF_SDK

from policy_pack.judging import judge
from policy_pack.planned import UNKNOWN, Context, Hidden, Planned, Regions
from policy_pack.settings import Setting

MANAGEMENT, OWN, STRANGER = "123456789012", "210987654321", "999999999999"
UNITS = {"Development": {"CostCenter": ["Development", "Test*"], "Owner": ["*"]}, "Sandbox": {}}
ACCOUNT = Context(
    "accounts",
    "sandbox.developer",
    {"accounts:organizationalUnit": "Development"},
    {"org": {"managementAccountId": MANAGEMENT}, "policies": {"tagRules": UNITS}},
    regions=Regions((("us-east-1", "us-west-2"),), ("policies:serviceControl in stacks/policies/Pulumi.sandbox.yaml",)),
)
IDENTITY = Context("identity", "sandbox", {}, {"org": {"managementAccountId": MANAGEMENT}})
ORG = Context("org", "sandbox")
INSIDE = {"allowedAccountIds": [OWN], "defaultTags": {"tags": {"CostCenter": "Development", "Owner": "web"}}}
GITHUB = f"arn:aws:iam::{MANAGEMENT}:oidc-provider/token.actions.githubusercontent.com"
OWNED = "token.actions.githubusercontent.com"


def found(resource: Planned, context: Context = ACCOUNT, **settings: Setting) -> list[str]:
    return [each.message for each in judge(resource, context, settings)]


def role(
    trust: Any = None, boundary: Any = "arn:aws:iam::210987654321:policy/WorkloadBoundary", **more: Any
) -> Planned:
    trusted = trust if trust is not None else statement(f"arn:aws:iam::{MANAGEMENT}:user/ada")
    text = trusted if isinstance(trusted, str) else json.dumps({"Version": "2012-10-17", "Statement": trusted})
    given = {"name": "Reports", "assumeRolePolicy": text, "permissionsBoundary": boundary, **more}
    properties = {key: value for key, value in given.items() if value is not None}
    return Planned("aws:iam/role:Role", "reports", properties=properties, provider=INSIDE)


def statement(principal: Any, **more: Any) -> dict[str, Any]:
    who = principal if isinstance(principal, dict) or principal == "*" else {"AWS": principal}
    return {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole", **more}


def token(subject: Any, operator: str = "StringLike", provider: str = GITHUB) -> dict[str, Any]:
    condition = {"StringEquals": {f"{OWNED}:aud": "sts.amazonaws.com"}}
    condition.setdefault(operator, {})[f"{OWNED}:sub"] = subject
    return statement({"Federated": provider}, Action="sts:AssumeRoleWithWebIdentity", Condition=condition)


def test_the_sign_for_what_is_unknown_is_the_engines() -> None:
    assert UNKNOWN == OF_SDK


# --- boundary ------------------------------------------------------------------------------------------------------

NO_BOUNDARY = (
    "permissionsBoundary {}; allowed: the ARN of a boundary policy of the account, such as that of WorkloadBoundary "
    "(rule boundary)"
)


@pytest.mark.parametrize("boundary", ["arn:aws:iam::210987654321:policy/devDeveloperRoleBoundary", UNKNOWN])
def test_a_role_with_a_boundary(boundary: str) -> None:
    assert found(role(boundary=boundary)) == []


@pytest.mark.parametrize(
    ("boundary", "said"),
    [
        (None, "is not set"),
        ("", "is ''"),
        ("arn:aws:iam::aws:policy/AdministratorAccess", "is 'arn:aws:iam::aws:policy/AdministratorAccess'"),
    ],
)
def test_a_role_without_a_boundary(boundary: str | None, said: str) -> None:
    assert found(role(boundary=boundary)) == [NO_BOUNDARY.format(said)]


@pytest.mark.parametrize("name", ["MyMonthlyBackupIamRole", "PreviewRole"])
def test_roles_that_need_no_boundary(name: str) -> None:
    assert found(role(boundary=None, name=name)) == []
    assert found(role(boundary=None, name=name), boundary=Setting(options={"exempt": []})) != []


def test_a_role_that_only_aws_backup_may_assume_needs_none_whatever_its_name() -> None:
    backups = statement({"Service": "backup.amazonaws.com"})
    assert found(role([backups], boundary=None)) == []
    assert found(role([backups], boundary=None), boundary=Setting(options={"exempt": []})) != []
    for other in (
        statement(f"arn:aws:iam::{MANAGEMENT}:user/ada"),
        statement({"Service": ["backup.amazonaws.com", "ec2.amazonaws.com"]}),
        statement({"Service": "backup.amazonaws.com", "AWS": f"arn:aws:iam::{MANAGEMENT}:user/ada"}),
    ):
        assert found(role([backups, other], boundary=None)) == [NO_BOUNDARY.format("is not set")]


def test_a_role_of_the_management_account_needs_no_boundary() -> None:
    assert found(replace(role(boundary=None), provider={}), IDENTITY) == []


# --- trust ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trusted",
    [
        statement(f"arn:aws:iam::{MANAGEMENT}:root"),
        statement([f"arn:aws:iam::{OWN}:role/Worker", MANAGEMENT]),
        statement({"Service": "backup.amazonaws.com"}),
        token("repo:acme/infra:*"),
        token(["repo:acme/infra:ref:refs/heads/main"], "StringEquals"),
        {**statement("*"), "Effect": "Deny"},
        UNKNOWN,
    ],
)
def test_trust_in_somebody(trusted: Any) -> None:
    assert found(role(trusted if isinstance(trusted, str) else [trusted])) == []


@pytest.mark.parametrize("everybody", ["*", {"AWS": "*"}, {"AWS": ["*"]}])
def test_trust_in_everybody(everybody: Any) -> None:
    assert found(role([statement(everybody, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})])) == [
        "assumeRolePolicy, statement 1, Principal is '*'; allowed: principals by their ARN; never '*' (rule trust)"
    ]


@pytest.mark.parametrize("principal", [f"arn:aws:iam::{STRANGER}:root", f"arn:aws:iam::{STRANGER}:user/x", STRANGER])
def test_trust_in_a_stranger(principal: str) -> None:
    assert found(role([statement(principal)])) == [
        f"assumeRolePolicy, statement 1, Principal is '{principal}'; allowed: principals of {MANAGEMENT}, {OWN} "
        "(rule trust)"
    ]
    assert found(role([statement(principal)]), trust=Setting(options={"trustedAccounts": [STRANGER]})) == []


def test_in_the_management_account_a_member_account_is_a_stranger() -> None:
    assert found(replace(role([statement(OWN)], boundary=None), provider={}), IDENTITY) == [
        f"assumeRolePolicy, statement 1, Principal is '{OWN}'; allowed: principals of {MANAGEMENT} (rule trust)"
    ]


def test_nobody_is_a_stranger_while_the_accounts_are_unknown() -> None:
    resource = role([statement(STRANGER)])
    assert found(resource, replace(ACCOUNT, outputs={"org": {"managementAccountId": UNKNOWN}})) == []
    assert found(replace(resource, provider={"allowedAccountIds": [UNKNOWN]})) == []


def test_trust_in_all_but_some() -> None:
    trusted = {"Effect": "Allow", "NotPrincipal": {"AWS": STRANGER}, "Action": "sts:AssumeRole"}
    [message] = found(role([trusted]))
    assert message.startswith("assumeRolePolicy, statement 1, NotPrincipal is {'AWS': '999999999999'}; allowed: ")


@pytest.mark.parametrize("subject", ["repo:*/infra:*", "repo:acme/*", "*", "repo:acme*"])
def test_tokens_of_strangers(subject: str) -> None:
    assert found(role([token(subject)])) == [
        f"assumeRolePolicy, statement 1, Condition {OWNED}:sub is '{subject}'; allowed: repo:OWNER/REPOSITORY:*, both "
        "without wildcards, such as repo:acme/infra:ref:refs/heads/main (strangers may have such a token) (rule trust)"
    ]


@pytest.mark.parametrize("operator", ["ForAnyValue:StringLike", "StringNotLike", "ForAllValues:StringEquals"])
def test_tokens_without_a_subject(operator: str) -> None:
    assert found(role([token("repo:acme/infra:*", operator)])) == [
        f"assumeRolePolicy, statement 1, Condition {OWNED}:sub is not set; allowed: the subjects whose tokens are "
        "trusted, literally (rule trust)"
    ]


def test_what_lets_everybody_in() -> None:
    def bucket(**more: Any) -> Planned:
        policy = json.dumps({"Statement": {**statement("*"), "Action": "s3:GetObject", **more}})
        return Planned("aws:s3/bucketPolicy:BucketPolicy", "open", properties={"policy": policy})

    assert found(bucket()) == [
        "policy, statement 1, Principal is '*'; allowed: principals by their ARN, or a condition that limits '*' "
        "(rule trust)"
    ]
    assert found(bucket(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-example"}})) == []
    assert found(bucket(Effect="Deny")) == []


# --- identities ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "allowed"),
    [
        ("aws:iam/accessKey:AccessKey", "no AccessKey, but a role that is assumed, or OIDC (identity:oidc) for CI"),
        (
            "aws:iam/userLoginProfile:UserLoginProfile",
            "no UserLoginProfile, but a password set outside of Pulumi, or IAM Identity Center",
        ),
    ],
)
def test_credentials_that_last(type_: str, allowed: str) -> None:
    key = Planned(type_, "ada", properties={"user": "ada"})
    assert found(key, IDENTITY) == [f"user is 'ada'; allowed: {allowed} (rule identities)"]


def test_users_without_credentials() -> None:
    assert found(Planned("aws:iam/user:User", "ada", properties={"name": "ada"}), IDENTITY) == []


# --- protection ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "context"),
    [
        ("aws:organizations/account:Account", ACCOUNT),
        ("aws:organizations/organization:Organization", ORG),
        ("aws:organizations/organizationalUnit:OrganizationalUnit", ORG),
    ],
)
def test_what_is_protected(type_: str, context: Context) -> None:
    resource = Planned(type_, "it")
    setting = f"{context.project}:protect"
    assert found(resource, context) == [
        f"protect is False; allowed: true, or {setting}: false in {context.file} (rule protection)"
    ]
    assert found(replace(resource, protect=True), context) == []
    assert found(resource, replace(context, config={setting: "false"})) == []
    assert found(resource, replace(context, config={setting: "true"})) != []


# --- tags ----------------------------------------------------------------------------------------------------------


def tagged(tags: Mapping[str, Any] | None, provider: Mapping[str, Any] = INSIDE) -> Planned:
    return Planned("aws:backup/vault:Vault", "v", properties={} if tags is None else {"tags": tags}, provider=provider)


@pytest.mark.parametrize(
    "tags", [None, {}, {"CostCenter": "Testing"}, {"Team": "web"}, {"CostCenter": UNKNOWN}, UNKNOWN]
)
def test_tags_over_those_of_the_provider(tags: Any) -> None:
    assert found(tagged(tags)) == []


@pytest.mark.parametrize(
    ("tags", "provider", "said"),
    [
        ({"CostCenter": "Other"}, INSIDE, ["tags.CostCenter is 'Other'; allowed: Development, Test*"]),
        ({"CostCenter": "Testing"}, {}, ["tags.Owner is not set; allowed: *"]),
        ({"owner": "web", "CostCenter": "Testing"}, {}, ["tags.owner is 'web'; allowed: the key Owner"]),
    ],
)
def test_tags_that_break_the_rules(tags: Any, provider: Any, said: list[str]) -> None:
    assert found(tagged(tags, provider)) == [f"{each} (rule tags)" for each in said]


def test_default_tags_that_break_the_rules() -> None:
    provider = Planned("pulumi:providers:aws", "p", properties={"defaultTags": {"tags": {"Owner": "web"}}})
    assert found(provider) == ["defaultTags.tags.CostCenter is not set; allowed: Development, Test* (rule tags)"]


@pytest.mark.parametrize(
    "context",
    [
        replace(ACCOUNT, config={"accounts:organizationalUnit": "Sandbox"}),
        replace(ACCOUNT, outputs={}),
        replace(ACCOUNT, outputs={"policies": {"tagRules": UNKNOWN}}),
        IDENTITY,
    ],
)
def test_without_rules_any_tags_will_do(context: Context) -> None:
    assert found(tagged({"CostCenter": "Other"}), context) == []


# --- regions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", ["aws:backup/vault:Vault", "pulumi:providers:aws"])
def test_regions(type_: str) -> None:
    def vault(region: str) -> Planned:
        return Planned(type_, "v", properties={"region": region}, provider=INSIDE)

    assert found(vault("us-east-1")) == []
    assert found(vault(UNKNOWN)) == []
    assert found(vault("eu-central-1"), replace(ACCOUNT, regions=None)) == []
    assert found(vault("eu-central-1")) == [
        "region is 'eu-central-1'; allowed: us-east-1, us-west-2 (policies:serviceControl in "
        "stacks/policies/Pulumi.sandbox.yaml) (rule regions)"
    ]


# --- administrators ------------------------------------------------------------------------------------------------

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize(
    ("changes", "ok"),
    [
        ({}, False),
        ({"Action": ["s3:*", "*"]}, False),
        ({"Action": "*:*", "Resource": ["*"]}, False),
        ({"Action": None, "NotAction": "iam:*"}, False),
        ({"Action": None, "NotAction": ["iam:*", "organizations:*", "account:*"]}, True),
        ({"Effect": "Deny"}, True),
        ({"Action": "s3:*"}, True),
        ({"Resource": "arn:aws:s3:::reports"}, True),
    ],
)
@pytest.mark.parametrize(
    "type_",
    ["aws:iam/rolePolicy:RolePolicy", "aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy",
     "aws:iam/policy:Policy"],
)  # fmt: skip
def test_policies_that_allow_everything(type_: str, changes: Mapping[str, Any], ok: bool) -> None:
    given = {key: value for key, value in {**EVERYTHING, **changes}.items() if value is not None}
    messages = found(Planned(type_, "p", properties={"policy": json.dumps({"Statement": [given]})}))
    assert (messages == []) is ok
    assert all(message.startswith("policy, statement 1 is 'Allow ") for message in messages)
    assert all(message.endswith("needed on (rule administrators)") for message in messages)


def test_a_role_with_an_inline_policy_that_allows_everything() -> None:
    inline = [{"name": "all", "policy": json.dumps({"Statement": EVERYTHING})}]
    [message] = found(role(inlinePolicies=inline))
    assert message.startswith("inlinePolicies[0].policy, statement 1 is 'Allow * on *'; allowed: ")


def test_the_administrators_policy_of_aws() -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    attached = Planned("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "a", properties={"policyArn": arn})
    assert [m.partition(";")[0] for m in found(attached)] == [f"policyArn is '{arn}'"]
    assert [m.partition(";")[0] for m in found(role(managedPolicyArns=[arn]))] == [f"managedPolicyArns is '{arn}'"]
    assert found(replace(attached, properties={"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})) == []


@pytest.mark.parametrize(
    ("boundary", "name", "arns", "ok"),
    [
        ("none", "Admins", [ADMINISTRATOR], True),
        ("/teams/Most", "Admins", [ADMINISTRATOR], True),
        ("none", "Others", [ADMINISTRATOR], False),
        ("none", "Admins", [], False),
        ("nonesuch", "Admins", [ADMINISTRATOR], False),
        (None, "Admins", [ADMINISTRATOR], False),
    ],
)
def test_administrators_of_a_permission_set_that_was_found_so(
    boundary: str | None, name: str, arns: list[str], ok: bool
) -> None:
    center = {"permissionSets": {"Admins": {"boundary": boundary, "managedPolicies": arns}}}
    where = replace(IDENTITY, config={"identity:identityCenter": json.dumps(center)})
    of_set = {"permissionSetArn": UNKNOWN}
    attached = Planned(
        "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
        f"{name}-AdministratorAccess",
        properties={"managedPolicyArn": ADMINISTRATOR, **of_set},
    )
    assert (found(attached, where) == []) is ok
    inline = {"inlinePolicy": json.dumps({"Statement": EVERYTHING}), **of_set}
    document = Planned("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", name, properties=inline)
    assert (found(document, where) == []) is (ok or (name == "Admins" and boundary == "none"))
    assert found(document, IDENTITY)
    # What is no permission set's is judged as ever.
    assert found(Planned("aws:iam/policy:Policy", name, properties={"policy": inline["inlinePolicy"]}), where)


# --- secrets -------------------------------------------------------------------------------------------------------


def test_secrets_in_plain_text() -> None:
    context = replace(ACCOUNT, secrets=frozenset({"web@example.com", "7"}))

    def outputs(value: Any) -> Planned:
        return Planned("pulumi:pulumi:Stack", "accounts-sandbox.developer", properties={"contact": value})

    assert found(outputs({"mail": ["to web@example.com"]}), context) == [
        "contact is a secret of the configuration in plain text; allowed: a secret: pulumi.Output.secret(...) around "
        "the value (rule secrets)"
    ]
    assert found(outputs(Hidden("web@example.com")), context) == []
    assert found(outputs("7 accounts"), context) == []


def test_a_secret_value_is_not_shown() -> None:
    vault = Planned("aws:backup/vault:Vault", "v", properties={"region": Hidden("eu-central-1")})
    assert found(vault)[0].startswith("region is [secret]; allowed: us-east-1")
    document = Hidden(json.dumps({"Statement": [statement("*")]}))
    assert found(role(document))[0].startswith("assumeRolePolicy, statement 1, Principal is [secret]; ")


# --- levels --------------------------------------------------------------------------------------------------------


def test_levels() -> None:
    def stops(level: str) -> list[bool]:
        return [each.stops for each in judge(role(boundary=None), ACCOUNT, {"boundary": Setting(level)})]

    assert stops("mandatory") == [True]
    assert stops("advisory") == [False]
    assert stops("disabled") == []
