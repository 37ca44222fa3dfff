"""Typed configuration of the four layers, read from `Pulumi.<stack>.yaml`.

The models say what is allowed; `check` reads the files of many stacks before a run, and
`load` reads the configuration of the running program. Both report through `ConfigError`.
"""

from shared.config.accounts import AccountsConfig
from shared.config.base import ConfigError, Settings
from shared.config.check import MODELS, check
from shared.config.identity import IdentityConfig
from shared.config.org import OrgConfig
from shared.config.policies import PoliciesConfig
from shared.config.program import load

__all__ = [
    "MODELS",
    "AccountsConfig",
    "ConfigError",
    "IdentityConfig",
    "OrgConfig",
    "PoliciesConfig",
    "Settings",
    "check",
    "load",
]
