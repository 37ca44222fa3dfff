"""Who works in member accounts: the developers' group and its users, and the automation identity."""

from collections.abc import Mapping
from typing import Any

import pulumi

from shared.components.automation_identity import AutomationIdentity, AutomationIdentityArgs
from shared.components.developers import Developers, DevelopersArgs
from shared.components.password_rules import PasswordRules, PasswordRulesArgs
from shared.config.identity import IdentityConfig
from shared.config.program import load
from shared.contracts import IdentityOutputs, OrgOutputs, exports
from shared.documents.roles import AUTOMATION_ROLE, DEVELOPER_ROLE
from shared.management import account_principal, require_management_account
from shared.upstream import read


async def main() -> Mapping[str, Any]:
    settings = load(IdentityConfig)
    org = await read(OrgOutputs)
    require_management_account(org)

    # Developers sign in to the management account and may assume DeveloperRole, nothing else.
    developers = Developers(
        "developers",
        DevelopersArgs(
            users=settings.users,
            require_mfa=settings.require_mfa,
            self_service_mfa=settings.self_service_mfa,
            force_destroy_users=settings.force_destroy_users,
        ),
    )

    # CI/CD may assume AutomationRole. It has no access key: see the layer's README.
    automation = AutomationIdentity("automation", AutomationIdentityArgs(oidc=settings.oidc))

    if settings.password_policy:
        PasswordRules("passwords", PasswordRulesArgs(settings.password_policy))

    # Where SSO or HR tooling makes the users, membership of the group decides, so the roles
    # trust the account; else they trust exactly the users made here.
    people = developers.user_arns if settings.trusts_users else [account_principal(org)]

    return exports(
        IdentityOutputs,
        principals={DEVELOPER_ROLE: people, AUTOMATION_ROLE: [automation.arn]},
        mfa_required={DEVELOPER_ROLE: settings.require_mfa, AUTOMATION_ROLE: False},
    )


pulumi.run(main)
