"""What each layer exports, as types: the contract between the teams that own the layers.

A program returns `exports(...)` of its model's fields; `shared.stack_references.read` gives another
layer's outputs back as the model. Stack outputs have camelCase names, as Pulumi's own do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

TagRules = dict[str, list[str]]
"""Required tag key → allowed values, with `*` as in a tag policy."""

ANY_VALUE = ["*"]


class StackOutputs(BaseModel):
    """The outputs of one layer's stack. Outputs that a newer program adds are ignored by older readers."""

    layer: ClassVar[str]
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class OrgOutputs(StackOutputs):
    """What the organization layer exports."""

    layer: ClassVar[str] = "org"
    organization_id: str
    management_account_id: str
    root_id: str
    organizational_units: dict[str, str]
    """OU id by path, such as `Workloads/Development`."""


class IdentityOutputs(StackOutputs):
    """What the identity layer exports."""

    layer: ClassVar[str] = "identity"
    principals: dict[str, list[str]]
    """ARNs that may assume each role, by role name."""
    mfa_required: dict[str, bool]
    """Whether a role's principals need MFA, by role name."""


class BackupTargetSpec(BaseModel):
    """What the backup policy expects to find in every account."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)
    vault_name: str
    role_name: str
    primary_regions: list[str]
    copy_region: str

    @property
    def regions(self) -> list[str]:
        """Every region that needs the vault, the copy region last."""
        return [*self.primary_regions, self.copy_region]


class PoliciesOutputs(StackOutputs):
    """What the policies layer exports."""

    layer: ClassVar[str] = "policies"
    backup: dict[str, BackupTargetSpec]
    """What each OU path needs for its backups; a path without a backup policy is left out."""
    tag_rules: dict[str, TagRules]
    """Required tags and their allowed values by OU path."""


def exports(model: type[StackOutputs], **fields: Any) -> Mapping[str, Any]:
    """`fields` under their exported names. Raises `TypeError` unless they are exactly the model's."""
    if fields.keys() != model.model_fields.keys():
        different = sorted(fields.keys() ^ model.model_fields.keys())
        raise TypeError(f"{model.__name__} and the exported outputs differ in {', '.join(different)}")
    return {to_camel(name): pulumi.Output.from_input(value) for name, value in fields.items()}
