"""An organization in which every control holds, as answers of AWS, and what can be wrong in it."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from automation.audit.facts import Facts
from automation.aws import AwsFailed

NOW = datetime(2026, 11, 28, tzinfo=UTC)
RECENT, OLD = NOW - timedelta(days=10), NOW - timedelta(days=91)
MANAGEMENT, MEMBER, CLOSED = "111111111111", "222222222222", "333333333333"

Answer = Mapping[str, Any] | Callable[..., Mapping[str, Any]]


def fails(code: str = "AccessDenied") -> Callable[..., Mapping[str, Any]]:
    """An answer that is AWS's refusal."""

    def answer(**_arguments: Any) -> Mapping[str, Any]:
        raise AwsFailed(f"{code}: no; whose credentials these are: invoke doctor", code)

    return answer


def document(effect: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": "*", "Resource": "*"}})


def role(name: str, trusted: Any, created: datetime = RECENT, **statement: Any) -> dict[str, Any]:
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted, **statement}]}
    return {"RoleName": name, "Path": "/", "CreateDate": created, "AssumeRolePolicyDocument": trust}


def _accounts(ParentId: str, **_other: Any) -> Mapping[str, Any]:
    there = {"r-1": [{"Id": MANAGEMENT, "Name": "Root"}], "ou-1": [{"Id": MEMBER, "Name": "Dev", "State": "ACTIVE"}]}
    return {"Accounts": [*there[ParentId]]}


def _units(ParentId: str, **_other: Any) -> Mapping[str, Any]:
    return {"OrganizationalUnits": [{"Id": "ou-1", "Name": "Development"}] if ParentId == "r-1" else []}


def _users(account: str | None = None, **_other: Any) -> Mapping[str, Any]:
    ada = {"UserName": "ada", "CreateDate": OLD, "PasswordLastUsed": RECENT}
    return {"Users": [] if account else [ada, {"UserName": "ci", "CreateDate": RECENT}]}


def _keys(UserName: str, **_other: Any) -> Mapping[str, Any]:
    key = {"AccessKeyId": "AKIA", "Status": "Active", "CreateDate": RECENT}
    return {"AccessKeyMetadata": [key] if UserName == "ci" else []}


def _profile(UserName: str, **_other: Any) -> Mapping[str, Any]:
    return {"LoginProfile": {}} if UserName == "ada" else fails("NoSuchEntity")()


def _summary(account: str | None = None, **_other: Any) -> Mapping[str, Any]:
    root = {"AccountPasswordPresent": 0, "AccountAccessKeysPresent": 0, "AccountSigningCertificatesPresent": 0}
    return {"SummaryMap": {**root, "AccountMFAEnabled": 0 if account else 1}}


def _roles(**_arguments: Any) -> Mapping[str, Any]:
    service = {**role("AWSServiceRoleForX", {"Service": "x.amazonaws.com"}, OLD), "Path": "/aws-service-role/x/"}
    return {"Roles": [service, role("Inside", {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, OLD)]}


TRAIL = {"IsOrganizationTrail": True, "IsMultiRegionTrail": True, "TrailARN": "arn:trail", "HomeRegion": "us-east-1"}

GOOD: dict[str, Answer] = {
    "organizations describe_organization": {
        "Organization": {"Id": "o-1", "FeatureSet": "ALL", "MasterAccountId": MANAGEMENT}
    },
    "organizations list_roots": {
        "Roots": [
            {
                "Id": "r-1",
                "PolicyTypes": [
                    {"Type": kind, "Status": "ENABLED"}
                    for kind in ("BACKUP_POLICY", "RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY")
                ],
            }
        ]
    },
    "organizations list_accounts_for_parent": _accounts,
    "organizations list_organizational_units_for_parent": _units,
    "organizations list_policies": {
        "Policies": [{"Id": "p-1", "Name": "Guard"}, {"Id": "p-aws", "Name": "FullAWSAccess", "AwsManaged": True}]
    },
    "organizations list_targets_for_policy": {"Targets": [{"TargetId": "r-1"}]},
    "organizations describe_policy": {"Policy": {"Content": document("Deny")}},
    "organizations list_aws_service_access_for_organization": {
        "EnabledServicePrincipals": [
            {"ServicePrincipal": "iam.amazonaws.com"},
            {"ServicePrincipal": "guardduty.amazonaws.com"},
        ]
    },
    "organizations list_delegated_administrators": {"DelegatedAdministrators": [{"Id": MEMBER}]},
    "organizations list_delegated_services_for_account": {
        "DelegatedServices": [{"ServicePrincipal": "guardduty.amazonaws.com"}]
    },
    "iam list_organizations_features": {"EnabledFeatures": ["RootCredentialsManagement", "RootSessions"]},
    "iam get_account_summary": _summary,
    "iam list_users": _users,
    "iam list_access_keys": _keys,
    "iam get_access_key_last_used": {"AccessKeyLastUsed": {"LastUsedDate": RECENT}},
    "iam list_mfa_devices": {"MFADevices": [{"SerialNumber": "x"}]},
    "iam get_login_profile": _profile,
    "iam list_roles": _roles,
    "iam get_role": {"Role": {"RoleLastUsed": {"LastUsedDate": RECENT}}},
    "iam list_role_policies": {"PolicyNames": ["inline"]},
    "iam list_attached_role_policies": {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/X"}]},
    "iam list_entities_for_policy": {"PolicyRoles": [{"RoleName": "Admin"}], "PolicyUsers": [{"UserName": "ada"}]},
    "iam get_account_password_policy": {"PasswordPolicy": {"MinimumPasswordLength": 14, "PasswordReusePrevention": 24}},
    "account get_alternate_contact": {"AlternateContact": {}},
    "ec2 describe_regions": {"Regions": [{"RegionName": "us-east-1"}, {"RegionName": "eu-west-1"}]},
    "ec2 describe_instances": {"Reservations": []},
    "lambda list_functions": {"Functions": []},
    "ecs list_clusters": {"clusterArns": []},
    "rds describe_db_instances": {"DBInstances": []},
    "cloudtrail describe_trails": {"trailList": [TRAIL]},
    "cloudtrail get_trail_status": {"IsLogging": True},
}
"""By service and operation. A function gets the account and the parameters."""


class World:
    """Answers as AWS would, and keeps what it was asked."""

    def __init__(self, **changed: Answer) -> None:
        self._answers = {**GOOD, **{name.replace("__", " "): answer for name, answer in changed.items()}}
        self.asked: set[tuple[str, str]] = set()

    def __call__(
        self, service: str, operation: str, account: str | None = None, region: str | None = None, **arguments: str
    ) -> Mapping[str, Any]:
        self.asked.add((service, operation))
        answer = self._answers[f"{service} {operation}"]
        return answer(account=account, region=region, **arguments) if callable(answer) else answer

    @property
    def facts(self) -> Facts:
        return Facts("prod", self, NOW)
