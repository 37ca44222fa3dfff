"""Configuration of the policies layer (`stacks/policies`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from shared.organization_policies.limits import LIMITS, Limit
from shared.organization_policies.types import BY_KEY, POLICY_TYPES
from shared.settings.base import Settings
from shared.settings.fields import (
    ACCESS_ROLES,
    AccessRoleName,
    Issuer,
    OuPath,
    RegionName,
    Switch,
    TagPattern,
    UnitOrRoot,
    unique,
    unique_ignoring_case,
)
from shared.units import ROOT_UNIT
from stacks.policies.files import CONTROL
from stacks.policies.parameters import ResourceType
from stacks.policies.vault_config import Vault, VaultName

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


class TagRule(Settings):
    """The allowed values of the CostCenter tag in the accounts of an OU."""

    cost_centers: Annotated[list[TagPattern], AfterValidator(unique)] = Field(
        min_length=1, description="allowed values of CostCenter"
    )
    enforced_for: Annotated[list[ResourceType], AfterValidator(unique)] | None = Field(
        default=None, description="resource types on which AWS refuses tags that break the rules; null: the library's"
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


class LimitOverride(Settings):
    """What AWS allows this organization, where it is not what `shared.organization_policies.limits` has."""

    characters: int | None = Field(default=None, ge=1, description="characters of a policy")
    attached: int | None = Field(default=None, ge=1, description="policies of the type attached to one target")
    policies: int | None = Field(default=None, ge=1, description="policies of the type in the organization")


def _type_key(value: str) -> str:
    if value not in BY_KEY:
        raise ValueError(f"no such policy type; allowed: {', '.join(BY_KEY)}")
    return value


PolicyTypeKey = Annotated[str, AfterValidator(_type_key)]


class PoliciesConfig(Settings):
    """The organization policies and the OUs that they are attached to."""

    backup: Backup | None = Field(default=None, description="the monthly backup policy")
    vaults: dict[VaultName, Vault] = Field(default={}, description="locks of backup vaults by name")
    bucket_backups: Switch = Field(
        default=False, description="true: backup plans that select by tag alone take S3 buckets too"
    )
    root_tags: Switch = Field(default=True, description="the policy RootTags on the root: how CostCenter is spelled")
    tags: dict[OuPath, TagRule] = Field(default={}, description="tag rules by OU path")
    service_control: dict[UnitOrRoot, ServiceControl] = Field(
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

    limits: dict[PolicyTypeKey, LimitOverride] = Field(
        default={}, description="by policy type: what AWS has raised, or not raised yet, for this organization"
    )
    attached_by_others: dict[PolicyTypeKey, Annotated[int, Field(ge=0)]] = Field(
        default={}, description="by policy type: how many policies others have attached to a target, at most"
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

    def limit(self, policy_type: str) -> Limit:
        """What AWS allows this organization of a policy type, by AWS's name."""
        published = LIMITS[policy_type]
        given = self.limits.get(POLICY_TYPES[policy_type].key)
        if given is None:
            return published
        return replace(
            published,
            max_characters=given.characters or published.max_characters,
            max_attached=given.attached or published.max_attached,
            max_policies=given.policies or published.max_policies,
        )

    def attached_already(self, policy_type: str) -> int:
        """How many policies of a type a target has besides those of this layer: AWS's own, and those of others."""
        # FullAWSAccess and RCPFullAWSAccess, which AWS attaches to everything when the type is turned on.
        by_aws = 1 if policy_type in CONTROL else 0
        return by_aws + self.attached_by_others.get(POLICY_TYPES[policy_type].key, 0)

    @property
    def unit_paths(self) -> dict[str, str]:
        """Every OU path in the configuration → the first configuration key that names it."""
        named: dict[str, str] = {}
        for path in self.backup.organizational_units if self.backup else []:
            named.setdefault(path, "policies:backup.organizationalUnits")
        for path in self.tags:
            named.setdefault(path, f"policies:tags.{path}")
        for path in self.service_control:
            if path != ROOT_UNIT:
                named.setdefault(path, f"policies:serviceControl.{path}")
        return named

    @property
    def controls(self) -> dict[str, tuple[list[Guardrail], list[str] | None]]:
        """`ROOT_UNIT` or OU path → its guardrails and allowed regions, where it has any; the root first."""
        given = {ROOT_UNIT: ServiceControl(), **self.service_control}
        of_root = given[ROOT_UNIT].guardrails
        of_units = [] if of_root is None else [each for each in GUARDRAILS if each not in of_root]
        found = {}
        for path, control in given.items():
            usual = GUARDRAILS if path == ROOT_UNIT else of_units
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
