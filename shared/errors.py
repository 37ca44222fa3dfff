"""The errors that a user can fix. They are shown as a message, without a stack trace.

Any other exception is a bug and shows its stack trace.

    UserError
    ├── ConfigError              a value in a stack's configuration file
    ├── LayerError               an environment, layer or account that does not exist
    ├── UsageError               a wrong option, or a command that is not possible now
    ├── EngineError              there is no Pulumi engine, and it was not possible to install one
    ├── EnvironmentNotReady      an environment that lacks what a run needs, such as a sandbox that was never started
    │   └── SandboxError         the emulated AWS cannot be started, stopped or emptied
    ├── DocumentError            a policy document that AWS would refuse
    ├── automation.stacks.StackFailed    an operation on one stack
    └── automation.aws.AwsFailed         a call to AWS that a command made itself
"""

from collections.abc import Iterable


class UserError(Exception):
    """An error that the user can fix. The message says what is wrong and what to do."""


class ConfigError(UserError):
    """Configuration that cannot be used. Each problem names the file, the key, the value and what is allowed."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class LayerError(UserError):
    """The named environment, layer or account does not exist. The message lists those that do."""


class UsageError(UserError):
    """An option has a value that is not allowed, or the command is not possible in the current state."""


class EngineError(UserError):
    """There is no engine, and it was not possible to install one. The message lists the ways to get one."""


class EnvironmentNotReady(UserError):
    """The environment lacks something that a run needs. The message says what to do first."""


class SandboxError(EnvironmentNotReady):
    """The emulated AWS cannot be started, stopped or emptied."""


class DocumentError(UserError):
    """AWS would refuse a policy document. The message names the document, and the limit or the wrong part of it."""
