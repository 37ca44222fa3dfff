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


class PeopleAssignment(BaseModel):
    """Which group of IAM Identity Center gets which permission set, and where."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)
    group: str
    group_id: str
    permission_set: str
    permission_set_arn: str
    boundary: str
    """The name of the policy that has to be in each account: the permission set's boundary. Empty for a permission set
    that no policy of this project bounds."""
    targets: list[str]
    """OU paths, `accounts/NAME` for the account of one stack, or `/` for all accounts."""


class IdentityCenterSpec(BaseModel):
    """The instance of IAM Identity Center, and its assignments to accounts."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)
    instance_arn: str
    region: str
    assignments: list[PeopleAssignment]


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
    identity_center: IdentityCenterSpec | None = None
    """Who gets in from IAM Identity Center, with a role of their own in each account. Not in the outputs of older
    deployments, nor where it is not used."""


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


class BackupVaults(BaseModel):
    """A backup vault in some regions of an account, and the role that backs up into it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)
    vault_name: str
    role_name: str
    regions: list[str]


class VaultRules(BaseModel):
    """How long a backup vault keeps what is in it, at least and at most, in days: AWS Backup Vault Lock.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)
    min_retention_days: int
    max_retention_days: int | None = None
    changeable_for_days: int | None = None
    """Compliance mode: after so many days nobody can change or delete the lock, AWS neither. None: governance mode."""
    air_gapped: bool = False
    """A logically air-gapped vault. AWS locks it from its first second, in compliance mode."""


class PoliciesOutputs(StackOutputs):
    """The outputs of the policies layer."""

    layer: ClassVar[str] = "policies"
    backup: dict[str, BackupTargetSpec]
    """OU path, or `/` for the root → what its backups need. An OU without a backup policy has no entry."""
    tag_rules: dict[str, TagRules]
    """OU path, or `/` for the root → the tags that its accounts must have, with their allowed values."""
    access_role_names: list[str] = ACCESS_ROLES
    """The access roles that the guardrails exempt. Not in the outputs of older deployments."""
    more_backups: dict[str, list[BackupVaults]] = {}
    """OU path → what its backup plans need besides `backup`. Not in the outputs of older deployments."""
    optional_tags: dict[str, TagRules] = {}
    """OU path → tags that its accounts need not have, with their allowed values. Not in the outputs of older
    deployments."""
    vaults: dict[str, VaultRules] = {}
    """Name of a backup vault → its lock. Vaults without one are not named. Not in the outputs of older deployments."""
    bucket_backups: dict[str, list[str]] = {}
    """OU path → the roles that back up S3 buckets. Not in the outputs of older deployments."""


def exports(model: type[StackOutputs], **fields: Any) -> Mapping[str, Any]:
    """`fields` with the names of the stack outputs. Raises `TypeError` unless they are exactly the model's fields."""
    if fields.keys() != model.model_fields.keys():
        different = sorted(fields.keys() ^ model.model_fields.keys())
        raise TypeError(f"{model.__name__} and the exported outputs differ in {', '.join(different)}")
    # Not as one output each: in a preview, a mapping with one unknown value would be unknown as a whole.
    return {to_camel(name): value for name, value in fields.items()}
