"""Field types for the configuration of several layers, with AWS's limits."""

import re
import unicodedata
from typing import Annotated, Any

from pulumi_aws import Region
from pydantic import AfterValidator, BeforeValidator, Field

from shared.policy_documents.roles import (
    AUTOMATION_IDENTITY,
    AUTOMATION_ROLE,
    DEVELOPER_ROLE,
    MANAGED_ROLES,
    WORKLOAD,
    sign_in_role,
)
from shared.units import ROOT_UNIT

ACCESS_ROLE = "OrganizationAccountAccessRole"
"""The role that AWS Organizations creates in a new account unless told otherwise. The accounts layer assumes it.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access-cross-account-role.html"""

ACCESS_ROLES = [ACCESS_ROLE, "OrganizationalAccountAccessRole"]
"""Both spellings that real organizations have. The second one was the default of this project."""

OU_LEVELS = 5
"""Maximum number of OU levels under the root.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""

TAGS = 50
"""Maximum number of tags of an account or a role.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""

REGIONS = frozenset(region.value for region in Region)
"""Every region that the AWS provider knows."""

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+\Z")


def _switch(value: Any) -> Any:
    # The engine passes a switch of its own as text. Pydantic alone would take 'no' and 'off' for false.
    if value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise ValueError("allowed: true or false, without quotes")
    return value


def _email(value: str) -> str:
    # The rule of CreateAccount: 6 to 64 characters, one @, a domain with a dot.
    # https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html
    if not 6 <= len(value) <= 64 or not _EMAIL.match(value):
        raise ValueError("not an e-mail address; allowed: local@domain.tld, 6 to 64 characters, no spaces")
    return value


def _region(value: str) -> str:
    if value not in REGIONS:
        near = sorted(region for region in REGIONS if region[:3] == value[:3]) or sorted(REGIONS)
        raise ValueError(f"no such region; allowed here: {', '.join(near)}")
    return value


def ou_path(value: str) -> str:
    """`value`, unchanged. Raises `ValueError` unless it is a path of OU keys."""
    parts = value.split("/")
    if len(parts) > OU_LEVELS:
        raise ValueError(f"{len(parts)} levels; AWS allows {OU_LEVELS} levels of OUs under the root")
    # The path is part of policy names, and AWS allows 128 characters in the name of a policy or an OU.
    if len(value) > 100 or any(not part or part != part.strip() for part in parts):
        raise ValueError("allowed: OU names joined by '/', such as Workloads/Development, 100 characters in all")
    return value


def unit_or_root(value: str) -> str:
    """`value`, unchanged. Raises `ValueError` unless it is the root or a path of OU keys."""
    return value if value == ROOT_UNIT else ou_path(value)


_IAM_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}\Z")


def _iam_name(value: str) -> str:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    if not _IAM_NAME.match(value):
        raise ValueError("allowed: 1 to 64 of A-Z a-z 0-9 + = , . @ _ -")
    return value


_RESERVED_ROLES = [*MANAGED_ROLES, AUTOMATION_IDENTITY]


def _access_role(value: str) -> str:
    # AWS would make it as an administrator without a boundary, and the guardrails would exempt it. IAM's names are
    # unique whatever their case.
    if value.lower() in {role.lower() for role in _RESERVED_ROLES}:
        raise ValueError(
            f"a role that this project makes; allowed: any other name than {', '.join(_RESERVED_ROLES)}, "
            "in whatever case"
        )
    return value


_ADDED_ROLE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}\Z")
_TAKEN = {role.lower() for role in (*_RESERVED_ROLES, *ACCESS_ROLES, WORKLOAD)}


def _role_key(value: str) -> str:
    # The name is part of others, of 64 characters at most. IAM's names are unique whatever their case and path.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    if value in (DEVELOPER_ROLE, AUTOMATION_ROLE):
        return value
    taken = value.lower() in _TAKEN or sign_in_role(value).lower() == AUTOMATION_IDENTITY
    if taken or value.lower().startswith("aws") or not _ADDED_ROLE.match(value):
        raise ValueError(
            f"allowed: {DEVELOPER_ROLE}, {AUTOMATION_ROLE}, or the name of another role, 1 to 50 letters, digits, '_' "
            f"and '-', beginning with a letter and not with AWS, and none of {', '.join(_RESERVED_ROLES[2:])}, "
            f"{', '.join(ACCESS_ROLES)}, {WORKLOAD}, automation, in whatever case"
        )
    return value


def _tag_text(value: str, longest: int, more: str = "") -> str:
    # https://docs.aws.amazon.com/organizations/latest/APIReference/API_Tag.html and
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: what is tagged are accounts and roles.
    wrong = {each for each in value if unicodedata.category(each)[0] not in "LNZ" and each not in "_.:/=+-@" + more}
    if wrong or len(value) > longest or value.lower().startswith("aws:"):
        raise ValueError(
            f"allowed: up to {longest} letters, digits, spaces and {' '.join('_.:/=+-@' + more)}, "
            "not beginning with aws:"
        )
    return value


def _tag_key(value: str) -> str:
    if not value:
        raise ValueError("allowed: a key of 1 to 128 characters")
    return _tag_text(value, 128)


def _tag_value(value: str) -> str:
    return _tag_text(value, 256)


def _tag_pattern(value: str) -> str:
    # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html
    if not value or value.count("*") > 1:
        raise ValueError("allowed: 1 to 256 characters, with one * at most")
    return _tag_text(value, 256, "*")


def _tags(value: dict[str, str]) -> dict[str, str]:
    if len(value) > TAGS:
        raise ValueError(f"{len(value)} tags; AWS allows {TAGS}")
    unique_ignoring_case(list(value))
    return value


_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ISSUER = re.compile(rf"https://(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?(?P<path>(?:/[A-Za-z0-9._~-]+)*)\Z")


def _issuer(value: str) -> str:
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    found = _ISSUER.match(value)
    if not found or len(value) > 255 or {".", ".."} & set(found["path"].split("/")):
        raise ValueError(
            "allowed: https://HOST or https://HOST/PATH with the host in lower case, at most 255 characters, no "
            "port, user, query or slash at the end"
        )
    return value


Switch = Annotated[bool, BeforeValidator(_switch)]
"""`true` or `false`, and no other word for them."""
Email = Annotated[str, AfterValidator(_email)]
RegionName = Annotated[str, AfterValidator(_region), Field(json_schema_extra={"enum": sorted(REGIONS)})]
OuPath = Annotated[str, AfterValidator(ou_path)]
UnitOrRoot = Annotated[str, AfterValidator(unit_or_root)]
RoleKey = Annotated[str, AfterValidator(_role_key)]
"""DeveloperRole, AutomationRole, or the name of a role that the configuration adds."""
IamName = Annotated[str, AfterValidator(_iam_name)]
Issuer = Annotated[str, AfterValidator(_issuer)]
"""The URL of an OIDC identity provider, as IAM takes it."""
AccessRoleName = Annotated[IamName, AfterValidator(_access_role)]
TagPattern = Annotated[str, AfterValidator(_tag_pattern)]
Tags = Annotated[
    dict[Annotated[str, AfterValidator(_tag_key)], Annotated[str, AfterValidator(_tag_value)]], AfterValidator(_tags)
]


def unique(values: list[str]) -> list[str]:
    """`values`, unchanged. Raises `ValueError` with the values that appear more than once."""
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"listed twice: {', '.join(twice)}; allowed: each once")
    return values


def unique_ignoring_case(values: list[str]) -> list[str]:
    """`values`, unchanged. Raises `ValueError` with the values that differ in their case only, or not at all."""
    lower = [value.lower() for value in values]
    same = sorted(value for value in set(values) if lower.count(value.lower()) > 1)
    if same:
        raise ValueError(f"listed twice: {', '.join(same)}; allowed: each once, whatever its case")
    return values
