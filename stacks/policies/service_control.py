"""The organization's service control policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from shared.component import Component
from shared.errors import DocumentError
from stacks.policies.config import ServiceControl
from stacks.policies.guardrails import guardrail_statement, pack, region_statement
from stacks.policies.limits import SCP
from stacks.policies.organization_policy import attached_policy


@dataclass(frozen=True)
class ServiceControlPoliciesArgs:
    """`controls` maps OU paths to their guardrails, `units` maps OU paths to their ids."""

    units: Mapping[str, pulumi.Input[str]]
    controls: Mapping[str, ServiceControl]
    access_roles: Sequence[str]


class ServiceControlPolicies(Component):
    """The guardrails of each OU, in as few policies as AWS's limits allow.

    Raises `pulumi.RunError` when an OU has more guardrails than fit into its policies.
    """

    def __init__(self, name: str, args: ServiceControlPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("policies:ServiceControlPolicies", name, opts, formerly="acme:policies:ServiceControlPolicies")
        for path, control in args.controls.items():
            statements = [guardrail_statement(g, args.access_roles) for g in control.guardrails]
            if control.allowed_regions is not None:
                statements.append(region_statement(control.allowed_regions, args.access_roles))
            try:
                documents = pack(path, statements)
            except DocumentError as error:
                raise pulumi.RunError(str(error)) from None
            for number, document in enumerate(documents, start=1):
                attached_policy(
                    f"Guardrails-{path}-{number}",
                    SCP,
                    document,
                    f"Guardrails of the accounts in {path}",
                    {path: args.units[path]},
                    pulumi.ResourceOptions(parent=self),
                )
        self.register_outputs({})
