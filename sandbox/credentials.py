"""The access key of the sandbox's administrator, an IAM user of the management account.

It opens the emulated AWS on this machine's loopback interface and nothing else: it is no secret.
"""

from __future__ import annotations

MANAGEMENT_ACCOUNT_ID = "123456789012"
"""The account that the sandbox starts with."""

ADMINISTRATOR = "sandbox-admin"
"""The IAM user that the access key belongs to; it has AdministratorAccess."""

ACCESS_KEY_ID = "AKIASANDBOX000000000"
SECRET_ACCESS_KEY = "sandbox-secret-key"  # noqa: S105
