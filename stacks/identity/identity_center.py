"""IAM Identity Center: the groups of people, and what they may do in accounts. The accounts layer says where they are.

https://docs.aws.amazon.com/singlesignon/latest/userguide/what-is.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.policy_documents.documents import render
from shared.policy_documents.roles import UNBOUNDED
from shared.settings.checks import unknown_units
from shared.settings.program import current_stack, refuse, region
from shared.stack_outputs import OrgOutputs
from shared.stack_references import Upstream, unknown
from stacks.identity.identity_center_config import Group, IdentityCenter
from stacks.identity.permission_set_config import PermissionSet, customer_policy

_PolicyReference = aws.ssoadmin.CustomerManagedPolicyAttachmentCustomerManagedPolicyReferenceArgs
_Boundary = aws.ssoadmin.PermissionsBoundaryAttachmentPermissionsBoundaryArgs
_BoundaryReference = aws.ssoadmin.PermissionsBoundaryAttachmentPermissionsBoundaryCustomerManagedPolicyReferenceArgs


@dataclass(frozen=True)
class Instance:
    """The instance of IAM Identity Center. In a preview before there is an organization it is unknown."""

    arn: pulumi.Input[str]
    store_id: pulumi.Input[str]
    region: str
    is_known: bool


def find_instance(settings: IdentityCenter, org: Upstream[OrgOutputs]) -> Instance:
    """The organization's instance. In a preview before there is an organization, AWS is not asked.

    Raises `pulumi.RunError` if there is none in the region.
    https://docs.aws.amazon.com/singlesignon/latest/userguide/enable-identity-center.html
    """
    where = settings.region or region()
    if org.known(lambda outputs: outputs.management_account_id) is None:
        return Instance(unknown(), unknown(), where, is_known=False)
    found = aws.ssoadmin.get_instances(region=where)
    if not found.arns:
        raise pulumi.RunError(
            f"{current_stack().config_label}: identity:identityCenter is set, and IAM Identity Center is not enabled "
            f"in {where}; allowed: its region in identityCenter.region, or enable it first, which only the console "
            f"can: sign in to the management account, https://console.aws.amazon.com/singlesignon/home?region={where}, "
            "Enable, for the organization"
        )
    return Instance(found.arns[0], found.identity_store_ids[0], where, is_known=True)


def find_groups(settings: IdentityCenter, instance: Instance) -> Mapping[str, pulumi.Output[str]]:
    """The ids of the groups that are not made here. Raises `pulumi.RunError` for one that is not there."""
    names = [name for name, group in settings.groups.items() if group.users is None]
    if not names or not instance.is_known:
        return {name: unknown() for name in names}
    store = str(instance.store_id)
    found = aws.identitystore.get_groups(identity_store_id=store, region=instance.region).groups
    ids = {group.display_name: group.group_id for group in found}
    refuse(
        f"{current_stack().config_label}: identity:identityCenter.groups.{name} has no users, so the group has to be "
        f"there, and identity store {store} has none of that name; allowed: one that is there, or users, also [], to "
        "make it"
        for name in names
        if name not in ids
    )
    return {name: pulumi.Output.from_input(ids[name]) for name in names}


def check_targets(settings: IdentityCenter, org: Upstream[OrgOutputs]) -> None:
    """Raise `pulumi.RunError` for an OU that does not exist."""
    units = org.known(lambda outputs: list(outputs.organizational_units))
    if units is not None:
        refuse(unknown_units(current_stack().config_label, settings.unit_targets, units))


@dataclass(frozen=True)
class PeopleArgs:
    """`settings` are those of the configuration, `instance` is where its people and permission sets are.

    `existing_groups` has the ids of the groups that are not made here, by name.
    """

    settings: IdentityCenter
    instance: Instance
    existing_groups: Mapping[str, pulumi.Output[str]]


class People(Component):
    """The groups, with those users and memberships that this stack makes, and the permission sets.

    `group_ids` and `permission_set_arns` are by name.
    """

    group_ids: dict[str, pulumi.Output[str]]
    permission_set_arns: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: PeopleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("identity:People", name, opts)
        self._args, self._child = args, pulumi.ResourceOptions(parent=self)
        users = {
            user_name: aws.identitystore.User(
                user_name,
                identity_store_id=args.instance.store_id,
                user_name=user_name,
                display_name=person.name,
                name={"given_name": person.given_name, "family_name": person.family_name},
                emails={"value": person.email, "primary": True},
                region=args.instance.region,
                opts=self._child,
            )
            for user_name, person in args.settings.users.items()
        }
        self.group_ids = {each: self._group(each, group, users) for each, group in args.settings.groups.items()}
        self.permission_set_arns = {
            each: self._permission_set(each, wanted) for each, wanted in args.settings.permission_sets.items()
        }
        self.register_outputs({"groupIds": self.group_ids, "permissionSetArns": self.permission_set_arns})

    def _group(self, name: str, group: Group, users: Mapping[str, aws.identitystore.User]) -> pulumi.Output[str]:
        if group.users is None:
            return self._args.existing_groups[name]
        where = {"identity_store_id": self._args.instance.store_id, "region": self._args.instance.region}
        made = aws.identitystore.Group(
            name, display_name=name, description=group.description, opts=self._child, **where
        )
        for user in group.users:
            aws.identitystore.GroupMembership(
                f"{name}-{user}", group_id=made.group_id, member_id=users[user].user_id, opts=self._child, **where
            )
        return made.group_id

    def _permission_set(self, name: str, wanted: PermissionSet) -> pulumi.Output[str]:
        where: dict[str, Any] = {"instance_arn": self._args.instance.arn, "region": self._args.instance.region}
        made = aws.ssoadmin.PermissionSet(
            name,
            name=name,
            description=wanted.description,
            session_duration=wanted.duration,
            relay_state=wanted.relay_state,
            tags=wanted.tags or None,
            opts=self._child,
            **where,
        )
        where["permission_set_arn"] = made.arn
        # First the boundary: roles that there are already never have the permissions without it.
        first = [] if wanted.boundary == UNBOUNDED else [self._boundary(name, wanted, where)]
        after = pulumi.ResourceOptions(parent=self, depends_on=first)
        if wanted.role:
            # One policy in each account is both, as it is for the role itself.
            aws.ssoadmin.CustomerManagedPolicyAttachment(
                name,
                customer_managed_policy_reference=_PolicyReference(name=wanted.bounded_by, path="/"),
                opts=after,
                **where,
            )
        if wanted.own_policy:
            aws.ssoadmin.PermissionSetInlinePolicy(name, inline_policy=render(wanted.own_policy), opts=after, **where)
        for arn in wanted.managed_policies:
            aws.ssoadmin.ManagedPolicyAttachment(
                f"{name}-{arn.rpartition('/')[2]}", managed_policy_arn=arn, opts=after, **where
            )
        for policy in wanted.customer_policies:
            own_name, path = customer_policy(policy)
            aws.ssoadmin.CustomerManagedPolicyAttachment(
                f"{name}-{own_name}",
                customer_managed_policy_reference=_PolicyReference(name=own_name, path=path),
                opts=after,
                **where,
            )
        return made.arn

    def _boundary(self, name: str, wanted: PermissionSet, where: Mapping[str, Any]) -> pulumi.Resource:
        bound = wanted.boundary if wanted.as_found and wanted.boundary else f"/{wanted.bounded_by}"
        own_name, path = customer_policy(bound)
        return aws.ssoadmin.PermissionsBoundaryAttachment(
            name,
            permissions_boundary=_Boundary(managed_policy_arn=bound)
            if bound.startswith("arn:")
            else _Boundary(customer_managed_policy_reference=_BoundaryReference(name=own_name, path=path)),
            opts=self._child,
            **where,
        )


def exported(settings: IdentityCenter, instance: Instance, people: People) -> Mapping[str, Any]:
    """What the accounts layer needs to make the assignments: `shared.stack_outputs.IdentityCenterSpec`."""
    return {
        "instanceArn": instance.arn,
        "region": instance.region,
        "assignments": [
            {
                "group": each.group,
                "groupId": people.group_ids[each.group],
                "permissionSet": each.permission_set,
                "permissionSetArn": people.permission_set_arns[each.permission_set],
                "boundary": settings.permission_sets[each.permission_set].bounded_by,
                "targets": each.targets,
            }
            for each in settings.assignments
        ],
    }
