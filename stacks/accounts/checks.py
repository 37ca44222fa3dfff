"""What the outputs of the other layers mean for one account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pulumi

from shared.errors import DocumentError
from shared.layers import StackId
from shared.policy_documents.documents import render_trust_policy
from shared.policy_documents.roles import PREVIEW_ROLE, deploy_role, preview_role, with_path
from shared.settings.checks import unknown_units
from shared.settings.program import Given, current_stack, is_secret, load, refuse
from shared.stack_outputs import ANY_VALUE, BackupTargetSpec, IdentityOutputs, OrgOutputs, PoliciesOutputs, TagRules
from shared.stack_references import Upstream
from shared.units import ROOT_UNIT
from stacks.accounts.config import AccountsConfig
from stacks.accounts.iam_policies import trust_policy
from stacks.accounts.profiles import KEYS, Effective, Profiles, read_profiles
from stacks.accounts.role_config import is_added


@dataclass(frozen=True)
class Account:
    """The configuration of the running program: the `settings`, and where they are from."""

    settings: AccountsConfig
    profiles: Profiles
    effective: Effective


def load_account() -> Account:
    """The configuration of the running program. Raises `pulumi.RunError` as `load` does."""
    stack = current_stack()
    found: list[tuple[Profiles, Effective]] = []

    def with_profiles(own: Given) -> Given:
        profiles = read_profiles(stack.environment)
        # The engine passes null as an empty text.
        given = {key: None if value == "" and key in KEYS else value for key, value in own.items()}
        found.append((profiles, profiles.effective(given, stack.config_label)))
        return found[0][1].values

    settings = load(AccountsConfig, with_profiles, lambda problem: found[0][1].explained(problem))
    return Account(settings, *found[0])


def check_account(account: Account, org: Upstream[OrgOutputs], policies: Upstream[PoliciesOutputs]) -> None:
    """Raise `pulumi.RunError` when the account's OU or that of a profile does not exist, when the OU does not allow the
    account's tags, or when the guardrails do not exempt its access role."""
    settings, whence = account.settings, account.effective.named
    file = current_stack().config_label
    unit = settings.organizational_unit
    units = org.known(lambda outputs: list(outputs.organizational_units))
    if units is not None:
        refuse(unknown_units(file, {unit: "accounts:organizationalUnit"}, [ROOT_UNIT, *units]))
        refuse(unknown_profiles(account.profiles, units))
    rules = policies.known(lambda outputs: outputs.tag_rules.get(unit, {}))
    if rules is not None:
        refuse([f"{file}: {problem}" for problem in tag_problems(settings.tags, rules, whence)])
    optional = policies.known(lambda outputs: outputs.optional_tags.get(unit, {}))
    if optional is not None:
        refuse([f"{file}: {problem}" for problem in tag_problems(settings.tags, optional, whence, required=False)])
    exempt = policies.known(lambda outputs: outputs.access_role_names)
    if exempt is not None and settings.access_role_name not in exempt:
        refuse([not_exempt(current_stack(), settings.access_role_name, exempt, whence("accessRoleName"))])


def check_roles(account: Account, identity: Upstream[IdentityOutputs]) -> None:
    """Raise `pulumi.RunError` when the identity layer lets nobody assume a role that the account adds."""
    known = identity.known(lambda outputs: list(outputs.principals))
    if known is not None:
        refuse(nobodys_roles(current_stack(), account.settings.roles, known, account.effective))


def nobodys_roles(stack: StackId, roles: Iterable[str], known: Iterable[str], effective: Effective) -> list[str]:
    """One problem for each role that the account adds and nobody may assume. `known` are those in `identity:roles`."""
    identity = StackId("identity", stack.environment).config_label
    there = sorted(role for role in known if is_added(role) and role != PREVIEW_ROLE)
    return [
        f"{stack.config_label}: accounts:roles.{role}{effective.named('roles', role)} may be assumed by nobody: "
        f"{identity} has no identity:roles.{role}; allowed: {', '.join([*there, f'{role} added there'])}"
        for role in roles
        if is_added(role) and role not in there
    ]


def unknown_profiles(profiles: Profiles, units: Iterable[str]) -> list[str]:
    """One problem for each profile of an OU that is not in `units`."""
    return unknown_units(profiles.file, dict.fromkeys(profiles.by_unit, "a profile"), [ROOT_UNIT, *units])


def not_exempt(stack: StackId, role: str, exempt: Sequence[str], whence: str = "") -> str:
    """The problem of an account whose own access role the guardrails would bind. `whence` is as `Effective.named`."""
    policies = StackId("policies", stack.environment).config_label
    return (
        f"{stack.config_label}: accounts:accessRoleName is {role!r}{whence}, which {policies} does not exempt from the "
        f"guardrails; allowed: {', '.join(exempt)}, or {role} added to policies:accessRoleNames there"
    )


def unit_id(settings: AccountsConfig, org: Upstream[OrgOutputs]) -> pulumi.Output[str]:
    """The id of the OU that the account is in, or of the root."""
    unit = settings.organizational_unit
    return org.get(lambda outputs: outputs.root_id if unit == ROOT_UNIT else outputs.organizational_units[unit])


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


def links_of_added(
    settings: AccountsConfig, account_id: pulumi.Output[str], identity: Upstream[IdentityOutputs]
) -> Mapping[str, Any]:
    """The output with the links that switch to the roles which the account adds for people; nothing without any."""
    added = [role for role in settings.permissions if is_added(role)]
    # Automation comes with a role of the management account, people as users, the account itself or a permission set.
    people = identity.known(
        lambda outputs: [
            role
            for role in added
            if role in outputs.permission_set_roles
            or any(":role/" not in principal for principal in outputs.principals.get(role, []))
        ]
    )
    if not people:
        return {}
    links = {
        role: account_id.apply(
            lambda id_, role=role: switch_role_link(id_, with_path(role), f"{settings.name} {role}")  # type: ignore[misc]
        )
        for role in people
    }
    return {"switchRoleLinks": links}


def switch_role_link(account_id: str, role: str, display_name: str) -> str:
    """The link to the AWS console that switches to a role.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html"""
    query = urlencode({"account": account_id, "roleName": role, "displayName": display_name})
    return f"https://signin.aws.amazon.com/switchrole?{query}"


def tag_problems(
    tags: Mapping[str, str],
    rules: TagRules,
    whence: Callable[[str, str], str] = lambda *_path: "",
    *,
    required: bool = True,
) -> list[str]:
    """The tags that break `rules`, and with `required` those that are missing. Each problem names the key, the value
    and the allowed values, and `whence` where the value is from, if that is another file (`Effective.named`)."""
    problems = []
    for key, allowed in rules.items():
        for wrong in (tag for tag in tags if tag != key and tag.lower() == key.lower()):
            problems.append(f"accounts:tags.{wrong}{whence('tags', wrong)} is spelled wrongly; allowed: {key}")
        if key not in tags:
            if required and not any(tag.lower() == key.lower() for tag in tags):
                problems.append(
                    f"accounts:tags.{key} is missing; the OU's tag policy requires it; "
                    f"allowed: {'any value' if allowed == ANY_VALUE else ', '.join(allowed)}"
                )
        elif not any(fnmatchcase(tags[key], pattern) for pattern in allowed):
            allows = ", ".join(allowed) or "no value"
            problems.append(f"accounts:tags.{key} is {tags[key]!r}{whence('tags', key)}; the OU allows: {allows}")
    return problems
