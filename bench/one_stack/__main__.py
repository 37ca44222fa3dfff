"""The whole organization as one stack, from the same configuration files and components as the four layers.

It leaves out what only separate stacks need: StackReferences, and the check in each stack that the credentials
belong to the management account.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar

import pulumi

from automation import configuration
from automation.stack_files import read_raw
from shared.layers import ROOT, StackId, discover
from shared.policy_documents.roles import AUTOMATION_ROLE, DEVELOPER_ROLE
from shared.policy_files import needed_types
from shared.settings.base import Settings
from shared.settings.program import region
from shared.stack_outputs import BackupVaults, IdentityOutputs
from shared.units import ROOT_UNIT
from stacks.accounts.account_baseline import AccountBaseline, AccountBaselineArgs
from stacks.accounts.account_permissions import AccountPermissions, AccountPermissionsArgs
from stacks.accounts.backup_target import BackupTarget, BackupTargetArgs
from stacks.accounts.checks import role_trust, switch_role_link
from stacks.accounts.config import AccountsConfig
from stacks.accounts.member_account import MemberAccount, MemberAccountArgs
from stacks.identity.automation_identity import AutomationIdentity, AutomationIdentityArgs
from stacks.identity.config import IdentityConfig
from stacks.identity.developers import Developers, DevelopersArgs
from stacks.identity.password_policy import PasswordPolicy, PasswordPolicyArgs
from stacks.org.config import OrgConfig
from stacks.org.organization import Organization, OrganizationalUnits, OrganizationalUnitsArgs, find_organization
from stacks.policies.backup_policy import BackupPolicy
from stacks.policies.config import PoliciesConfig
from stacks.policies.effective import backup_needs
from stacks.policies.files import load
from stacks.policies.own_policies import OwnPolicies
from stacks.policies.plan import Plan, plan
from stacks.policies.planned import PlannedPolicy, PoliciesArgs, Target
from stacks.policies.resource_control import ResourceControlPolicies
from stacks.policies.service_control import ServiceControlPolicies
from stacks.policies.tag_policies import TagPolicies
from stacks.policies.vaults import rules_by_name

S = TypeVar("S", bound=Settings)

Principals = Mapping[str, pulumi.Input[list[str]]]


async def main() -> Mapping[str, Any]:
    environment = pulumi.get_stack()
    stacks = discover(environment)
    configuration.check(stacks)
    policies = settings_of(PoliciesConfig, StackId("policies", environment))
    org = settings_of(OrgConfig, StackId("org", environment))

    organization = find_organization(org, needed_types(environment))
    units = OrganizationalUnits(
        "units", OrganizationalUnitsArgs(root_id=organization.root_id, names=org.all_units, protect=org.protect)
    )
    identity = make_identity(settings_of(IdentityConfig, StackId("identity", environment)))
    planned = make_policies(policies, organization, units)
    made = {}
    for stack in stacks:
        if stack.account:
            settings = settings_of(AccountsConfig, stack)
            needs = backup_needs(planned.everything, settings.organizational_unit)
            vaults = [
                BackupVaults(vault_name=vault, role_name=role, regions=regions)
                for (vault, role), regions in needs.vaults.items()
            ]
            backups = BackupTargetArgs(vaults, rules_by_name(policies))
            made[stack.account] = make_account(stack.account, settings, units.ids, identity, backups)
    return {"accounts": made}


def settings_of(model: type[S], stack: StackId) -> S:
    """The settings of a stack of the layered organization. Raises `pulumi.RunError` when some are encrypted."""
    settings = configuration.settings_of(stack, partial(read_raw, root=ROOT))
    if not isinstance(settings, model):
        raise pulumi.RunError(f"the configuration of {stack.label} has secrets, which this program cannot read")
    return settings


def make_identity(settings: IdentityConfig) -> pulumi.Output[IdentityOutputs]:
    """Create the developers and the automation identity; returns what the identity layer would export."""
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
    automation = AutomationIdentity("automation", AutomationIdentityArgs(oidc=settings.oidc))
    if settings.password_policy:
        PasswordPolicy("passwords", PasswordPolicyArgs(settings.password_policy))
    principals: Principals = {
        DEVELOPER_ROLE: pulumi.Output.all(*developers.user_arns).apply(list),
        AUTOMATION_ROLE: automation.arn.apply(lambda arn: [arn]),
    }
    mfa = {DEVELOPER_ROLE: settings.require_mfa, AUTOMATION_ROLE: False}
    return pulumi.Output.all(**principals).apply(
        lambda known: IdentityOutputs.model_validate({"principals": known, "mfaRequired": mfa})
    )


def make_policies(
    settings: PoliciesConfig,
    organization: Organization,
    units: OrganizationalUnits,
) -> Plan:
    """Backup, tag, service control and resource control policies. Returns all of them."""
    stack = StackId("policies", pulumi.get_stack())
    files, _ = load(stack.environment)  # `configuration.check` has refused what is wrong
    planned, _ = plan(settings, stack.config_label, files)
    targets: dict[Target, pulumi.Input[str]] = {ROOT_UNIT: organization.root_id}
    targets.update(units.ids)
    opts = after(units)

    def made(policies: list[PlannedPolicy]) -> PoliciesArgs:
        return PoliciesArgs(policies, targets, organization.organization_id)

    if planned.backup:
        BackupPolicy("backup", made(planned.backup), opts)
    TagPolicies("tags", made(planned.tags), opts)
    ServiceControlPolicies("guardrails", made(planned.guardrails), opts)
    if planned.perimeter:
        ResourceControlPolicies("perimeter", made(planned.perimeter), opts)
    if planned.own:
        OwnPolicies("own", made(planned.own), opts)
    return planned


def after(resource: pulumi.Resource) -> pulumi.ResourceOptions:
    """Options that make all resources of a component wait for `resource`.

    A policy has no input that comes from the organization resource, so Pulumi does not know that it must wait. In the
    four layers, the order of the stacks makes it wait.
    """

    def wait(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        waiting = pulumi.ResourceOptions(depends_on=[resource])
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, waiting))

    return pulumi.ResourceOptions(transformations=[wait])


def make_account(
    name: str,
    settings: AccountsConfig,
    unit_ids: Mapping[str, pulumi.Output[str]],
    identity: pulumi.Output[IdentityOutputs],
    backups: BackupTargetArgs,
) -> Mapping[str, Any]:
    """Create one member account and its resources; returns what its stack would export."""
    # A URN contains the types of a resource's parents but not their names. The resources of an account have fixed
    # names, so each account gets a parent type of its own: without it their URNs would be equal in one stack.
    parent = pulumi.ComponentResource(f"bench:accounts:{name}", name)
    account = MemberAccount(
        "account",
        MemberAccountArgs(
            name=settings.name,
            email=settings.email,
            unit_id=unit_ids[settings.organizational_unit],
            access_role_name=settings.access_role_name,
            inside_role_name=settings.access_role_name,
            region=region(),
            tags=settings.tags,
            protect=settings.protect,
            close_on_deletion=settings.close_on_deletion,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    inside = pulumi.ResourceOptions(parent=parent, provider=account.inside)
    permissions = AccountPermissions(
        "permissions",
        AccountPermissionsArgs(
            account_id=account.account_id,
            roles=settings.permissions,
            trust_policies={role: identity.apply(partial(role_trust, role)) for role in settings.permissions},
            resource_names_prefix=settings.resource_names_prefix,
        ),
        opts=inside,
    )
    if backups.vaults:
        BackupTarget("backup", backups, opts=inside)
    used_regions = sorted({region(), *backups.regions, *settings.regions})
    AccountBaseline(
        "baseline",
        AccountBaselineArgs(
            alias=settings.alias,
            alternate_contacts=settings.alternate_contacts,
            block_public_s3=settings.block_public_s3,
            encrypted_regions=used_regions if settings.encrypt_ebs else [],
            password_policy=settings.password_policy,
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
