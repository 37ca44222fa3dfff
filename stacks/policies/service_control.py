"""The organization's service control policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from shared.errors import ConfigError, DocumentError
from shared.organization_policies.limits import LIMITS, Limit
from shared.units import ROOT_UNIT
from stacks.policies.config import Guardrail
from stacks.policies.guardrails import guardrail_statements, pack, region_statement
from stacks.policies.planned import PlannedPolicy, Policies, PoliciesArgs
from stacks.policies.policy_types import SCP


def planned(
    controls: Mapping[str, tuple[Sequence[Guardrail], Sequence[str] | None]],
    access_roles: Sequence[str],
    source: str,
    limit: Limit = LIMITS[SCP],
) -> list[PlannedPolicy]:
    """The guardrails of the root and of each OU, in as few policies as AWS's limits allow.

    `controls` maps `ROOT_UNIT` and OU paths to their guardrails and allowed regions. Raises `ConfigError` when one has
    more guardrails than fit into its policies.
    """
    made = []
    for path, (guardrails, regions) in controls.items():
        statements = [each for guardrail in guardrails for each in guardrail_statements(guardrail, access_roles)]
        if regions is not None:
            statements.append(region_statement(regions, access_roles))
        where = f"{source}: policies:serviceControl.{path}"
        try:
            documents = pack(path, statements, limit)
        except DocumentError as error:
            raise ConfigError([f"{where}: {error}"]) from None
        title = "Guardrails" if path == ROOT_UNIT else f"Guardrails-{path}"
        about = "Guardrails of all accounts" if path == ROOT_UNIT else f"Guardrails of the accounts in {path}"
        made += [
            PlannedPolicy(f"{title}-{number}", SCP, document, about, (path,), where)
            for number, document in enumerate(documents, start=1)
        ]
    return made


class ServiceControlPolicies(Policies):
    """The guardrails of the root and of each OU."""

    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("policies:ServiceControlPolicies", name, args, opts, "acme:policies:ServiceControlPolicies")
        self.register_outputs({})
