"""The errors that are the user's to mend: each is told in its own words, without a stack trace.

Everything else that is raised is a bug, and shows its trace.

    UserError
    ├── ConfigError              a value in a stack's configuration file
    ├── LayerError               an environment, layer or account that does not exist
    ├── UsageError               an option, or a command that cannot be carried out
    ├── EngineError              there is no Pulumi engine, and none could be got
    ├── EnvironmentNotReady      an environment that lacks what a run needs, such as a sandbox that was never started
    │   └── SandboxError         the emulated AWS cannot be started, stopped or emptied
    ├── DocumentError            a policy document that AWS would refuse
    └── automation.stacks.StackFailed    an operation on one stack
"""

from __future__ import annotations

from collections.abc import Iterable


class UserError(Exception):
    """Something that the user can mend; the message says what is wrong and what to do."""


class ConfigError(UserError):
    """Configuration that cannot be used. Each problem names the file, the key, the value and what is allowed."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class LayerError(UserError):
    """An environment, layer or account was named that does not exist; the message says which do."""


class UsageError(UserError):
    """An option has a value that is not allowed, or a command cannot be carried out as things are."""


class EngineError(UserError):
    """There is no engine and none could be got; the message names the ways to get one."""


class EnvironmentNotReady(UserError):
    """The environment lacks something that a run needs; the message says what to do first."""


class SandboxError(EnvironmentNotReady):
    """The emulated AWS cannot do what was asked."""


class DocumentError(UserError):
    """A policy document that AWS would refuse; the message names the document and the limit or the place in it."""
