"""The organization (new or existing) and its organizational units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pulumi
import pulumi_aws as aws

from shared.component import Component
from shared.organization_policies.types import POLICY_TYPES as TYPES
from stacks.org.config import ROOT_ACCESS_FEATURES, OrgConfig


@dataclass(frozen=True)
class Organization:
    """The ids that the other layers need."""

    organization_id: pulumi.Input[str]
    management_account_id: pulumi.Input[str]
    root_id: pulumi.Input[str]


NONE: Mapping[str, str] = MappingProxyType({})


def find_organization(settings: OrgConfig, needed: Mapping[str, str] = NONE) -> Organization:
    """The existing organization, or a new one with all features, policy types and trusted access that are needed.

    `needed` are the policy types that policy files need, besides those that are always on: type → file.

    Raises `pulumi.RunError` when an existing organization lacks one of them. The message says which, and how to
    enable it.
    https://www.pulumi.com/registry/packages/aws/api-docs/organizations/organization/
    """
    more = {each: file for each, file in enabled_types(settings, needed).items() if each not in settings.own_types}
    return _create(settings, more) if settings.mode == "create" else _look_up(settings, more)


def enabled_types(settings: OrgConfig, needed: Mapping[str, str]) -> dict[str, str]:
    """Every policy type that has to be on → what needs it, nothing for those that always are."""
    kept = dict.fromkeys(settings.named_types, "org:policyTypes")
    return {**dict.fromkeys(settings.own_types, ""), **dict(sorted({**kept, **needed}.items()))}


def _services(settings: OrgConfig, types: Mapping[str, str]) -> dict[str, str]:
    """Every service that needs trusted access → the policy file that needs it, or nothing."""
    found = dict.fromkeys(settings.trusted_services, "")
    # An organization that was adopted may have a type on without its service, and is left so.
    on_already = [] if settings.project_features else settings.named_types
    for each, file in types.items():
        if each not in on_already and (service := TYPES[each].trusted_service):
            found.setdefault(service, file)
    return dict(sorted(found.items()))


def _create(settings: OrgConfig, more: Mapping[str, str]) -> Organization:
    organization = aws.organizations.Organization(
        "organization",
        feature_set="ALL",
        enabled_policy_types=[*settings.own_types, *more],
        aws_service_access_principals=list(_services(settings, more)),
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


def _look_up(settings: OrgConfig, more: Mapping[str, str]) -> Organization:
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
    # First what the types need: AWS turns some of them on only with it.
    problems += [
        f"trusted access of {service}{_needed_by(file)} "
        f"(aws organizations enable-aws-service-access --service-principal {service})"
        for service, file in _services(settings, more).items()
        if service not in found.aws_service_access_principals
    ]
    problems += [
        f"policy type {policy_type}{_needed_by(file)} "
        f"(aws organizations enable-policy-type --root-id {root} --policy-type {policy_type})"
        for policy_type, file in {**dict.fromkeys(settings.own_types, ""), **more}.items()
        if policy_type not in found.enabled_policy_types
    ]
    if problems:
        raise pulumi.RunError(
            f"organization {found.id} lacks what the stacks need; turn it on and run again: " + "; ".join(problems)
        )
    _manage_root_access(settings)
    return Organization(found.id, found.master_account_id, root)


def _needed_by(file: str) -> str:
    return f", which {file} needs," if file else ""


@dataclass(frozen=True)
class OrganizationalUnitsArgs:
    """`names` maps the key of every unit and of its parents to its name, parents first; `tags` those that have some."""

    root_id: pulumi.Input[str]
    names: Mapping[str, str]
    protect: bool
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


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
                tags=args.tags.get(key),
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
            self.ids[key] = made.id
        self.register_outputs({"ids": self.ids})
