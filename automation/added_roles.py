"""Roles of `identity:roles` that a deployment would add or take away with credentials that may not.

What people and automation may do is an administrator's to change, so the deploy role of the identity layer reaches
neither the groups and roles under `/organization/` nor permission sets. It would be refused half-way: this is said
before the run.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from automation import aws
from automation.backend.resources import parts
from automation.configuration import settings_of
from automation.events import Resource
from automation.runs import Run
from automation.stack_files import read_raw
from shared.errors import ConfigError, UsageError
from shared.layers import StackId
from shared.policy_documents.roles import deploy_role
from stacks.identity.config import IdentityConfig
from stacks.identity.role_who import RoleWho, permission_set_of

_COMPONENTS = ("identity:Roles$", "identity:RolePeople$")
_ASSUMES = "assume-"


def check(run: Run, chosen: Sequence[StackId], doing: str) -> None:
    """Raise `UsageError` if the deploy role would have to do it. A guard: see `automation.guards`.

    AWS is asked whose the credentials are only if there is something to add or to take away.
    """
    identity = StackId("identity", run.environment.name)
    if doing != "deploy" or identity not in chosen or not run.ledger.differs(identity):
        return
    try:
        raw = read_raw(identity, run.engine.root)
    except ConfigError:  # the check of the files has its say
        return
    there = deployed(run.states.whole(identity))
    if not there and not raw[0].get("identity:roles"):
        return
    settings = settings_of(identity, lambda _stack: raw)
    if not isinstance(settings, IdentityConfig):
        return
    wanted = {name: role for role, who in settings.roles.items() for name in _made(role, who)}
    roles = sorted({wanted[name] for name in wanted.keys() - there} | {_role(name) for name in there - wanted.keys()})
    if roles and f":assumed-role/{deploy_role('identity')}/" in _caller(run):
        raise UsageError(
            f"{identity.config_label}: identity:roles.{roles[0]} is new or gone, and these AWS credentials are those "
            f"of {deploy_role('identity')}, which may not change what people and automation may do; allowed: an "
            "administrator of the management account deploys it first (invoke up identity --env "
            f"{identity.environment}); all of them: {', '.join(roles)}. Nothing was changed."
        )


def deployed(state: Mapping[str, Any]) -> set[str]:
    """The names of what a state of stack identity has for roles: what lets a group or tokens assume them."""
    found = {Resource(each["urn"]) for each in parts(state)[0] if any(name in each["urn"] for name in _COMPONENTS)}
    policies = {each.name for each in found if each.name.startswith(_ASSUMES)}
    return policies | {each.name for each in found if each.type == "aws:ssoadmin/permissionSet:PermissionSet"}


def _made(role: str, who: RoleWho) -> list[str]:
    names = [f"{_ASSUMES}{role}"] if who.has_group or who.oidc_subjects else []
    return [*names, *([permission_set_of(role)] if who.identity_center_group else [])]


def _role(name: str) -> str:
    return name.removeprefix(_ASSUMES).removeprefix(permission_set_of(""))


def _caller(run: Run) -> str:
    with aws.errors(run.environment.name, "asking whose AWS credentials these are"):
        return str(aws.client(run.environment.name, "sts", run.engine.root).get_caller_identity()["Arn"])
