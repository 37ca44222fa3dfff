"""The errors that are the user's to mend: each is told in its own words, without a stack trace."""

from __future__ import annotations

from automation.changes import ChangesError
from automation.engine import EngineError
from automation.environment import EnvironmentFault
from automation.report import ReportError
from automation.runs import UsageError
from automation.stacks import StackFailed
from sandbox.lifecycle import SandboxError
from shared.config.base import ConfigError
from shared.layers import LayerError

USER_ERRORS: tuple[type[Exception], ...] = (
    ChangesError,
    ConfigError,
    EngineError,
    EnvironmentFault,
    LayerError,
    ReportError,
    SandboxError,
    StackFailed,
    UsageError,
)
