"""Configuration of the deploy roles: who may deploy each layer, and who may only preview it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from shared.settings.base import Settings
from shared.settings.fields import unique

LayerName = Literal["org", "identity", "policies", "accounts"]
"""The layers of `shared.layers`, which a test compares."""

SSO_ROLE = re.compile(
    r"arn:aws:iam::(?P<account>\d{12}):role/aws-reserved/sso\.amazonaws\.com/(?:[a-z0-9-]+/)?"
    r"AWSReservedSSO_[A-Za-z0-9+=,.@-]{1,32}_[0-9a-f]{16}\Z"
)
"""The role that IAM Identity Center makes of a permission set in an account.
https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html"""

_BUCKET = re.compile(r"(?!\d+\.\d+\.\d+\.\d+\Z)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_FOLDER = re.compile(r"(?:[A-Za-z0-9!_.()-]+/)*[A-Za-z0-9!_.()-]+\Z")
_KEY = re.compile(r"arn:aws:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,64}\Z")


def _literal(value: str) -> str:
    if not value or re.search(r"[*?\s]", value) or "${" in value:
        raise ValueError(
            "allowed: one literal subject without '*', '?', '${' and spaces, such as "
            "repo:acme/organization:ref:refs/heads/main"
        )
    return value


class Who(Settings):
    """Who may assume a deploy role."""

    subjects: Annotated[list[Annotated[str, AfterValidator(_literal)]], AfterValidator(unique)] = Field(
        default=[], description="the `sub` of the CI jobs' tokens, literal"
    )
    people: Annotated[list[str], AfterValidator(unique)] = Field(
        default=[], description="users of identity:users, who need MFA, or ARNs of permission sets' roles"
    )

    @model_validator(mode="after")
    def _somebody(self) -> Who:
        if not self.subjects and not self.people:
            raise ValueError("nobody is named, and a role is made for somebody; allowed: subjects, people or both")
        return self


class LayerRoles(Settings):
    """The roles of one layer. A role that is not named is not made."""

    deploy: Who | None = Field(default=None, description="who may deploy the layer")
    preview: Who | None = Field(default=None, description="who may preview the layer and change nothing")


def _bucket(value: str) -> str:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    if not _BUCKET.match(value):
        raise ValueError("allowed: the name of an S3 bucket, 3 to 63 lower-case letters, digits, '.' and '-'")
    return value


def _folder(value: str) -> str:
    if not _FOLDER.match(value):
        raise ValueError(
            "allowed: folders joined by '/' as in the backend's URL, without '*' and without '/' at the ends"
        )
    return value


def _key(value: str) -> str:
    if not _KEY.match(value):
        raise ValueError("allowed: the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID, not of an alias")
    return value


class DeployState(Settings):
    """The state backend `s3://BUCKET/FOLDER`.
    https://www.pulumi.com/docs/iac/concepts/state-and-backends/#aws-s3"""

    bucket: Annotated[str, AfterValidator(_bucket)] = Field(description="the bucket's name")
    folder: Annotated[str, AfterValidator(_folder)] | None = Field(default=None, description="the folder in the bucket")
    key: Annotated[str, AfterValidator(_key)] | None = Field(
        default=None, description="the KMS key of the bucket, or of the stacks' secrets"
    )
