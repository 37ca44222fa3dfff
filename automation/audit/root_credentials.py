"""Removes the root credentials of member accounts, in privileged sessions that can do nothing else.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from automation import aws
from automation.asking import answer
from automation.audit.facts import Facts
from automation.audit.members import in_each, root_holds
from shared.errors import UsageError

TASK = "arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials"
"""What the session may do: https://docs.aws.amazon.com/IAM/latest/UserGuide/security-iam-awsmanpol.html"""

BACK = (
    "An account gets them back by a session with the task policy IAMCreateRootUserPassword and a reset of the password "
    "by its e-mail address."
)


def remove(facts: Facts, root: Path, say: Callable[[str], None], *, agreed: Callable[[], bool]) -> bool:
    """Remove them in each account that has any, once the user has `agreed`; whether all known ones are gone.

    Raises `AwsFailed` at the first account that refuses. The same command then goes on.
    """
    found, unasked = in_each(facts, lambda account: root_holds(facts, account))
    for why in unasked:
        say(f"not asked: {why}")
    if not found:
        say("no member account that could be asked has root credentials")
        return not unasked
    for account, held in found.items():
        say(f"{account}: its root user has {', '.join(held)}")
    say(BACK)
    if not agreed():
        return False
    for account in found:
        iam = aws.as_root(facts.environment, account.id, TASK, "iam", root)
        with aws.errors(facts.environment, f"removing the root credentials of account {account.id}"):
            _remove(iam)
        say(f"{account}: removed")
    return not unasked


def may_remove(environment: str, *, yes: bool, disposable: bool, interactive: bool) -> bool:
    """Ask the user. Raises `UsageError` where nobody can be asked."""
    if yes or disposable:
        return True
    if not interactive:
        raise UsageError(
            f"nothing was removed: removing root credentials in {environment!r} without a terminal to ask on "
            "needs --yes"
        )
    return answer(f"Remove the root credentials of these accounts of {environment}? [y/N] ") in {"y", "yes"}


def _remove(iam: Any) -> None:
    """Without a user's name, IAM takes these calls for the root user whose session it is."""
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_login_profile()
    for each in iam.list_access_keys()["AccessKeyMetadata"]:
        iam.delete_access_key(AccessKeyId=each["AccessKeyId"])
    for each in iam.list_signing_certificates()["Certificates"]:
        iam.delete_signing_certificate(CertificateId=each["CertificateId"])
    for each in iam.list_mfa_devices()["MFADevices"]:
        iam.deactivate_mfa_device(SerialNumber=each["SerialNumber"])
