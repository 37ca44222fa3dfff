"""The stacks of an environment with what an outside system must be told to deploy one of them alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from automation import configuration
from automation.management_account import KEY, account_in
from automation.stack_files import file_of, read_raw
from automation.workflows.steps import role
from shared.errors import ConfigError
from shared.layers import StackId, discover, graph

OWN_CREDENTIALS = ("aws:profile", "aws:assumeRoles", "aws:accessKey")
"""The keys of a stack's file that choose other credentials than those of the surroundings."""


@dataclass(frozen=True)
class Target:
    """A stack, the stacks that it reads, and whose credentials deploy it."""

    stack: StackId
    reads: tuple[StackId, ...]
    account: str
    key_service: str | None
    """The secrets provider in its file, such as AWS KMS; None for a passphrase, or what the backend has."""

    @property
    def role_arn(self) -> str:
        """The deploy role of the stack's layer (docs/deploy-roles.md)."""
        return f"arn:aws:iam::{self.account}:role/{role('Deploy', self.stack.layer)}"


def targets(environment: str, root: Path) -> list[Target]:
    """The stacks of an environment, each behind those that it reads.

    Raises `ConfigError` if its files cannot be deployed as they are, or name credentials of their own: such a system
    gives each stack its role, and has no profiles.
    """
    stacks = discover(environment, root)
    configuration.check(stacks, root)
    reads = graph(stacks)
    found, problems = [], []
    for stack in stacks:
        keys, _secret = read_raw(stack, root)
        problems += [
            f"{stack.config_label}: {key} is set; allowed: none, because each stack is given the role of its layer"
            for key in OWN_CREDENTIALS
            if key in keys
        ]
        _config, provider = file_of(stack, root)
        key_service = provider if provider and "://" in provider else None
        found.append(Target(stack, tuple(sorted(reads[stack])), account_in(keys[KEY]), key_service))
    if problems:
        raise ConfigError(problems)
    return found
