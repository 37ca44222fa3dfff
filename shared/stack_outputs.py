"""The outputs of each layer, as types: the contract between the teams that own the layers.

A program returns `exports(...)` with the fields of its layer's model, and `shared.stack_references.read` returns
another layer's outputs as that model. Output names are camelCase, as in Pulumi's own packages.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.settings.fields import ACCESS_ROLES

TagRules = dict[str, list[str]]
"""Required tag key → allowed values. `*` is a wildcard, as in a tag policy."""

ANY_VALUE = ["*"]


class StackOutputs(BaseModel):
    """The outputs of one layer's stack. Unknown outputs are ignored, so that a newer program may add some."""

    layer: ClassVar[str]
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class OrgOutputs(StackOutputs):
    """The outputs of the organization layer."""

    layer: ClassVar[str] = "org"
    organization_id: str
    management_account_id: str
    root_id: str
    organizational_units: dict[str, str]
    """OU path, such as `Workloads/Development` → OU id."""


class IdentityOutputs(StackOutputs):
    """The outputs of the identity layer."""

    layer: ClassVar[str] = "identity"
    principals: dict[str, list[str]]
    """Role name → ARNs of the principals that may assume the role."""
    mfa_required: dict[str, bool]
    """Role name → whether its principals need MFA."""
    permission_set_roles: dict[str, list[str]] = {}
    """Role name → ARN patterns of the roles of IAM Identity Center that may assume the role too. MFA is asked for when
    people sign in there. Not in the outputs of older deployments."""


class BackupTargetSpec(BaseModel):
    """What the backup policy needs in every account."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)
    vault_name: str
    role_name: str
    primary_regions: list[str]
    copy_region: str

    @property
    def regions(self) -> list[str]:
        """Every region that needs the vault; the copy region is the last."""
        return [*self.primary_regions, self.copy_region]


class PoliciesOutputs(StackOutputs):
    """The outputs of the policies layer."""

    layer: ClassVar[str] = "policies"
    backup: dict[str, BackupTargetSpec]
    """OU path → what its backups need. An OU without a backup policy has no entry."""
    tag_rules: dict[str, TagRules]
    """OU path → the tags that its accounts must have, with their allowed values."""
    access_role_names: list[str] = ACCESS_ROLES
    """The access roles that the guardrails exempt. Not in the outputs of older deployments."""


def exports(model: type[StackOutputs], **fields: Any) -> Mapping[str, Any]:
    """`fields` with the names of the stack outputs. Raises `TypeError` unless they are exactly the model's fields."""
    if fields.keys() != model.model_fields.keys():
        different = sorted(fields.keys() ^ model.model_fields.keys())
        raise TypeError(f"{model.__name__} and the exported outputs differ in {', '.join(different)}")
    # Not as one output each: in a preview, a mapping with one unknown value would be unknown as a whole.
    return {to_camel(name): value for name, value in fields.items()}
