"""The modules that every program needs, imported once.

From this repository only the module that runs a program: the files of the programs may change during a run.
"""

import contextlib
import gc
import importlib
import signal

# The programs inherit the signal handlers of this process.
signal.signal(signal.SIGINT, signal.SIG_IGN)

for name in (
    "automation.language_host.program",
    "pulumi",
    "pulumi_aws",
    "pulumi_aws.account",
    "pulumi_aws.backup",
    "pulumi_aws.budgets",
    "pulumi_aws.ebs",
    "pulumi_aws.iam",
    "pulumi_aws.organizations",
    "pulumi_aws.s3",
    "pydantic.alias_generators",
    *("pydantic.fields", "pydantic.functional_validators", "pydantic.main", "pydantic.type_adapter"),
    "yaml",
):
    # The programs of a repository may use fewer packages, which are then not installed.
    with contextlib.suppress(ImportError):
        module = importlib.import_module(name)
        # The SDK reads a provider's module when it is first asked for a name that no module has by itself.
        hasattr(module, "__all__")

# What is here stays: the collector of a program need not go through it again and again.
gc.freeze()
