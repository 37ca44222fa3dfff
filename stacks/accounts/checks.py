"""What the outputs of the other layers mean for one account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from urllib.parse import urlencode

import pulumi

from shared.errors import DocumentError
from shared.layers import StackId
from shared.policy_documents.documents import render_trust_policy
from shared.policy_documents.roles import PREVIEW_ROLE, deploy_role, preview_role
from shared.settings.checks import unknown_units
from shared.settings.program import current_stack, is_secret, refuse
from shared.stack_outputs import ANY_VALUE, BackupTargetSpec, IdentityOutputs, OrgOutputs, PoliciesOutputs, TagRules
from shared.stack_references import Upstream
from stacks.accounts.config import AccountsConfig
from stacks.accounts.iam_policies import trust_policy


def check_account(settings: AccountsConfig, org: Upstream[OrgOutputs], policies: Upstream[PoliciesOutputs]) -> None:
    """Raise `pulumi.RunError` when the account's OU does not exist or does not allow its tags, or when the guardrails
    do not exempt its access role."""
    file = current_stack().config_label
    unit = settings.organizational_unit
    units = org.known(lambda outputs: list(outputs.organizational_units))
    if units is not None:
        refuse(unknown_units(file, {unit: "accounts:organizationalUnit"}, units))
    rules = policies.known(lambda outputs: outputs.tag_rules.get(unit, {}))
    if rules is not None:
        refuse([f"{file}: {problem}" for problem in tag_problems(settings.tags, rules)])
    exempt = policies.known(lambda outputs: outputs.access_role_names)
    if exempt is not None and settings.access_role_name not in exempt:
        refuse([not_exempt(current_stack(), settings.access_role_name, exempt)])


def not_exempt(stack: StackId, role: str, exempt: Sequence[str]) -> str:
    """The problem of an account whose own access role the guardrails would bind."""
    policies = StackId("policies", stack.environment).config_label
    return (
        f"{stack.config_label}: accounts:accessRoleName is {role!r}, which {policies} does not exempt from the "
        f"guardrails; allowed: {', '.join(exempt)}, or {role} added to policies:accessRoleNames there"
    )


def account_email(settings: AccountsConfig) -> pulumi.Input[str]:
    """The account's e-mail address. It is a secret in the state if it is a secret in the configuration."""
    return pulumi.Output.secret(settings.email) if is_secret("email") else settings.email


def trust_policies(roles: Iterable[str], identity: Upstream[IdentityOutputs]) -> dict[str, pulumi.Output[str]]:
    """The trust policy of each of `roles`, as JSON, for the principals that the identity layer exports.

    Raises `pulumi.RunError` for a role that nobody may assume, or that everybody may assume.
    """
    return {role: identity.get(partial(role_trust, role)) for role in roles}


def role_trust(role: str, identity: IdentityOutputs) -> str:
    """The trust policy of one role, as JSON. Raises as `trust_policies` does."""
    try:
        return render_trust_policy(
            role,
            trust_policy(
                identity.principals.get(role, []),
                identity.mfa_required.get(role, True),
                identity.permission_set_roles.get(role, []),
            ),
        )
    except (ValueError, DocumentError) as error:
        raise pulumi.RunError(f"layer identity exports principals of {role} that cannot be used: {error}") from None


def role_inside(settings: AccountsConfig, caller: str | None) -> str:
    """The role that the provider assumes in the account: the access role, or the one that only reads.

    `caller` is the ARN of the credentials. Those of the role that may only preview accounts may not assume the access
    role, which is an administrator. Raises `pulumi.RunError` if they are used to deploy.
    """
    if not caller or f":assumed-role/{preview_role('accounts')}/" not in caller:
        return settings.access_role_name
    if not pulumi.runtime.is_dry_run():
        raise pulumi.RunError(
            f"these AWS credentials are those of {preview_role('accounts')}, which may only preview; allowed: "
            f"{deploy_role('accounts')}, or an administrator of the management account"
        )
    return PREVIEW_ROLE


def is_previewed_by(identity: Upstream[IdentityOutputs]) -> bool:
    """Whether the identity layer exports who may only preview accounts."""
    found = identity.known(lambda outputs: PREVIEW_ROLE in outputs.principals)
    if found is None:
        pulumi.log.info("whether there is a role to preview with follows from the identity layer: not in this preview")
    return bool(found)


def backup_of(settings: AccountsConfig, policies: Upstream[PoliciesOutputs]) -> BackupTargetSpec | None:
    """What the backup policy of the account's OU needs; None if the OU has none, or while that is unknown."""
    # In a list, because None is a known result too.
    backup = policies.known(lambda outputs: [outputs.backup.get(settings.organizational_unit)])
    if backup is None:
        pulumi.log.info("the backup vaults follow from the policies layer and are not in this preview")
        return None
    return backup[0]


def switch_role_link(account_id: str, role: str, display_name: str) -> str:
    """The link to the AWS console that switches to a role.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html"""
    query = urlencode({"account": account_id, "roleName": role, "displayName": display_name})
    return f"https://signin.aws.amazon.com/switchrole?{query}"


def tag_problems(tags: Mapping[str, str], rules: TagRules) -> list[str]:
    """The tags that break `rules`. Each problem names the key, the value and the allowed values."""
    problems = []
    for key, allowed in rules.items():
        for wrong in (tag for tag in tags if tag != key and tag.lower() == key.lower()):
            problems.append(f"accounts:tags.{wrong} is spelled wrongly; allowed: {key}")
        if key not in tags:
            if not any(tag.lower() == key.lower() for tag in tags):
                problems.append(
                    f"accounts:tags.{key} is missing; the OU's tag policy requires it; "
                    f"allowed: {'any value' if allowed == ANY_VALUE else ', '.join(allowed)}"
                )
        elif not any(fnmatchcase(tags[key], pattern) for pattern in allowed):
            problems.append(f"accounts:tags.{key} is {tags[key]!r}; the OU allows: {', '.join(allowed)}")
    return problems
