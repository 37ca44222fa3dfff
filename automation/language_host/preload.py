"""The modules that every program needs, imported once.

From this repository only the module that runs a program: the files of the programs may change during a run.
"""

import contextlib
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
    "pulumi_aws.ebs",
    "pulumi_aws.iam",
    "pulumi_aws.organizations",
    "pulumi_aws.s3",
    "pydantic",
    "pydantic.alias_generators",
    "yaml",
):
    # The programs of a repository may use fewer packages, which are then not installed.
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
