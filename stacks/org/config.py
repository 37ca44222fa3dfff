"""Configuration of the organization layer (`stacks/org`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from shared.organization_policies.types import BY_KEY
from shared.settings.base import Settings
from shared.settings.fields import Email, OuPath, Switch, Tags, ou_path, unique

POLICY_TYPES = ["BACKUP_POLICY", "RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY", "TAG_POLICY"]
"""The policy types that the policies layer always uses. Its files may need others (`shared.policy_files`)."""

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
    tags: Tags = Field(default={}, description="tags of the OU itself; accounts in it do not get them")


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


def _type_key(value: str) -> str:
    if value not in BY_KEY:
        raise ValueError(f"no such policy type; allowed: {', '.join(BY_KEY)}")
    return value


UnitEntry = Annotated[Unit, BeforeValidator(_unit, json_schema_input_type=str | Unit)]
"""An OU: its path, or a mapping."""


NAME = "{name}"
"""Stands for an account's name here in `org:accountEmail`."""


def _email_with_name(value: str) -> str:
    try:
        TypeAdapter(Email).validate_python(value.replace(NAME, "name"))
    except ValidationError:
        fits = False
    else:
        fits = value.count(NAME) == 1
    if not fits:
        raise ValueError(f"allowed: an address with {NAME} in it, once, such as aws+{NAME}@example.com")
    return value


class OrgConfig(Settings):
    """The organization and its OUs."""

    mode: Literal["create", "lookup"] = Field(
        description="create: this stack makes and manages the organization; lookup: it exists and is left as it is"
    )
    organizational_units: Annotated[list[UnitEntry], AfterValidator(_each_once)] = Field(
        description="OUs under the root: paths such as Workloads/Development, or {key: PATH, name: NAME, tags: TAGS}",
    )
    additional_trusted_services: Annotated[list[str], AfterValidator(unique)] = Field(
        default=[], description="service principals with trusted access besides backup and tag policies"
    )
    policy_types: Annotated[list[Annotated[str, AfterValidator(_type_key)]], AfterValidator(unique)] = Field(
        default=[], description="policy types that are on though no policy file needs them"
    )
    project_features: Switch = Field(
        default=True,
        description="turn on the policy types and trusted services that this project's own policies need; false: only "
        "what is named here and what policy files need",
    )
    centralized_root_access: Switch | None = Field(
        default=None,
        description="manage the root users of member accounts centrally; true with mode create unless given",
    )
    ignore: Annotated[list[Entry], AfterValidator(unique)] = Field(
        default=[], description="what drift leaves alone that no stack has: ids, names, OU paths, patterns with *"
    )
    account_email: Annotated[str, AfterValidator(_email_with_name)] | None = Field(
        default=None,
        description="the address of a new account for which none is given, such as aws+{name}@example.com",
    )
    protect: Switch = Field(default=True, description="refuse to delete the organization and its OUs")

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
        needed = self.manages_root_access or (self.mode == "create" and self.project_features)
        root_access = [ROOT_ACCESS_SERVICE] if needed else []
        own = TRUSTED_SERVICES if self.project_features else []
        return sorted({*own, *root_access, *self.additional_trusted_services})

    @property
    def own_types(self) -> list[str]:
        """The policy types that are on because this project's own policies need them, by AWS's name."""
        return POLICY_TYPES if self.project_features else []

    @property
    def named_types(self) -> list[str]:
        """The policy types of `org:policyTypes`, by AWS's name."""
        return [BY_KEY[key].name for key in self.policy_types]

    @property
    def tags(self) -> dict[str, dict[str, str]]:
        """Key → tags of the OUs that have some."""
        return {unit.key: unit.tags for unit in self.organizational_units if unit.tags}

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
