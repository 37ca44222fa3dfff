"""Which service a request is for, and what answers it."""

from __future__ import annotations

from moto.core.responses import BaseResponse
from moto.s3control.responses import S3ControlResponse

from sandbox.emulator.account.responses import AccountResponse
from sandbox.emulator.backup.responses import BackupResponse
from sandbox.emulator.ec2.responses import EC2Response
from sandbox.emulator.iam.responses import IamResponse
from sandbox.emulator.organizations.responses import OrganizationsResponse
from sandbox.emulator.sts.responses import STSResponse

RESPONSES: dict[str, tuple[str, type[BaseResponse]]] = {
    "account": ("account", AccountResponse),
    "backup": ("backup", BackupResponse),
    "ec2": ("ec2", EC2Response),
    "iam": ("iam", IamResponse),
    "organizations": ("organizations", OrganizationsResponse),
    "s3": ("s3control", S3ControlResponse),
    "sts": ("sts", STSResponse),
}
"""By the service name in a request's signature: botocore's name of the service, and the class that answers."""
