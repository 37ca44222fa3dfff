"""Who may work in the member accounts: the developers' group with its users, and the automation identity."""

from collections.abc import Mapping
from typing import Any

import pulumi

from shared.management_account import require_management_account
from shared.policy_documents.roles import AUTOMATION_ROLE, DEVELOPER_ROLE, PREVIEW_ROLE
from shared.settings.program import load
from shared.stack_outputs import IdentityOutputs, OrgOutputs, exports
from shared.stack_references import read
from stacks.identity.automation_identity import AutomationIdentity, AutomationIdentityArgs
from stacks.identity.config import IdentityConfig
from stacks.identity.deploy_roles import DeployRoles, DeployRolesArgs, check_people
from stacks.identity.developers import Developers, DevelopersArgs, account_principal, permission_set_people
from stacks.identity.identity_center import People, PeopleArgs, check_targets, exported, find_groups, find_instance
from stacks.identity.password_policy import PasswordPolicy, PasswordPolicyArgs
from stacks.identity.role_people import RolePeople, RolePeopleArgs
from stacks.identity.roles import Roles, RolesArgs


async def main() -> Mapping[str, Any]:
    settings = load(IdentityConfig)
    org = await read(OrgOutputs)
    require_management_account(org)
    check_people(settings.deploy_roles, org)

    center = settings.identity_center
    if center:
        check_targets(center, org)
        instance = find_instance(center, org)
        existing_groups = find_groups(center, instance)

    # Developers sign in to the management account, where they may assume DeveloperRole and do nothing else.
    developers = Developers(
        "developers",
        DevelopersArgs(
            users=settings.users,
            require_mfa=settings.require_mfa,
            self_service_mfa=settings.self_service_mfa,
            mfa_enrolment=settings.mfa_enrolment,
            force_destroy_users=settings.force_destroy_users,
        ),
    )

    # CI/CD may assume AutomationRole. It has no access key: see the layer's README.
    automation = AutomationIdentity(
        "automation", AutomationIdentityArgs(oidc=settings.oidc, force_destroy=settings.force_destroy_users)
    )

    # People of IAM Identity Center sign in to each account that the accounts layer opens to their groups.
    people = People("people", PeopleArgs(center, instance, existing_groups)) if center else None
    if people and settings.center_groups:
        RolePeople(
            "role-people",
            RolePeopleArgs(
                settings.center_groups, people.group_ids, instance, org.get(lambda o: o.management_account_id)
            ),
        )

    if settings.password_policy:
        PasswordPolicy("passwords", PasswordPolicyArgs(settings.password_policy))

    # Whoever deploys or previews a layer, and nobody's more than that layer.
    deployers = DeployRoles(
        "deploy-roles",
        DeployRolesArgs(
            roles=settings.deploy_roles,
            users=dict(zip(settings.users, developers.user_arns, strict=True)),
            oidc=settings.oidc,
            provider_arn=automation.provider_arn,
            state=settings.deploy_state,
            account_id=org.get(lambda o: o.management_account_id),
            organization_id=org.get(lambda o: o.organization_id),
            access_role_names=settings.access_role_names,
        ),
    )
    inspectors = {PREVIEW_ROLE: [deployers.accounts_preview_arn]} if deployers.accounts_preview_arn else {}

    # Whoever may assume the roles that accounts add. People and automation never have the same one.
    added = (
        Roles(
            "roles",
            RolesArgs(
                roles=settings.roles,
                developers=developers,
                users=settings.users,
                account=account_principal(org),
                trusts_users=settings.trusts_users,
                self_service_mfa=settings.self_service_mfa,
                mfa_enrolment=settings.mfa_enrolment,
                force_destroy_users=settings.force_destroy_users,
                oidc=settings.oidc,
                provider_arn=automation.provider_arn,
            ),
        ).principals
        if settings.roles
        else {}
    )

    # If HR tooling creates the users, membership of the group decides who is a developer, so the roles trust the whole
    # account. Otherwise the roles trust exactly the users of this stack. People of a permission set are let in beside
    # them: they come with a role of IAM Identity Center, which has asked for MFA itself.
    trusted = developers.user_arns if settings.trusts_users else [account_principal(org)]

    return exports(
        IdentityOutputs,
        principals={DEVELOPER_ROLE: trusted, AUTOMATION_ROLE: [automation.arn], **added, **inspectors},
        # Their session has no MFA of its own: who opened it had.
        mfa_required={
            DEVELOPER_ROLE: settings.require_mfa,
            AUTOMATION_ROLE: False,
            **{role: bool(who.people) and who.require_mfa is not False for role, who in settings.roles.items()},
            **dict.fromkeys(inspectors, False),
        },
        permission_set_roles=permission_set_people(settings.permission_sets, org),
        identity_center=exported(center, instance, people) if center and people else None,
    )


pulumi.run(main)
