"""One member account and everything inside it."""

from collections.abc import Mapping
from typing import Any

import pulumi

from shared.management_account import require_management_account
from shared.policy_documents.roles import DEVELOPER_ROLE, PREVIEW_ROLE
from shared.settings.program import load, region
from shared.stack_outputs import IdentityOutputs, OrgOutputs, PoliciesOutputs
from shared.stack_references import read
from stacks.accounts.account_baseline import AccountBaseline, AccountBaselineArgs
from stacks.accounts.account_permissions import AccountPermissions, AccountPermissionsArgs
from stacks.accounts.backup_target import BackupTarget, BackupTargetArgs
from stacks.accounts.checks import (
    account_email,
    backup_of,
    check_account,
    is_previewed_by,
    role_inside,
    switch_role_link,
    trust_policies,
)
from stacks.accounts.config import AccountsConfig
from stacks.accounts.member_account import MemberAccount, MemberAccountArgs
from stacks.accounts.preview_access import PreviewAccess, PreviewAccessArgs


async def main() -> Mapping[str, Any]:
    settings = load(AccountsConfig)
    org, identity, policies = await read(OrgOutputs), await read(IdentityOutputs), await read(PoliciesOutputs)
    caller = require_management_account(org)
    check_account(settings, org, policies)

    account = MemberAccount(
        "account",
        MemberAccountArgs(
            name=settings.name,
            email=account_email(settings),
            unit_id=org.get(lambda o: o.organizational_units[settings.organizational_unit]),
            access_role_name=settings.access_role_name,
            inside_role_name=role_inside(settings, caller),
            region=region(),
            tags=settings.tags,
            protect=settings.protect,
            close_on_deletion=settings.close_on_deletion,
        ),
    )
    inside = pulumi.ResourceOptions(provider=account.inside)

    # The roles that people and automation assume. Only the principals that the identity layer exports may assume them.
    permissions = AccountPermissions(
        "permissions",
        AccountPermissionsArgs(
            account_id=account.account_id,
            actions=settings.actions,
            trust_policies=trust_policies(settings.actions, identity),
            resource_names_prefix=settings.resource_names_prefix,
        ),
        opts=inside,
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

    # The vaults and the role that the OU's backup policy uses.
    backup = backup_of(settings, policies)
    if backup:
        BackupTarget(
            "backup",
            BackupTargetArgs(vault_name=backup.vault_name, role_name=backup.role_name, regions=backup.regions),
            opts=inside,
        )

    used_regions = sorted({region(), *(backup.regions if backup else [])})
    AccountBaseline(
        "baseline",
        AccountBaselineArgs(
            alias=settings.alias,
            alternate_contacts=settings.alternate_contacts,
            block_public_s3=settings.block_public_s3,
            encrypted_regions=used_regions if settings.encrypt_ebs else [],
        ),
        opts=inside,
    )

    return {
        "accountId": account.account_id,
        "roleArns": permissions.role_arns,
        "switchRoleLink": account.account_id.apply(
            lambda account_id: switch_role_link(account_id, DEVELOPER_ROLE, settings.name)
        ),
    }


pulumi.run(main)
