"""Configuration of the policies layer (`stacks/policies`)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from shared.settings.base import Settings
from shared.settings.fields import (
    ACCESS_ROLES,
    AccessRoleName,
    Issuer,
    OuPath,
    RegionName,
    TagPattern,
    ou_path,
    unique,
    unique_ignoring_case,
)

ROOT = "/"
"""The key of the root among the paths of OUs."""

Guardrail = Literal[
    "leave-organization",
    "stop-cloudtrail",
    "stop-backup",
    "protect-roles",
    "protect-account",
    "local-identities",
    "data-stays",
    "root-user",
]

GUARDRAILS: list[Guardrail] = list(get_args(Guardrail))


AccountId = Annotated[str, Field(pattern=r"^[0-9]{12}$", description="twelve digits, in quotes")]


def _target(value: str) -> str:
    return value if value == ROOT else ou_path(value)


class Backup(Settings):
    """Which OUs the monthly backup policy applies to, and where its copies go."""

    organizational_units: Annotated[list[OuPath], AfterValidator(unique)] = Field(
        min_length=1, description="the OUs whose accounts are backed up"
    )
    primary_regions: Annotated[list[RegionName], AfterValidator(unique)] = Field(
        min_length=1, description="the regions whose tagged resources are backed up"
    )
    copy_region: RegionName = Field(description="the region that gets the copies")

    @model_validator(mode="after")
    def _copy_elsewhere(self) -> Backup:
        if self.copy_region in self.primary_regions:
            raise ValueError(
                f"policies:backup.copyRegion is {self.copy_region!r}, which is a primary region too; "
                "allowed: a region that is not in policies:backup.primaryRegions"
            )
        return self


ENFORCED_FOR = [
    f"{service}:ALL_SUPPORTED"
    for service in (
        "cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "elasticache", "kms", "lambda", "rds", "s3", "ssm"
    )
]  # fmt: skip
"""Every type with enforcement of the services that the roles in accounts work with, as far as AWS has a word for all.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_supported-resources-enforcement.html"""

_RESOURCE_TYPE = re.compile(r"[a-z0-9-]+:(?:\*|[A-Za-z][A-Za-z0-9_/-]*)\Z")


def _resource_type(value: str) -> str:
    if not _RESOURCE_TYPE.match(value):
        raise ValueError("allowed: a resource type of AWS's list, such as ec2:instance, or ec2:ALL_SUPPORTED")
    return value


class TagRule(Settings):
    """The allowed values of the CostCenter tag in the accounts of an OU."""

    cost_centers: Annotated[list[TagPattern], AfterValidator(unique)] = Field(
        min_length=1, description="allowed values of CostCenter"
    )
    enforced_for: Annotated[list[Annotated[str, AfterValidator(_resource_type)]], AfterValidator(unique)] = Field(
        default=ENFORCED_FOR, description="resource types on which AWS refuses tags that break the rules"
    )


class ServiceControl(Settings):
    """The guardrails of the root or of an OU."""

    guardrails: Annotated[list[Guardrail], AfterValidator(unique)] | None = Field(
        default=None, description="null: at the root all, and on an OU those that the root has not"
    )
    allowed_regions: Annotated[list[RegionName], AfterValidator(unique)] | None = Field(
        default=None, min_length=1, description="regional services are denied elsewhere; null: everywhere allowed"
    )


class ResourceControl(Settings):
    """Who besides this organization and AWS's services may reach what is in its member accounts."""

    trusted_accounts: Annotated[list[AccountId], AfterValidator(unique)] = Field(
        default=[], description="accounts outside of the organization that resource policies may let in"
    )
    trusted_issuers: Annotated[list[Issuer], AfterValidator(unique)] = Field(
        default=[], description="URLs of identity providers whose tokens may assume roles in member accounts"
    )


class PoliciesConfig(Settings):
    """The organization policies and the OUs that they are attached to."""

    backup: Backup | None = Field(default=None, description="the monthly backup policy")
    tags: dict[OuPath, TagRule] = Field(default={}, description="tag rules by OU path")
    service_control: dict[Annotated[str, AfterValidator(_target)], ServiceControl] = Field(
        default={}, description="guardrails by OU path, and of the root by '/', which has all of them unless given"
    )
    resource_control: ResourceControl | None = Field(
        default=ResourceControl(), description="who may reach what is in member accounts; null: no such policy"
    )
    access_role_names: Annotated[list[AccessRoleName], AfterValidator(unique_ignoring_case)] = Field(
        default=ACCESS_ROLES,
        min_length=1,
        description="the access roles of all accounts, which the guardrails let change the roles made here",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_name_became_several(cls, given: Any) -> Any:
        if isinstance(given, dict) and "accessRoleName" in given:
            raise ValueError(
                f"policies:accessRoleName is {given['accessRoleName']!r}: it has become a list of the access roles of "
                f"all accounts; allowed: policies:accessRoleNames: [{given['accessRoleName']}]"
            )
        return given

    @property
    def unit_paths(self) -> dict[str, str]:
        """Every OU path in the configuration → the first configuration key that names it."""
        named: dict[str, str] = {}
        for path in self.backup.organizational_units if self.backup else []:
            named.setdefault(path, "policies:backup.organizationalUnits")
        for path in self.tags:
            named.setdefault(path, f"policies:tags.{path}")
        for path in self.service_control:
            if path != ROOT:
                named.setdefault(path, f"policies:serviceControl.{path}")
        return named

    @property
    def controls(self) -> dict[str, tuple[list[Guardrail], list[str] | None]]:
        """`ROOT` or OU path → its guardrails and allowed regions, where it has any; the root first."""
        given = {ROOT: ServiceControl(), **self.service_control}
        of_root = given[ROOT].guardrails
        of_units = [] if of_root is None else [each for each in GUARDRAILS if each not in of_root]
        found = {}
        for path, control in given.items():
            usual = GUARDRAILS if path == ROOT else of_units
            found[path] = (usual if control.guardrails is None else control.guardrails, control.allowed_regions)
        return {path: both for path, both in found.items() if any(both)}

    @model_validator(mode="after")
    def _regions_cover_backups(self) -> PoliciesConfig:
        """Without the backup regions, a list of allowed regions would break the backup policy."""
        for path, control in self.service_control.items():
            if self.backup is None or control.allowed_regions is None:
                continue
            needed = {*self.backup.primary_regions, self.backup.copy_region}
            if missing := sorted(needed - set(control.allowed_regions)):
                raise ValueError(
                    f"policies:serviceControl.{path}.allowedRegions lacks {', '.join(missing)}, which "
                    "policies:backup uses; allowed: a list with every backup region"
                )
        return self
