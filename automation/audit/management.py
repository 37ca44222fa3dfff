"""The controls about the management account, which no SCP limits."""

import shlex
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from automation.audit.control import Control, State, Verdict, judged, reason
from automation.audit.facts import CONTACTS, Facts
from automation.aws import AwsFailed
from automation.inventory.identities import Principal, removal_of_role

LIMIT = timedelta(days=90)
"""How old a key may become, and how long a principal may be unused.
https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-3"""

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

WORKLOADS: tuple[tuple[str, str, str, Callable[[Mapping[str, Any]], list[Any]]], ...] = (
    (
        "ec2",
        "describe_instances",
        "EC2 instances",
        lambda found: [each for reservation in found["Reservations"] for each in reservation["Instances"]],
    ),
    ("lambda", "list_functions", "Lambda functions", lambda found: list(found["Functions"])),
    ("ecs", "list_clusters", "ECS clusters", lambda found: list(found["clusterArns"])),
    ("rds", "describe_db_instances", "RDS instances", lambda found: list(found["DBInstances"])),
)
"""What is looked at in every region that is on. Buckets are not: those of a trail or of a backend may be there."""


def root_keys(facts: Facts) -> Verdict:
    """A key of the root user may do everything, and nothing limits it."""
    wrong = ["the root user has an access key"] if facts.summary()["AccountAccessKeysPresent"] else []
    return judged(wrong, "none", ["sign in as the root user and delete it, under Security credentials"])


def root_mfa(facts: Facts) -> Verdict:
    """The root user's password alone must not open the account."""
    wrong = [] if facts.summary()["AccountMFAEnabled"] else ["the root user has no MFA device"]
    return judged(wrong, "it has one", ["sign in as the root user and assign one, under Security credentials"])


def user_mfa(facts: Facts) -> Verdict:
    """Who can sign in to the console needs an MFA device."""
    bare = [user.name for user in facts.users if user.password and not user.mfa]
    return judged(
        [f"a password and no MFA device: {', '.join(bare)}"] if bare else [],
        "every user with a password",
        (
            f"{name} enrols a device in the console, or without a password: "
            f"`aws iam delete-login-profile --user-name {shlex.quote(name)}`"
            for name in bare
        ),
    )


def old_keys(facts: Facts) -> Verdict:
    """A key that is old or unused is more likely to have leaked than to be needed."""
    old = [
        (user.name, key.id, "old" if facts.now - key.created > LIMIT else "unused")
        for user in facts.users
        for key in user.keys
        if facts.now - key.created > LIMIT or (key.used is not None and facts.now - key.used > LIMIT)
    ]
    return judged(
        [f"{user}'s {key} is {how} for {LIMIT.days} days" for user, key, how in old],
        f"none is older than {LIMIT.days} days",
        (
            f"run: aws iam delete-access-key --access-key-id {key} --user-name {shlex.quote(user)}"
            for user, key, _how in old
        ),
    )


def unused(facts: Facts) -> Verdict:
    """Whom nobody has needed for so long is only of use to an intruder."""

    def idle(created: datetime, used: datetime | None) -> bool:
        return facts.now - (used or created) > LIMIT

    users = [user.name for user in facts.users if idle(user.created, user.used)]
    roles = []
    for each in facts.roles():
        last = facts.ask("iam", "get_role", RoleName=each["RoleName"])["Role"].get("RoleLastUsed", {})
        if idle(each["CreateDate"], last.get("LastUsedDate")):
            roles.append(each["RoleName"])
    fixes = [
        f"take {name} out of identity:users and run: invoke up identity --env {facts.environment}; the command that "
        f"removes a user whom no stack has is in: invoke drift --env {facts.environment}"
        for name in users
    ]
    return judged(
        [f"user {name}" for name in users] + [f"role {name}" for name in roles],
        f"all were used in {LIMIT.days} days, or are newer",
        [*fixes, *(f"run: {_removal(facts, name)}" for name in roles)],
    )


def _removal(facts: Facts, role: str) -> str:
    inline = facts.ask("iam", "list_role_policies", RoleName=role)["PolicyNames"]
    attached = facts.ask("iam", "list_attached_role_policies", RoleName=role)["AttachedPolicies"]
    return removal_of_role(Principal(role, (), tuple(inline), tuple(each["PolicyArn"] for each in attached)))


def administrators(facts: Facts) -> Verdict:
    """Who may do everything there. Whether that is right, only people can tell."""
    found = facts.ask("iam", "list_entities_for_policy", PolicyArn=ADMINISTRATOR)
    named = [
        f"{kind.lower()} {each[f'{kind}Name']}"
        for kind in ("User", "Group", "Role")
        for each in found.get(f"Policy{kind}s", [])
    ]
    return Verdict(State.REVIEW, ", ".join(sorted(named)) or "nobody has AdministratorAccess")


def workloads(facts: Facts) -> Verdict:
    """What runs in the management account runs without guardrails."""
    regions = [each["RegionName"] for each in facts.ask("ec2", "describe_regions")["Regions"]]
    found: dict[str, int] = {}
    unasked = []
    for service, operation, what, counted in WORKLOADS:
        for region in regions:
            try:
                number = len(counted(facts.ask(service, operation, region=region)))
            except AwsFailed as error:
                unasked.append(reason(error))
                break  # it would be the same in every region
            if number:
                found[what] = found.get(what, 0) + number
    return judged(
        [f"{number} {what}" for what, number in found.items()],
        f"none of {', '.join(what for _service, _operation, what, _counted in WORKLOADS)}",
        ["move them to a member account: invoke add-account makes one"],
        unasked,
    )


def passwords(facts: Facts) -> Verdict:
    """The password policy, as CIS AWS Foundations has it."""
    fix = (
        f"leave identity:passwordPolicy out of stacks/identity/Pulumi.{facts.environment}.yaml, or as strict as its "
        f"default, and run: invoke up identity --env {facts.environment}"
    )
    try:
        policy = facts.ask("iam", "get_account_password_policy")["PasswordPolicy"]
    except AwsFailed as error:
        if error.code != "NoSuchEntity":
            raise
        return Verdict(State.FAILED, "there is none", (fix,))
    length, remembered = policy.get("MinimumPasswordLength", 0), policy.get("PasswordReusePrevention", 0)
    wrong = [f"passwords of {length} characters; wanted: 14 or more"] if length < 14 else []
    wrong += [f"{remembered} old passwords are remembered; wanted: 24"] if remembered < 24 else []
    return judged(wrong, f"{length} characters, {remembered} old passwords remembered", [fix])


def contacts(facts: Facts) -> Verdict:
    """AWS writes to these about bills, operations and abuse."""
    there = facts.contacts()
    missing = [kind for kind in CONTACTS if kind not in there]
    return judged(
        [f"no contact for {', '.join(missing)}"] if missing else [],
        ", ".join(CONTACTS),
        (
            f"run: aws account put-alternate-contact --alternate-contact-type {kind} --name NAME --title TITLE "
            "--email-address EMAIL --phone-number PHONE"
            for kind in missing
        ),
    )


_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide"
_BEST = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_best-practices_mgmt-acct.html"


def controls() -> Iterator[Control]:
    """In the order in which they are shown."""
    yield Control("root-key", "management: no root access key", f"{_HUB}/iam-controls.html#iam-4", root_keys)
    yield Control("root-mfa", "management: root MFA", f"{_HUB}/iam-controls.html#iam-9", root_mfa)
    yield Control("user-mfa", "management: MFA of users", f"{_HUB}/iam-controls.html#iam-5", user_mfa)
    yield Control("old-keys", "management: keys of users", f"{_HUB}/iam-controls.html#iam-3", old_keys)
    yield Control("unused", "management: unused principals", f"{_HUB}/iam-controls.html#iam-8", unused)
    yield Control("administrators", "management: administrators", _BEST, administrators)
    yield Control("workloads", "management: no workload", _BEST, workloads)
    yield Control("password-policy", "management: password policy", f"{_HUB}/iam-controls.html#iam-15", passwords)
    yield Control("management-contacts", "management: alternate contacts", f"{_HUB}/account-controls.html", contacts)
