"""IAM groups that `identity:roles` names and others make: whether they are there, which only AWS knows.

A deployment that puts a policy into a group which is not there fails half-way. So it is found out before a run.
"""

from collections.abc import Sequence

from automation import aws
from automation.configuration import settings_of
from automation.runs import Run
from automation.stack_files import read_raw
from shared.errors import ConfigError
from shared.layers import StackId
from stacks.identity.config import IdentityConfig

GONE = "NoSuchEntity"
"""https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html"""


def check(run: Run, chosen: Sequence[StackId], doing: str) -> None:
    """Raise `ConfigError` for a group that is not there. A guard: see `automation.guards`."""
    identity = StackId("identity", run.environment.name)
    if doing not in ("deploy", "preview") or identity not in chosen or not run.ledger.differs(identity):
        return
    try:
        raw = read_raw(identity, run.engine.root)
    except ConfigError:  # the check of the files has its say
        return
    if "existingGroup" not in str(raw[0].get("identity:roles")):
        return
    settings = settings_of(identity, lambda _stack: raw)
    if not isinstance(settings, IdentityConfig):
        return
    named = {role: who.existing_group for role, who in settings.roles.items() if who.existing_group}
    missing = {group for group in dict.fromkeys(named.values()) if not _is_there(run, group)}
    problems = [
        f"{identity.config_label}: identity:roles.{role}.existingGroup is {group!r}, and the management account has no "
        "IAM group of that name; allowed: one that is there, or group to make it"
        for role, group in named.items()
        if group in missing
    ]
    if problems:
        raise ConfigError(problems)


def _is_there(run: Run, group: str) -> bool:
    iam = aws.client(run.environment.name, "iam", run.engine.root)
    try:
        with aws.errors(run.environment.name, f"asking whether there is the IAM group {group}"):
            iam.get_group(GroupName=group, MaxItems=1)
    except aws.AwsFailed as error:
        if error.code == GONE:
            return False
        raise
    return True
