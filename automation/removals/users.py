"""IAM users that are removed from the configuration, and what they hold.

AWS deletes no user who still has a key, an MFA device or a password, or is given a policy by hand. The user's resource
knows whether it may delete these too, but only as of its last deployment. So it is found out before a run, and with
`identity:forceDestroyUsers` the run itself takes them away right before it deletes the user.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from automation import aws
from automation.backend.resources import parts
from automation.configuration import settings_of
from automation.runs import Run
from automation.stack_files import read_raw
from shared.errors import UsageError
from shared.layers import StackId
from shared.policy_documents.roles import AUTOMATION_IDENTITY, AUTOMATION_ROLE, DEVELOPERS_GROUP
from stacks.identity.config import IdentityConfig
from stacks.identity.iam_policies import ENROL_MFA
from stacks.identity.role_who import all_users

TYPE = "aws:iam/user:User"

_OURS = {DEVELOPERS_GROUP, ENROL_MFA, f"Assume{AUTOMATION_ROLE}"}
"""What the identity layer itself gives to its users, and takes away before it deletes them."""


@dataclass(frozen=True)
class Holding:
    """One thing of a user, and the call that takes it away."""

    kind: str
    name: str
    operation: str
    parameters: tuple[tuple[str, str], ...]

    def remove(self, iam: Any) -> None:
        """Take it away."""
        getattr(iam, self.operation.replace("-", "_"))(**dict(self.parameters))

    def __str__(self) -> str:
        words = " ".join(f"--{_option(key)} {value}" for key, value in self.parameters)
        return f"{self.kind} {self.name}".strip() + f": aws iam {self.operation} {words}".rstrip()


def _option(parameter: str) -> str:
    """The option of the AWS CLI for a parameter of the API: `UserName` is `--user-name`."""
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in parameter.replace("SSH", "Ssh"))
    return words.lstrip("-")


_LISTED = (
    # kind, what lists it, the key of the list, the key of its id (None: the item itself), what removes it, parameter
    ("access key", "list_access_keys", "AccessKeyMetadata", "AccessKeyId", "delete-access-key", "AccessKeyId"),
    ("MFA device", "list_mfa_devices", "MFADevices", "SerialNumber", "deactivate-mfa-device", "SerialNumber"),
    ("SSH key", "list_ssh_public_keys", "SSHPublicKeys", "SSHPublicKeyId", "delete-ssh-public-key", "SSHPublicKeyId"),
    ("certificate", "list_signing_certificates", "Certificates", "CertificateId", "delete-signing-certificate",
     "CertificateId"),
    ("policy", "list_user_policies", "PolicyNames", None, "delete-user-policy", "PolicyName"),
    ("policy", "list_attached_user_policies", "AttachedPolicies", "PolicyArn", "detach-user-policy", "PolicyArn"),
)  # fmt: skip


def check(run: Run, chosen: Iterable[StackId], doing: str) -> None:
    """Refuse to delete users who hold something, unless the run may take it away. A guard: see `automation.guards`.

    AWS is asked only about users who are deleted. The run remembers them.
    """
    identity = StackId("identity", run.environment.name)
    if doing not in ("deploy", "preview", "destroy") or identity not in chosen:
        return
    if doing != "destroy" and not run.ledger.differs(identity):
        return
    users = deployed(run.states.whole(identity))
    settings = settings_of(identity, partial(read_raw, root=run.engine.root)) if users else None
    if not isinstance(settings, IdentityConfig):
        return
    people = all_users(settings.users, settings.roles)
    kept = set() if doing == "destroy" else {*people, *([AUTOMATION_IDENTITY] if not settings.oidc else [])}
    run.removed_users = users - kept
    force = settings.force_destroy_users
    held = {user: found for user in sorted(run.removed_users) if (found := _of(run, user, force=force))}
    lines = [line for user, found in held.items() for line in (f"user {user} has", *(f"  {each}" for each in found))]
    if held and not force:
        raise UsageError(
            "\n".join(
                [
                    "nothing was changed: AWS deletes no user who still has something, and these are to be deleted",
                    *lines,
                    f"Run these commands, or set identity:forceDestroyUsers: true in {identity.config_label}",
                ]
            )
        )
    if held:
        run.tell("\n".join(["With users who are deleted, this goes too", *lines]))


def deployed(state: Mapping[str, Any]) -> set[str]:
    """The names of the users in a state of stack identity."""
    outputs = [each.get("outputs") or {} for each in parts(state)[0] if each["type"] == TYPE]
    return {str(each["name"]) for each in outputs if "name" in each}


def concerns(run: Run, stack: StackId) -> bool:
    """Whether `strip` has something to do."""
    return stack.layer == "identity" and bool(run.removed_users)


def strip(run: Run, stack: StackId) -> None:
    """Take away what the users hold who are about to be deleted. Only if the configuration allows it: see `check`."""
    if not concerns(run, stack):
        return
    settings = settings_of(stack, partial(read_raw, root=run.engine.root))
    force = isinstance(settings, IdentityConfig) and settings.force_destroy_users
    iam = aws.client(run.environment.name, "iam", run.engine.root)
    for user in sorted(run.removed_users):
        for each in _of(run, user, force=force):
            with aws.errors(run.environment.name, f"removing {each.kind} {each.name} of user {user}"):
                each.remove(iam)


def _of(run: Run, user: str, *, force: bool) -> list[Holding]:
    """What a user has that hinders AWS from deleting the user; nothing if the user is gone.

    With `force` also the virtual MFA device of the user's name that is nobody's: a run that was killed has
    deactivated it, and AWS no longer says whose it was.
    """
    iam = aws.client(run.environment.name, "iam", run.engine.root)
    try:
        with aws.errors(run.environment.name, f"asking what user {user} has"):
            return [*_holdings(iam, user), *(_deactivated(iam, user) if force else ())]
    except aws.AwsFailed as error:
        if error.code in ("NoSuchEntity", "NoSuchEntityException"):
            return []
        raise


def _holdings(iam: Any, user: str) -> Iterator[Holding]:
    def pages(operation: str, key: str) -> Iterator[Any]:
        for page in iam.get_paginator(operation).paginate(UserName=user):
            yield from page[key]

    of_user = ("UserName", user)
    for kind, listing, key, identity, removing, parameter in _LISTED:
        for item in pages(listing, key):
            name = str(item[identity] if identity else item)
            if name in _OURS:
                continue
            yield Holding(kind, name, removing, (of_user, (parameter, name)))
            if kind == "MFA device" and ":mfa/" in name:
                yield _virtual(name)
    for group in pages("list_groups_for_user", "Groups"):
        if group["GroupName"] not in _OURS:
            name = str(group["GroupName"])
            yield Holding("membership of group", name, "remove-user-from-group", (("GroupName", name), of_user))
    try:
        iam.get_login_profile(UserName=user)
    except iam.exceptions.NoSuchEntityException:
        return
    yield Holding("console password", "", "delete-login-profile", (of_user,))


def _deactivated(iam: Any, user: str) -> Iterator[Holding]:
    for page in iam.get_paginator("list_virtual_mfa_devices").paginate(AssignmentStatus="Unassigned"):
        for each in page["VirtualMFADevices"]:
            if each["SerialNumber"].endswith(f":mfa/{user}"):
                yield _virtual(each["SerialNumber"])


def _virtual(serial: str) -> Holding:
    return Holding("virtual MFA device", serial, "delete-virtual-mfa-device", (("SerialNumber", serial),))
