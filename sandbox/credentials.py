"""The access key of the sandbox's administrator, an IAM user of the management account.

It is not a secret: it works only in the emulated AWS, which listens on this machine's loopback interface.
"""

MANAGEMENT_ACCOUNT_ID = "123456789012"
"""The management account of the sandbox, which exists from the start."""

ADMINISTRATOR = "sandbox-admin"
"""The IAM user that owns the access key. It has AdministratorAccess."""

ACCESS_KEY_ID = "AKIASANDBOX000000000"
SECRET_ACCESS_KEY = "sandbox-secret-key"  # noqa: S105
