"""The organization (new or existing) and its organizational units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from shared.component import Component
from stacks.org.config import POLICY_TYPES, ROOT_ACCESS_FEATURES, OrgConfig


@dataclass(frozen=True)
class Organization:
    """The ids that the other layers need."""

    organization_id: pulumi.Input[str]
    management_account_id: pulumi.Input[str]
    root_id: pulumi.Input[str]


def find_organization(settings: OrgConfig) -> Organization:
    """The existing organization, or a new one with all features, policy types and trusted access that are needed.

    Raises `pulumi.RunError` when an existing organization lacks one of them. The message says which, and how to
    enable it.
    https://www.pulumi.com/registry/packages/aws/api-docs/organizations/organization/
    """
    return _create(settings) if settings.mode == "create" else _look_up(settings)


def _create(settings: OrgConfig) -> Organization:
    organization = aws.organizations.Organization(
        "organization",
        feature_set="ALL",
        enabled_policy_types=list(POLICY_TYPES),
        aws_service_access_principals=settings.trusted_services,
        opts=pulumi.ResourceOptions(protect=settings.protect),
    )
    _manage_root_access(settings, organization)
    return Organization(
        organization.id,
        organization.master_account_id,
        organization.roots.apply(lambda roots: str(roots[0].id)),
    )


def _manage_root_access(settings: OrgConfig, *needed: pulumi.Resource) -> None:
    if settings.manages_root_access:
        aws.iam.OrganizationsFeatures(
            "root-access",
            enabled_features=list(ROOT_ACCESS_FEATURES),
            # IAM refuses it without trusted access.
            opts=pulumi.ResourceOptions(depends_on=needed),
        )


def _look_up(settings: OrgConfig) -> Organization:
    try:
        found = aws.organizations.get_organization()
    except Exception as error:
        # The SDK raises a plain Exception; AWS's error code is only in its text.
        if "AWSOrganizationsNotInUse" not in str(error):
            raise
        raise pulumi.RunError(
            "org:mode is 'lookup' and this account is in no organization; allowed: org:mode create, "
            "or the credentials of the management account"
        ) from None
    root = found.roots[0].id
    problems = [] if found.feature_set == "ALL" else ["all features (aws organizations enable-all-features)"]
    problems += [
        f"policy type {policy_type} (aws organizations enable-policy-type --root-id {root} --policy-type {policy_type})"
        for policy_type in POLICY_TYPES
        if policy_type not in found.enabled_policy_types
    ]
    problems += [
        f"trusted access of {service} (aws organizations enable-aws-service-access --service-principal {service})"
        for service in settings.trusted_services
        if service not in found.aws_service_access_principals
    ]
    if problems:
        raise pulumi.RunError(
            f"organization {found.id} lacks what the stacks need; turn it on and run again: " + "; ".join(problems)
        )
    _manage_root_access(settings)
    return Organization(found.id, found.master_account_id, root)


@dataclass(frozen=True)
class OrganizationalUnitsArgs:
    """`names` maps the key of every unit and of its parents to its name, parents first."""

    root_id: pulumi.Input[str]
    names: Mapping[str, str]
    protect: bool


class OrganizationalUnits(Component):
    """The tree of organizational units. `ids` maps the key of a unit to its id.

    A unit keeps its key for life, so that a new name is an update in place.
    """

    ids: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: OrganizationalUnitsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("org:OrganizationalUnits", name, opts, formerly="acme:organization:OrganizationUnits")
        self.ids = {}
        for key, unit_name in args.names.items():
            parent = key.rpartition("/")[0]
            made = aws.organizations.OrganizationalUnit(
                key,
                name=unit_name,
                parent_id=self.ids[parent] if parent else args.root_id,
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
            self.ids[key] = made.id
        self.register_outputs({"ids": self.ids})
