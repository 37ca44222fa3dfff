"""What every program imports, imported once.

Of this repository only what runs a program: the files of the programs may change during a run.
"""

import contextlib
import importlib
import signal

# The signal handlers of this process are those of the programs.
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
    # A repository whose programs use less has less to import.
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
