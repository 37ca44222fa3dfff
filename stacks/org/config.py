"""Configuration of the organization layer (`stacks/org`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from shared.settings.base import Settings
from shared.settings.fields import OuPath, unique

PolicyType = Literal["BACKUP_POLICY", "TAG_POLICY", "SERVICE_CONTROL_POLICY"]

POLICY_TYPES: list[PolicyType] = ["BACKUP_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY"]
"""The policy types that the policies layer uses."""

TRUSTED_SERVICES = ["backup.amazonaws.com", "tagpolicies.tag.amazonaws.com"]
"""The services whose policies need trusted access.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html"""


def _text(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError("allowed: text; an account's id in quotes")
    return value


Entry = Annotated[str, BeforeValidator(_text), Field(min_length=1)]


class OrgConfig(Settings):
    """The organization and its OUs."""

    mode: Literal["create", "lookup"] = Field(
        description="create: this stack makes and manages the organization; lookup: it exists and is left as it is"
    )
    organizational_units: Annotated[list[OuPath], AfterValidator(unique)] = Field(
        min_length=1, description="paths of OUs under the root, such as Workloads/Development"
    )
    additional_trusted_services: Annotated[list[str], AfterValidator(unique)] = Field(
        default=[], description="service principals with trusted access besides backup and tag policies"
    )
    ignore: Annotated[list[Entry], AfterValidator(unique)] = Field(
        default=[], description="what drift leaves alone that no stack has: ids, names, OU paths, patterns with *"
    )
    protect: bool = Field(default=True, description="refuse to delete the organization and its OUs")

    @model_validator(mode="after")
    def _lookup_changes_nothing(self) -> OrgConfig:
        if self.mode == "lookup" and self.additional_trusted_services:
            raise ValueError(
                "org:additionalTrustedServices is allowed with org:mode create only: "
                "a looked-up organization is not changed"
            )
        return self

    @property
    def all_units(self) -> list[str]:
        """Every OU path and the paths of its parents, parents first."""
        paths = {
            "/".join(parts[: depth + 1])
            for parts in (path.split("/") for path in self.organizational_units)
            for depth in range(len(parts))
        }
        return sorted(paths, key=lambda path: (path.count("/"), path))
