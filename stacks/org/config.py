"""Configuration of the organization layer (`stacks/org`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from shared.settings.base import Settings
from shared.settings.fields import OuPath, ou_path, unique

PolicyType = Literal["BACKUP_POLICY", "RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY"]

POLICY_TYPES: list[PolicyType] = list(get_args(PolicyType))
"""The policy types that the policies layer uses."""

TRUSTED_SERVICES = ["backup.amazonaws.com", "tagpolicies.tag.amazonaws.com"]
"""The services whose policies need trusted access.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html"""


ROOT_ACCESS_SERVICE = "iam.amazonaws.com"
"""The service that needs trusted access for centralized root access.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html"""

ROOT_ACCESS_FEATURES = ["RootCredentialsManagement", "RootSessions"]
"""New accounts get no root credentials, and the management account may do a few tasks as their root user."""


class Unit(Settings):
    """An organizational unit. Everything here refers to its `key`; AWS shows its `name`, which may be changed.
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_UpdateOrganizationalUnit.html"""

    key: OuPath = Field(description="the path that accounts and policies name, such as Workloads/Development")
    name: str | None = Field(
        default=None, min_length=1, max_length=128, description="what AWS shows; the last part of the key unless given"
    )


def _unit(value: Any) -> Any:
    if isinstance(value, str):
        return Unit(key=ou_path(value.strip()))
    if not isinstance(value, dict | Unit):
        raise ValueError("allowed: a path such as Workloads/Development, or {key: PATH, name: NAME}")
    return value


def _each_once(units: list[Unit]) -> list[Unit]:
    unique([unit.key for unit in units])
    return units


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
    organizational_units: Annotated[list[Annotated[Unit, BeforeValidator(_unit)]], AfterValidator(_each_once)] = Field(
        min_length=1,
        description="OUs under the root: paths such as Workloads/Development, or {key: PATH, name: NAME}",
    )
    additional_trusted_services: Annotated[list[str], AfterValidator(unique)] = Field(
        default=[], description="service principals with trusted access besides backup and tag policies"
    )
    centralized_root_access: bool | None = Field(
        default=None,
        description="manage the root users of member accounts centrally; true with mode create unless given",
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

    @model_validator(mode="after")
    def _siblings_differ(self) -> OrgConfig:
        # https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganizationalUnit.html
        owners: dict[tuple[str, str], str] = {}
        for key, name in self.all_units.items():
            first = owners.setdefault((key.rpartition("/")[0], name), key)
            if first != key:
                raise ValueError(
                    f"org:organizationalUnits: {first!r} and {key!r} have the same parent and the name {name!r}; "
                    "allowed: names that differ under one parent"
                )
        return self

    @property
    def manages_root_access(self) -> bool:
        """Whether this stack turns centralized root access on."""
        given = self.centralized_root_access
        return self.mode == "create" if given is None else given

    @property
    def trusted_services(self) -> list[str]:
        """The services whose trusted access this stack needs, and those that the configuration adds."""
        # With mode create also where it is off: it is turned off by calls that need the trusted access.
        root_access = [ROOT_ACCESS_SERVICE] if self.mode == "create" or self.manages_root_access else []
        return sorted({*TRUSTED_SERVICES, *root_access, *self.additional_trusted_services})

    @property
    def all_units(self) -> dict[str, str]:
        """Key → name of every OU and of its parents, parents first."""
        given = {unit.key: unit.name for unit in self.organizational_units}
        keys = {
            "/".join(parts[: depth + 1]) for parts in (key.split("/") for key in given) for depth in range(len(parts))
        }
        return {
            key: given.get(key) or key.rpartition("/")[2] for key in sorted(keys, key=lambda key: (key.count("/"), key))
        }
