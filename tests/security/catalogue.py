"""The catalogue of ways to more than the operating model gives (`paths/*.yaml`), and of the work that must go on.

A call is written as `ACTION [RESOURCE][@ACCOUNT] [KEY=VALUE]...`; RESOURCE is an ARN or its end, ACCOUNT one of
`other`, `member`, `management` and `outside`, and KEY a condition key of the request. `{words}` are in `words`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from sandbox.emulator.authorization.resources import CONTROLLED
from shared.policy_evaluation.evaluation import Document
from tests.security.organization import ACCESS_ROLE, ISSUER, federated_trust, provider_arn
from tests.security.principals import OUTSIDE, Caller, Cast
from tests.security.simulation import Case

PATHS = Path(__file__).parent / "paths"
REGION = "us-west-2"
SOURCES = {
    "aws-docs": "https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html",
    "hackingthecloud": "https://hackingthe.cloud/aws/",
    "pathfinding": "https://pathfinding.cloud/paths/",
    "pmapper": "https://github.com/nccgroup/PMapper/wiki/Algorithm-Reference",
    "rhino": "https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation",
}
"""Where the ways are published."""

TARGETS: Mapping[bool, Mapping[str, str]] = {
    True: {"user": "admin", "role": "Admin", "group": "admins", "policy": "AdminPolicy", "profile": "Admin"},
    False: {"user": "intruder", "role": ACCESS_ROLE, "group": "intruders", "policy": "own", "profile": "own"},
}
"""What a way is about: with an administrator in the account whom no boundary binds, and without."""

ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class Way:
    """One entry. `asked` are the callers that it is about, `open` those for whom it is open on purpose, and why."""

    id: str
    name: str
    sources: list[str]
    gives: str
    calls: list[str]
    asked: list[str]
    open: Mapping[str, str]
    trust: str | None
    policy: str | None


def ways(folder: Path = PATHS) -> list[Way]:
    """All entries, with the file's name in their ids."""
    found = []
    for file in sorted(folder.glob("*.yaml")):
        document = yaml.safe_load(file.read_text())
        for each in document["paths"]:
            found.append(_way(file.stem, document, each))
    return found


def _way(file: str, document: Mapping[str, Any], each: Mapping[str, Any]) -> Way:
    known = {"id", "name", "from", "calls", "open", "trust", "policy"}
    assert not each.keys() - known, f"{file}: {each.get('id')}: {sorted(each.keys() - known)}"
    assert set(each["from"]) <= SOURCES.keys(), f"{file}: {each['id']}: {each['from']}"
    return Way(
        f"{file}/{each['id']}",
        each["name"],
        each["from"],
        document["gives"],
        each["calls"],
        document.get("asked", []),
        each.get("open", {}),
        each.get("trust"),
        each.get("policy"),
    )


def callers(cast: Cast) -> list[Caller]:
    """Everybody whom a way is asked about."""
    return [
        cast.user("ada"),
        cast.user("ada", mfa=True),
        cast.user("cicd-automation"),
        cast.role("DeveloperRole"),
        cast.role("AutomationRole"),
        replace(cast.workload(), name="workload"),
        cast.root_user(),
        cast.local_administrator(),
        cast.outsider(),
        cast.token("repo:mallory/infrastructure:ref:refs/heads/main"),
    ]


def asked(way: Way, caller: Caller) -> bool:
    """Whether the way is about this caller. An administrator gains nothing by rights in the own account."""
    if way.asked:
        return caller.name in way.asked
    return caller.name != "local administrator" or way.gives != "rights in the account"


def cases(way: Way, caller: Caller, cast: Cast, administrator: bool) -> list[Case]:
    """The requests that the way takes, all of which must be allowed."""
    return [request(call, caller, cast, administrator, way.trust, way.policy) for call in way.calls]


def request(
    call: str,
    caller: Caller,
    cast: Cast,
    administrator: bool = True,
    trust: str | None = None,
    policy: str | None = None,
) -> Case:
    """One call of a caller as a request."""
    own = own_account(caller, cast)
    if caller.provider and not call.startswith("sts:"):
        # A token is good for STS alone: such a request would be unsigned.
        caller = replace(caller, provider=None)
    known = words(caller, cast, own, administrator)
    action, *rest = call.format_map(known).split()
    resource, keys = "*", rest
    if rest and "=" not in rest[0].partition("/")[0]:
        resource, keys = rest[0], rest[1:]
    end, _at, alias = resource.partition("@")
    named = end.split(":")[4] if end.startswith("arn:") else ""
    account_id = _accounts(cast)[alias] if alias else named or own
    context = dict(caller.context) | _about_account(cast, account_id) | {"aws:RequestedRegion": REGION}
    for each in keys:
        key, _, value = each.partition("=")
        context[key] = value.split("|") if "|" in value else value
    service = action.partition(":")[0]
    arn = _arn(service, end, account_id)
    controlled = service in CONTROLLED and account_id in cast.organization.ids.accounts.values()
    return Case(
        caller,
        action,
        arn,
        account_id,
        context,
        _resource_policy(action, arn, account_id, caller, cast, trust, policy),
        cast.organization.resource_control if controlled else [],
    )


def words(caller: Caller, cast: Cast, own: str, administrator: bool) -> dict[str, str]:
    """What stands for `{words}` in a call."""
    target = TARGETS[administrator]
    prefix = "dev" if cast.account == "developer" else ""
    boundaries = {
        "developer_boundary": f"{prefix}DeveloperRoleBoundary",
        "automation_boundary": f"{prefix}AutomationRoleBoundary",
        "workload_boundary": f"{prefix}WorkloadBoundary",
    }
    named = (caller.role_arn or "").rpartition("/")[2]
    boundaries["boundary"] = boundaries["automation_boundary" if named == "AutomationRole" else "developer_boundary"]
    arn = f"arn:aws:iam::{own}"
    return {
        **target,
        **boundaries,
        **{f"{name}_arn": f"{arn}:policy/{value}" for name, value in boundaries.items()},
        "account": own,
        "administrator": ADMINISTRATOR_ACCESS,
        "management": cast.organization.management,
        "organization": cast.organization.ids.organization,
        "other": cast.organization.ids.accounts["shared-test"],
        "outside": OUTSIDE,
        "own_role": caller.role_arn or f"{arn}:role/DeveloperRole",
        "own_user": (caller.arn or "").rpartition("/")[2],
        "policy_arn": f"{arn}:policy/{target['policy']}",
        "profile_arn": f"{arn}:instance-profile/{target['profile']}",
    }


def own_account(caller: Caller, cast: Cast) -> str:
    """Where the caller is; for who is outside, the account that is aimed at."""
    return cast.account_id if caller.account_id == OUTSIDE else caller.account_id


def _accounts(cast: Cast) -> dict[str, str]:
    ids = cast.organization.ids.accounts
    return {
        "other": ids["shared-test"],
        "member": ids["developer"],
        "management": cast.organization.management,
        "outside": OUTSIDE,
    }


def _about_account(cast: Cast, account_id: str) -> dict[str, str | list[str]]:
    ids = cast.organization.ids
    if account_id == OUTSIDE:
        return {"aws:ResourceAccount": OUTSIDE, "aws:ResourceOrgID": "o-somebody"}
    member = account_id in ids.accounts.values()
    return {
        "aws:ResourceAccount": account_id,
        "aws:ResourceOrgID": ids.organization,
        "aws:ResourceOrgPaths": [f"{ids.organization}/{ids.root}/" + (f"{ids.unit}/" if member else "")],
    }


def _arn(service: str, end: str, account_id: str) -> str:
    if end == "*" or end.startswith("arn:"):
        return end
    if service == "s3":
        return f"arn:aws:s3:::{end}"
    if service == "organizations":
        return f"arn:aws:organizations::123456789012:{end}"
    named = "iam" if service == "sts" else service
    region = "" if named in ("iam", "account") else REGION
    return f"arn:aws:{named}:{region}:{account_id}:{end}"


def _resource_policy(
    action: str, arn: str, account_id: str, caller: Caller, cast: Cast, trust: str | None, policy: str | None
) -> Document | None:
    if not action.startswith("sts:") or ":role/" not in arn:
        if policy is None and action.startswith("kms:") and ":key/" in arn:
            # A key has a policy always; the usual one leaves it to the account.
            return _allows({"AWS": f"arn:aws:iam::{account_id}:root"}, None, arn)
        return _allows({"AWS": "*"}, None, arn) if policy else None
    given = _trust(trust, account_id, caller)
    return given if given else _deployed_trust(arn.partition(":role/")[2], account_id, cast)


def _trust(trust: str | None, account_id: str, caller: Caller) -> Document | None:
    """The trust policy that a careless or bought administrator has given to the role."""
    host = ISSUER.removeprefix("https://")
    if trust is None:
        return None
    if trust == "automation":
        return federated_trust()
    if trust == "session":
        return _allows({"AWS": caller.arn}) if caller.arn else _allows({"Federated": caller.provider})
    return {
        "anyone": _allows({"AWS": "*"}),
        "outside": _allows({"AWS": f"arn:aws:iam::{OUTSIDE}:root"}),
        "token": _allows({"Federated": provider_arn(account_id)}, {"StringLike": {f"{host}:sub": "repo:*"}}),
        "cognito": _allows({"Federated": "cognito-identity.amazonaws.com"}),
    }[trust]


def _deployed_trust(role: str, account_id: str, cast: Cast) -> Document:
    """The role's own trust policy; a role that no stack makes trusts its account, the access role the management's."""
    for name, member in cast.organization.ids.accounts.items():
        if member == account_id and role in cast.organization.roles[name]:
            return cast.organization.roles[name][role].trust
    owner = cast.organization.management if role == ACCESS_ROLE else account_id
    return _allows({"AWS": f"arn:aws:iam::{owner}:root"})


def _allows(principal: Any, condition: Document | None = None, resource: str | None = None) -> Document:
    actions = (
        "*"
        if resource
        else ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
    )
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions}
    if resource:
        statement["Resource"] = resource
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}
