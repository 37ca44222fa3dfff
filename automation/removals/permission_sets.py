"""Permission sets of IAM Identity Center that are removed from the configuration while accounts have them.

AWS deletes none that an account has, and the identity layer is deployed before the accounts, which would give it up. So
it is found out before a run.
https://docs.aws.amazon.com/singlesignon/latest/userguide/howtoremovepermissionset.html
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from automation import aws
from automation.backend.resources import parts
from automation.configuration import settings_of
from automation.runs import Run
from automation.stack_files import read_raw
from shared.errors import UsageError
from shared.layers import StackId
from stacks.identity.config import IdentityConfig

TYPE = "aws:ssoadmin/permissionSet:PermissionSet"
ASSIGNMENT = "aws:ssoadmin/accountAssignment:AccountAssignment"
GONE = "ResourceNotFoundException"


def check(run: Run, chosen: Iterable[StackId], doing: str) -> None:
    """Refuse to delete permission sets that accounts have. A guard: see `automation.guards`.

    AWS is asked only about those that are deleted.
    """
    identity = StackId("identity", run.environment.name)
    if doing not in ("deploy", "preview") or identity not in chosen or not run.ledger.differs(identity):
        return
    state = run.states.whole(identity)
    sets = deployed(state)
    settings = settings_of(identity, partial(read_raw, root=run.engine.root)) if sets else None
    if not isinstance(settings, IdentityConfig):
        return
    gone = sorted(sets.keys() - set(settings.made_permission_sets))
    # Assignments of this layer itself go first, in the same deployment.
    own = assigned(state)
    accounts = {name: _accounts(run, sets[name]) for name in gone}
    left = {name: [each for each in found if (sets[name]["arn"], each) not in own] for name, found in accounts.items()}
    held = {name: found for name, found in left.items() if found}
    if held:
        raise UsageError(
            "\n".join(
                [
                    "nothing was changed: AWS deletes no permission set that accounts have, and these are to be "
                    "deleted",
                    *(f"permission set {name}: accounts {', '.join(accounts)}" for name, accounts in held.items()),
                    f"Put them back into identity:identityCenter.permissionSets in {identity.config_label}, take their "
                    "assignments away and deploy, and remove them in a later deployment",
                ]
            )
        )


def deployed(state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Name → outputs of each permission set in a state of stack identity."""
    found = [each.get("outputs") or {} for each in parts(state)[0] if each["type"] == TYPE]
    return {str(each["name"]): each for each in found if {"name", "arn", "instanceArn"} <= each.keys()}


def assigned(state: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The ARN of the permission set and the account of each assignment in a state."""
    found = [each.get("outputs") or {} for each in parts(state)[0] if each["type"] == ASSIGNMENT]
    return {(str(each.get("permissionSetArn")), str(each.get("targetId"))) for each in found}


def _accounts(run: Run, outputs: Mapping[str, Any]) -> list[str]:
    """The accounts that have the permission set; none if it is gone."""
    client = aws.client(run.environment.name, "sso-admin", run.engine.root, outputs.get("region"))
    which = {"InstanceArn": outputs["instanceArn"], "PermissionSetArn": outputs["arn"]}
    try:
        with aws.errors(run.environment.name, f"asking which accounts have the permission set {outputs['name']!r}"):
            pages = client.get_paginator("list_accounts_for_provisioned_permission_set").paginate(**which)
            return sorted(account for page in pages for account in page["AccountIds"])
    except aws.AwsFailed as error:
        if error.code == GONE:
            return []
        raise
