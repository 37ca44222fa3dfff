"""One member account and everything inside it."""

from collections.abc import Mapping
from typing import Any

import pulumi

from shared.management_account import require_management_account
from shared.policy_documents.roles import DEVELOPER_ROLE, PREVIEW_ROLE, role_arn
from shared.settings.program import region
from shared.stack_outputs import IdentityOutputs, OrgOutputs, PoliciesOutputs
from shared.stack_references import read
from stacks.accounts.account_baseline import AccountBaseline, AccountBaselineArgs
from stacks.accounts.account_permissions import AccountPermissions, AccountPermissionsArgs
from stacks.accounts.assignments import Assignments, AssignmentsArgs, assignments_of
from stacks.accounts.backup_needs import backup_needs
from stacks.accounts.backup_target import BackupTarget
from stacks.accounts.checks import (
    account_email,
    check_account,
    check_roles,
    is_previewed_by,
    links_of_added,
    load_account,
    role_inside,
    switch_role_link,
    trust_policies,
    unit_id,
)
from stacks.accounts.default_vpcs import DefaultVpcs
from stacks.accounts.member_account import MemberAccount, MemberAccountArgs, own_credentials
from stacks.accounts.preview_access import PreviewAccess, PreviewAccessArgs


async def main() -> Mapping[str, Any]:
    loaded = load_account()
    settings = loaded.settings
    org, identity, policies = await read(OrgOutputs), await read(IdentityOutputs), await read(PoliciesOutputs)
    caller = require_management_account(org)
    check_account(loaded, org, policies)
    check_roles(loaded, identity)
    assigned = assignments_of(identity, settings.organizational_unit, settings.actions)

    profile, roles = own_credentials()
    account = MemberAccount(
        "account",
        MemberAccountArgs(
            name=settings.name,
            email=account_email(settings),
            unit_id=unit_id(settings, org),
            access_role_name=settings.access_role_name,
            inside_role_name=role_inside(settings, caller),
            region=region(),
            tags=settings.tags,
            protect=settings.protect,
            close_on_deletion=settings.close_on_deletion,
            profile=profile,
            roles=roles,
        ),
    )
    inside = pulumi.ResourceOptions(provider=account.inside)

    # The roles that people and automation assume. Only the principals that the identity layer exports may assume them.
    permissions = AccountPermissions(
        "permissions",
        AccountPermissionsArgs(
            account_id=account.account_id,
            roles=settings.permissions,
            trust_policies=trust_policies(settings.permissions, identity),
            resource_names_prefix=settings.resource_names_prefix,
        ),
        opts=inside,
    )

    # Groups of IAM Identity Center that get in, each with a role of its own that AWS makes here.
    if assigned:
        Assignments(
            "people",
            AssignmentsArgs(
                account_id=account.account_id,
                identity=identity,
                assignments=assigned,
                actions=settings.actions,
                resource_names_prefix=settings.resource_names_prefix,
                permissions=permissions,
                inside=account.inside,
            ),
        )

    # Who may only preview this layer looks at the account through a role that reads. Made if there is somebody.
    if is_previewed_by(identity):
        PreviewAccess(
            "preview-access",
            PreviewAccessArgs(
                account_id=account.account_id, trust_policy=trust_policies([PREVIEW_ROLE], identity)[PREVIEW_ROLE]
            ),
            opts=inside,
        )

    # The vaults, with their locks, and the role that the OU's backup policies use.
    backups = backup_needs(settings, policies)
    if backups:
        BackupTarget("backup", backups, opts=inside)

    used_regions = sorted({region(), *(backups.regions if backups else ()), *settings.regions})
    AccountBaseline(
        "baseline",
        AccountBaselineArgs(
            alias=settings.alias,
            alternate_contacts=settings.alternate_contacts,
            block_public_s3=settings.block_public_s3,
            encrypted_regions=used_regions if settings.encrypt_ebs else [],
            password_policy=settings.password_policy,
            budget=settings.budget,
        ),
        opts=inside,
    )

    # By calls of its own: no resource of the AWS provider takes away what AWS has made.
    if settings.default_vpcs == "remove":
        DefaultVpcs("default-vpcs", account.account_id.apply(lambda id_: role_arn(id_, settings.access_role_name)))

    return {
        "accountId": account.account_id,
        "roleArns": permissions.role_arns,
        "switchRoleLink": account.account_id.apply(
            lambda account_id: switch_role_link(account_id, DEVELOPER_ROLE, settings.name)
        ),
        **links_of_added(settings, account.account_id, identity),
    }


pulumi.run(main)
