"""Permission sets and the instance that they are in: moto's backend, with the rules of AWS that moto lacks.

https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from moto.ssoadmin.exceptions import ConflictException, ResourceNotFoundException, ServiceQuotaExceededException
from moto.ssoadmin.models import Instance, ManagedPolicy, PermissionSet
from moto.ssoadmin.models import SSOAdminBackend as MotoSSOAdminBackend

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.aws_managed_policies import aws_policies
from sandbox.emulator.identity_store.models import identity_store_backend

DURATION = re.compile(r"PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
PERMISSION_SETS = 2_000
"""https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html"""
INLINE_POLICY = 10_240
"""Characters of an inline policy without white space, as of a role."""


@dataclass
class Extra:
    """What moto's permission sets do not have."""

    boundary: dict[str, Any] | None = None
    tags: dict[str, str] = field(default_factory=dict)


class PermissionSetsBackend(MotoSSOAdminBackend):
    """The part of `SSOAdminBackend` that is about permission sets."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.instances = []
        self.extras: dict[str, Extra] = {}
        """By the ARN of the permission set."""

    # The instance

    def enable(self) -> Instance:
        """Make the instance, as the console does; the one that is there if there is one."""
        if not self.instances:
            instance = Instance(self.account_id, self.region_name)
            instance.identity_store_id = f"d-{secrets.token_hex(5)}"
            instance.instance_arn = f"arn:aws:sso:::instance/ssoins-{secrets.token_hex(8)}"
            self.instances.append(instance)
            identity_store_backend(self.account_id, self.region_name).open(instance.identity_store_id)
        return self.instances[0]

    def instance(self, arn: str) -> Instance:
        """The instance of that ARN. Raises AWS's `ResourceNotFoundException`."""
        for found in self.instances:
            if found.instance_arn == arn:
                return found
        raise AwsError("ResourceNotFoundException", f"Could not find Instance with ARN {arn}")

    # Permission sets

    def create_permission_set(self, name: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        instance_arn = kwargs["instance_arn"]
        if any(found.name == name for found in self.permission_sets):
            raise ConflictException(f"PermissionSet with name {name} already exists.")
        if len(self.permission_sets) >= PERMISSION_SETS:
            raise ServiceQuotaExceededException(f"There are {PERMISSION_SETS} permission sets already.")
        seconds(kwargs["session_duration"])
        super().create_permission_set(name, *args, **kwargs)
        made = self.permission_sets[-1]
        # moto's has another form.
        made.permission_set_arn = (
            f"arn:aws:sso:::permissionSet/{instance_arn.rpartition('/')[2]}/ps-{secrets.token_hex(8)}"
        )
        tags = {tag["Key"]: tag["Value"] for tag in kwargs["tags"] or []}
        self.extras[made.permission_set_arn] = Extra(tags=tags)
        return made.to_json(True)

    def permission_set(self, instance_arn: str, arn: str) -> PermissionSet:
        return self._find_permission_set(instance_arn, arn)

    def change_permission_set(self, instance_arn: str, arn: str, given: Mapping[str, Any]) -> None:
        """Change what is given, and leave the rest as it is, but for the relay state, which AWS then takes away."""
        found = self.permission_set(instance_arn, arn)
        if "SessionDuration" in given:
            seconds(given["SessionDuration"])
            found.session_duration = given["SessionDuration"]
        found.description = given.get("Description", found.description)
        found.relay_state = given.get("RelayState")  # type: ignore[assignment]  # moto's may be None too

    def delete_permission_set(self, instance_arn: str, permission_set_arn: str) -> dict[str, Any]:
        self.permission_set(instance_arn, permission_set_arn)
        if any(found.permission_set_arn == permission_set_arn for found in self.account_assignments):
            raise ConflictException("Could not delete because PermissionSet has ApplicationProfile associated with it")
        del self.extras[permission_set_arn]
        return super().delete_permission_set(instance_arn, permission_set_arn)

    def put_inline_policy_to_permission_set(
        self, instance_arn: str, permission_set_arn: str, inline_policy: str
    ) -> None:
        if len(re.sub(r"\s", "", inline_policy)) > INLINE_POLICY:
            raise ServiceQuotaExceededException(f"An inline policy has at most {INLINE_POLICY} characters.")
        try:
            IAMPolicyDocumentValidator(inline_policy).validate()
        except MalformedPolicyDocument as error:
            raise AwsError("ValidationException", f"Invalid inline policy: {error.message}") from None
        super().put_inline_policy_to_permission_set(instance_arn, permission_set_arn, inline_policy)

    def _find_managed_policy(self, managed_policy_arn: str) -> ManagedPolicy:
        if managed_policy_arn not in aws_policies():
            raise ResourceNotFoundException(f"Policy does not exist with ARN: {managed_policy_arn}")
        # moto's own finds none that has a path, such as job-function/.
        return ManagedPolicy(managed_policy_arn, managed_policy_arn.rpartition("/")[2])

    def set_boundary(self, instance_arn: str, arn: str, boundary: dict[str, Any] | None) -> None:
        self.permission_set(instance_arn, arn)
        if boundary is not None and (len(boundary) != 1):
            raise AwsError(
                "ValidationException",
                "A permissions boundary is either a ManagedPolicyArn or a CustomerManagedPolicyReference.",
            )
        if boundary and "ManagedPolicyArn" in boundary:
            self._find_managed_policy(boundary["ManagedPolicyArn"])
        self.extras[arn].boundary = boundary

    def boundary(self, instance_arn: str, arn: str) -> dict[str, Any]:
        self.permission_set(instance_arn, arn)
        found = self.extras[arn].boundary
        if found is None:
            raise ResourceNotFoundException(f"No permissions boundary is attached to {arn}.")
        return found


def seconds(duration: str) -> int:
    """The length of a session. Raises AWS's `ValidationException` unless it is from one to twelve hours."""
    found = DURATION.fullmatch(duration or "")
    hours, minutes, rest = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    length = 3600 * hours + 60 * minutes + rest
    if not 3600 <= length <= 43_200:
        raise AwsError("ValidationException", f"SessionDuration {duration} is not from PT1H to PT12H.")
    return length
