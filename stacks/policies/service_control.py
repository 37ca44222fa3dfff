"""The organization's service control policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from shared.component import Component
from shared.errors import DocumentError
from stacks.policies.config import ROOT, Guardrail
from stacks.policies.guardrails import guardrail_statements, pack, region_statement
from stacks.policies.limits import SCP
from stacks.policies.organization_policy import attached_policy


@dataclass(frozen=True)
class ServiceControlPoliciesArgs:
    """`controls` maps `ROOT` and OU paths to their guardrails and allowed regions, `targets` to their ids."""

    targets: Mapping[str, pulumi.Input[str]]
    controls: Mapping[str, tuple[Sequence[Guardrail], Sequence[str] | None]]
    access_roles: Sequence[str]


class ServiceControlPolicies(Component):
    """The guardrails of the root and of each OU, in as few policies as AWS's limits allow.

    Raises `pulumi.RunError` when one has more guardrails than fit into its policies.
    """

    def __init__(self, name: str, args: ServiceControlPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("policies:ServiceControlPolicies", name, opts, formerly="acme:policies:ServiceControlPolicies")
        for path, (guardrails, regions) in args.controls.items():
            statements = [
                each for guardrail in guardrails for each in guardrail_statements(guardrail, args.access_roles)
            ]
            if regions is not None:
                statements.append(region_statement(regions, args.access_roles))
            try:
                documents = pack(path, statements)
            except DocumentError as error:
                raise pulumi.RunError(str(error)) from None
            title, where = ("Guardrails", "root") if path == ROOT else (f"Guardrails-{path}", path)
            for number, document in enumerate(documents, start=1):
                attached_policy(
                    f"{title}-{number}",
                    SCP,
                    document,
                    "Guardrails of all accounts" if path == ROOT else f"Guardrails of the accounts in {path}",
                    {where: args.targets[path]},
                    pulumi.ResourceOptions(parent=self),
                )
        self.register_outputs({})
