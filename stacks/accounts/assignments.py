"""Who gets in to the account from IAM Identity Center: the groups that the identity layer assigns to it or to its OUs.

https://docs.aws.amazon.com/singlesignon/latest/userguide/useraccess.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.layers import StackId
from shared.policy_documents.documents import render_iam_policy
from shared.policy_documents.roles import boundary_name
from shared.settings.program import current_stack, refuse
from shared.stack_outputs import IdentityOutputs, PeopleAssignment
from shared.stack_references import Upstream
from shared.units import ROOT_UNIT
from stacks.accounts.boundaries import boundary


def reaches(targets: Sequence[str], unit: str, stack: str | None) -> bool:
    """Whether one of the targets is the account of this stack, its OU, one above it, or everything."""
    return any(target in (ROOT_UNIT, f"accounts/{stack}", unit) or unit.startswith(f"{target}/") for target in targets)


def assignments_of(
    identity: Upstream[IdentityOutputs], unit: str, actions: Mapping[str, Sequence[str]]
) -> list[PeopleAssignment] | None:
    """The assignments to this account; None while they are unknown, in a preview.

    Raises `pulumi.RunError` for a permission set whose boundary is none of the roles of this account.
    """
    stack = current_stack()
    found = identity.known(lambda o: [o.identity_center.assignments if o.identity_center else []])
    if found is None:
        pulumi.log.info("who gets in from IAM Identity Center follows from the identity layer: not in this preview")
        return None
    mine = [each for each in found[0] if reaches(each.targets, unit, stack.account)]
    bounds = {each.permission_set: each.boundary for each in mine if each.boundary}
    refuse(unmade_boundaries(identity.stack, bounds, stack, actions))
    return mine


def unmade_boundaries(
    identity: StackId, bounds: Mapping[str, str], account: StackId, roles: Iterable[str]
) -> Iterator[str]:
    """One problem for each permission set that the account gets and whose boundary is none of those of its `roles`.

    `bounds` maps the names of its permission sets to their boundaries.
    """
    allowed = [boundary_name(role, "") for role in roles]
    for name, bound in bounds.items():
        if bound not in allowed:
            yield (
                f"{identity.config_label}: identity:identityCenter.permissionSets.{name} has the boundary {bound!r}, "
                f"which {account.config_label} does not make, and identity:identityCenter.assignments give it to that "
                f"account; allowed: {', '.join(allowed)}"
            )


@dataclass(frozen=True)
class AssignmentsArgs:
    """`assignments` are those to this account. `actions` has what each role may do, by role name.

    `permissions` makes the boundaries of the account's roles, with the provider `inside`.
    """

    account_id: pulumi.Input[str]
    identity: Upstream[IdentityOutputs]
    assignments: Sequence[PeopleAssignment]
    actions: Mapping[str, Sequence[str]]
    resource_names_prefix: str
    permissions: pulumi.Resource
    inside: pulumi.ProviderResource


class Assignments(Component):
    """The assignments, and the policies that bound their permission sets, where the account has them by another name.

    A permission set names its boundary, and the same name has to be there in every account. Where the boundaries of
    the account's roles have a prefix, there is a second one without it.
    """

    def __init__(self, name: str, args: AssignmentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("accounts:Assignments", name, opts)
        needed = (
            sorted({each.boundary for each in args.assignments if each.boundary}) if args.resource_names_prefix else []
        )
        own = [self._boundary(each, args) for each in needed]
        after = pulumi.ResourceOptions(parent=self, depends_on=[args.permissions, *own])
        for each in args.assignments:
            aws.ssoadmin.AccountAssignment(
                f"{each.permission_set}-{each.group}",
                instance_arn=args.identity.get(_instance_arn),
                permission_set_arn=args.identity.get(partial(_same, each.permission_set_arn)),
                principal_type="GROUP",
                principal_id=args.identity.get(partial(_same, each.group_id)),
                target_type="AWS_ACCOUNT",
                target_id=args.account_id,
                region=args.identity.get(_region),
                opts=after,
            )
        self.register_outputs({})

    def _boundary(self, name: str, args: AssignmentsArgs) -> aws.iam.Policy:
        role = next(role for role in args.actions if boundary_name(role, "") == name)
        return aws.iam.Policy(
            name,
            name=name,
            description=f"The most that people of IAM Identity Center with the permissions of {role} may do",
            policy=pulumi.Output.from_input(args.account_id).apply(
                lambda account_id: render_iam_policy(
                    name, boundary(role, account_id, args.resource_names_prefix, args.actions[role])
                )
            ),
            opts=pulumi.ResourceOptions(parent=self, provider=args.inside),
        )


def _instance_arn(outputs: IdentityOutputs) -> str:
    return outputs.identity_center.instance_arn if outputs.identity_center else ""


def _region(outputs: IdentityOutputs) -> str:
    return outputs.identity_center.region if outputs.identity_center else ""


def _same(found: str, _outputs: IdentityOutputs) -> str:
    return found
