"""Random organizations, made by boto3 as somebody made them years ago, and what is in one, to compare."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st

NAMES = ("Workloads", "Security", "Prod/EU", "no", "017", "null", "A: b", "#1", "Über uns", "x" * 60, "Dev", "dev")
ACCOUNT_NAMES = (
    "Web Shop",
    "web-shop",
    "WebShopAccount",
    "no",
    "017",
    "1e3",
    "a: b",
    "# hash",
    "~",
    "Data-Lake",
    "yes",
)
SERVICES = ("sso.amazonaws.com", "config.amazonaws.com", "backup.amazonaws.com", "iam.amazonaws.com")
DELEGABLE = "config.amazonaws.com"
SCP, TAG, RCP = "SERVICE_CONTROL_POLICY", "TAG_POLICY", "RESOURCE_CONTROL_POLICY"
BACKUP, AI = "BACKUP_POLICY", "AISERVICES_OPT_OUT_POLICY"
DOCUMENTS: Mapping[str, tuple[Any, ...]] = {
    SCP: (
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}]},
        # What this project itself does.
        {"Version": "2012-10-17", "Statement": {"Sid": "no", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}},
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "NotAction": ["iam:*", "sts:*"],
                    "Resource": "arn:aws:s3:::${aws:PrincipalAccount}-*",
                    "Condition": {
                        "Null": {"aws:TokenIssueTime": "true"},
                        "NumericLessThan": {"aws:MultiFactorAuthAge": 1},
                    },
                }
            ],
        },
    ),
    TAG: (
        {"tags": {"team": {"tag_key": {"@@assign": "Team"}}}},
        {"tags": {"no": {"tag_key": {"@@assign": "no"}, "tag_value": {"@@assign": ["017", "yes*"]}}}},
    ),
    RCP: (
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        },
    ),
    BACKUP: (
        {
            "plans": {
                "no": {
                    "regions": {"@@assign": ["eu-west-1"]},
                    "rules": {
                        "017": {
                            "schedule_expression": {"@@assign": "cron(0 5 1 * ? *)"},
                            "target_backup_vault_name": {"@@assign": "Default"},
                            "lifecycle": {"delete_after_days": {"@@assign": "35"}},
                        }
                    },
                    "selections": {
                        "tags": {
                            "yes": {
                                "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/Backups"},
                                "tag_key": {"@@assign": "backup"},
                                "tag_value": {"@@assign": ["on"]},
                            }
                        }
                    },
                }
            }
        },
    ),
    AI: ({"services": {"default": {"opt_out_policy": {"@@assign": "optOut"}}}},),
}
"""Policy type → documents of policies of that type."""

ROLES = (None, "OrganizationalAccountAccessRole", "AWSControlTowerExecution", "Stranger")
"""The access roles of accounts: AWS's own, other spellings, and one that nobody knows of: as with invited accounts."""


@dataclass(frozen=True)
class Account:
    name: str
    unit: int
    role: str | None
    tags: Mapping[str, str]
    closed: bool


@dataclass(frozen=True)
class Policy:
    name: str
    type: str
    document: Any
    description: str
    targets: tuple[int, ...]
    tagged: bool


@dataclass(frozen=True)
class Plan:
    """`units` are pairs of the parent's number, 0 for the root, and a name; numbers of targets wrap around."""

    units: tuple[tuple[int, str], ...]
    accounts: tuple[Account, ...]
    policies: tuple[Policy, ...]
    types: frozenset[str]
    services: frozenset[str]
    developers: int
    groups: frozenset[str]
    delegates: tuple[tuple[int, str], ...] = ()
    """The numbers of accounts and the services that they administer."""
    roles: tuple[str, ...] = ()
    """Roles of the management account."""
    permission_sets: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Their names, and the numbers of the accounts that have them; with IAM Identity Center."""
    killed_after: int = 0
    """After how many steps its adoption is killed."""


def plans(most_accounts: int = 20) -> st.SearchStrategy[Plan]:
    """Random organizations. Hypothesis draws a seed alone, so that its first and simplest example is as rich as any."""
    return st.integers(0, 2**32).map(lambda seed: random_plan(Random(seed), most_accounts))  # noqa: S311


def random_plan(random: Random, most_accounts: int) -> Plan:
    """OUs to five levels, accounts, policies and foreign things."""
    # Now and then below the newest OU: by chance alone, few are deep.
    units = [(random.choice([number, random.randrange(41)]), random.choice(NAMES)) for number in range(10)]
    accounts = tuple(
        Account(
            random.choice(ACCOUNT_NAMES),
            random.choice([0, random.randrange(41)]),
            random.choice(ROLES),
            {key: random.choice(["no", "yes", "017", "1e3"]) for key in _some(random, ["Env", "no", "017"], 2)},
            closed=random.random() < 0.2,
        )
        for _ in range(random.randint((most_accounts + 1) // 2, most_accounts))
    )
    policies: dict[str, Policy] = {}
    for _ in range(random.randint(1, 6)):
        kind = random.choice(list(DOCUMENTS))
        policy = Policy(
            random.choice(["Deny", "no", "017", "Teams", "Guardrails-1", "a: b"]),
            kind,
            random.choice(DOCUMENTS[kind]),
            random.choice(["", "no", "What it is: this", "#"]),
            tuple(_some(random, range(41), 3)),
            random.random() < 0.5,
        )
        policies[policy.name] = policy
    services = frozenset(_some(random, SERVICES, 3))
    return Plan(
        tuple(units[: random.randint(3, 10)]),
        accounts,
        tuple(policies.values()),
        frozenset(_some(random, list(DOCUMENTS), 3)),
        services,
        random.randint(0, 2),
        frozenset(_some(random, ["developers", "admins", "mfa-enrolment"], 3)),
        tuple((random.randrange(41), each) for each in sorted(services & {DELEGABLE})),
        tuple(_some(random, ["Deployer", "cicd-automation", "DeveloperRole"], 2)),
        tuple((name, tuple(_some(random, range(41), 3))) for name in _some(random, ["Admins", "no"], 2)),
        random.randrange(41),
    )


def _some(random: Random, values: Sequence[Any], most: int) -> list[Any]:
    return random.sample(values, random.randint(0, most))


@dataclass
class Made:
    """What was made: ids of OUs, by number, and of the accounts."""

    units: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)


def make(plan: Plan, aws: Callable[[Any], Any]) -> Made:
    """Make it in an AWS account that has no organization. `aws` gives clients."""
    client, iam = aws("organizations"), aws("iam")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    made, depth, taken = Made([root]), {root: 0}, set()
    for above, name in plan.units:
        parent = made.units[above % len(made.units)]
        if depth[parent] == 5 or (parent, name.lower()) in taken:
            continue
        taken.add((parent, name.lower()))
        unit = client.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"]
        depth[unit] = depth[parent] + 1
        made.units.append(unit)
        if above % 3 == 0:
            client.tag_resource(ResourceId=unit, Tags=[{"Key": "no", "Value": "017"}])
    for index, account in enumerate(plan.accounts):
        more = {"RoleName": account.role} if account.role else {}
        asked = client.create_account(AccountName=account.name, Email=f"a{index}@example.com", **more)
        request = asked["CreateAccountStatus"]["Id"]
        while "AccountId" not in (
            status := client.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
        ):
            pass
        made.accounts.append(status["AccountId"])
        unit = made.units[account.unit % len(made.units)]
        if unit != root:
            client.move_account(AccountId=status["AccountId"], SourceParentId=root, DestinationParentId=unit)
        if account.tags:
            tags = [{"Key": key, "Value": value} for key, value in account.tags.items()]
            client.tag_resource(ResourceId=status["AccountId"], Tags=tags)
    for service in sorted(plan.services):
        client.enable_aws_service_access(ServicePrincipal=service)
    for kind in sorted(plan.types | {each.type for each in plan.policies}):
        client.enable_policy_type(RootId=root, PolicyType=kind)
    _policies(plan, client, made)
    for account, identity in zip(plan.accounts, made.accounts, strict=True):
        if account.closed:
            client.close_account(AccountId=identity)
    for number, service in plan.delegates:
        if not plan.accounts[number % len(plan.accounts)].closed:
            account_id = made.accounts[number % len(made.accounts)]
            client.register_delegated_administrator(AccountId=account_id, ServicePrincipal=service)
    for role in plan.roles:
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=_trust("ec2.amazonaws.com"))
    for group in sorted(plan.groups):
        iam.create_group(GroupName=group)
    for number in range(plan.developers):
        iam.create_user(UserName=f"user{number}", **({"Path": "/people/"} if number else {}))
        if "developers" in plan.groups:
            iam.add_user_to_group(GroupName="developers", UserName=f"user{number}")
    return made


def _policies(plan: Plan, client: Any, made: Made) -> None:
    targets = [*made.units, *made.accounts]
    for policy in plan.policies:
        content = json.dumps(policy.document, indent=2)
        arguments = {"Name": policy.name, "Description": policy.description, "Type": policy.type, "Content": content}
        tags = {"Tags": [{"Key": "no", "Value": "yes"}]} if policy.tagged else {}
        identity = client.create_policy(**arguments, **tags)["Policy"]["PolicySummary"]["Id"]
        for target in {targets[each % len(targets)] for each in policy.targets}:
            client.attach_policy(PolicyId=identity, TargetId=target)


def _trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_people(plan: Plan, aws: Callable[[Any], Any], made: Made) -> None:
    """Make the permission sets, with a group that is assigned to accounts; IAM Identity Center is enabled already."""
    admin, directory = aws("sso-admin"), aws("identitystore")
    (instance,) = admin.list_instances()["Instances"]
    where = {"InstanceArn": instance["InstanceArn"]}
    group = directory.create_group(IdentityStoreId=instance["IdentityStoreId"], DisplayName="Everybody")["GroupId"]
    opened = [id_ for id_, account in zip(made.accounts, plan.accounts, strict=True) if not account.closed]
    for name, numbers in plan.permission_sets:
        arn = admin.create_permission_set(**where, Name=name)["PermissionSet"]["PermissionSetArn"]
        for account in {opened[number % len(opened)] for number in numbers if opened}:
            admin.create_account_assignment(
                **where,
                PermissionSetArn=arn,
                PrincipalType="GROUP",
                PrincipalId=group,
                TargetType="AWS_ACCOUNT",
                TargetId=account,
            )


WRITES_NOTHING = ("Get", "List", "Describe", "AssumeRole", "Simulate")
"""CloudTrail calls AssumeRole a reading event, too."""


def writes(calls: Mapping[str, Mapping[str, int]]) -> dict[tuple[str, str], int]:
    """The calls that change something, of those that the emulated AWS has counted."""
    found = ((service, action, count) for service, actions in calls.items() for action, count in actions.items())
    return {(service, action): count for service, action, count in found if not action.startswith(WRITES_NOTHING)}


def pages(client: Any, operation: str, key: str, **arguments: str) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]
