"""All policies of an environment as they will be in AWS, from its configuration and its policy files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from shared.errors import ConfigError
from stacks.policies import backup_policy, own_policies, resource_control, service_control, tag_policies
from stacks.policies.config import PoliciesConfig
from stacks.policies.files import Loaded
from stacks.policies.planned import PlannedPolicy
from stacks.policies.policy_types import SCP


@dataclass
class Plan:
    """The policies: those that the keys of the configuration ask for, and those of the environment's own files."""

    backup: list[PlannedPolicy] = field(default_factory=list)
    tags: list[PlannedPolicy] = field(default_factory=list)
    guardrails: list[PlannedPolicy] = field(default_factory=list)
    perimeter: list[PlannedPolicy] = field(default_factory=list)
    own: list[PlannedPolicy] = field(default_factory=list)

    @property
    def everything(self) -> list[PlannedPolicy]:
        """All of them."""
        return [*self.backup, *self.tags, *self.guardrails, *self.perimeter, *self.own]


def plan(
    settings: PoliciesConfig, source: str, files: Sequence[Loaded], accounts: Mapping[str, str] | None = None
) -> tuple[Plan, list[str]]:
    """The policies, and what is wrong with those that are missing. `source` is the configuration file's path.

    `accounts` maps the names of accounts to their ids; None before AWS was asked.
    """
    problems: list[str] = []

    def collect(make: Callable[[], list[PlannedPolicy]]) -> list[PlannedPolicy]:
        try:
            return make()
        except ConfigError as error:
            problems.extend(error.problems)
            return []

    made = Plan(
        backup=backup_policy.planned(settings.backup, source) if settings.backup else [],
        tags=tag_policies.planned(settings.tags, source, at_root=settings.root_tags),
        guardrails=collect(
            partial(service_control.planned, settings.controls, settings.access_role_names, source, settings.limit(SCP))
        ),
        perimeter=resource_control.planned(settings.resource_control, source) if settings.resource_control else [],
    )
    for file in files:
        limit = settings.limit(file.type)
        made.own += collect(partial(own_policies.planned, file, settings.access_role_names, limit, accounts))
    return made, problems
