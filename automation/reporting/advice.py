"""Advice for errors of AWS and of the engine whose own text does not say what to do."""

import re

from shared.layers import StackId
from shared.policy_documents.roles import PREVIEW_ROLE

FINAL_LOCK = r"PutBackupVaultLockConfiguration,[^\n]*InvalidRequestException"
"""How AWS refuses to lock a vault whose lock is final."""

EXISTS = (
    r"EntityAlreadyExists|AlreadyExistsException|DuplicateOrganizationalUnitException|DuplicatePolicyException"
    r"|AlreadyInOrganizationException|EMAIL_ALREADY_EXISTS|DuplicatePolicyAttachmentException"
    r"|has this e-mail address already"
    rf"|{FINAL_LOCK}"
)
"""How AWS and the embedded provider refuse to create something that already exists."""

ACCESS_ROLE = r"(?s)(?=.*AssumeRole\b)(?=.*(AccessDenied|not authorized))"
"""How AWS refuses to let a role be assumed. It says the same of a role that is not there."""

_ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"OrganizationalUnitNotEmptyException",
        "AWS deletes an OU only when no account and no OU is in it, also none that no file here describes. A closed "
        "account stays in its OU for 90 days. Move what is in it to the root or to another OU, then run this again "
        "(https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html)",
    ),
    (
        r"DeleteConflict",
        "AWS deletes it only when nothing is left that was made for it by hand: keys, MFA devices, policies. Remove "
        "them in AWS, or for users set identity:forceDestroyUsers: true, and run this again",
    ),
    (
        r"CLOSE_ACCOUNT_QUOTA_EXCEEDED",
        "AWS closes the higher of 250 and 20% of an organization's accounts within 30 days; run this again later "
        "(https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html)",
    ),
    (
        r"ConcurrentModificationException|TooManyRequestsException|Throttling|Rate exceeded",
        "AWS was changing the organization or was asked too often at that moment; run this again",
    ),
    (
        r"ExpiredToken|InvalidClientTokenId|UnrecognizedClientException|NoCredentialProviders|no valid credential",
        "the AWS credentials are missing or no longer valid: sign in again (`aws sso login`), then "
        "`invoke doctor --env {environment}` says whose they are",
    ),
    (
        # The role that is asked for; one that asks is an `assumed-role`.
        ACCESS_ROLE.replace("(?s)", rf"(?s)(?=.*:role/{PREVIEW_ROLE}(?![\w+=,@/-]))"),
        "the account has no PreviewRole yet, with which it is previewed. A deployment makes it: run "
        "`invoke up {label} --env {environment}` once with DeployAccounts",
    ),
    (
        ACCESS_ROLE + r"|IAM Role \(.*\) cannot be assumed|Cannot assume IAM Role|operation error STS: AssumeRole",
        "is that the account's access role? Accounts made by AWS's default have OrganizationAccountAccessRole, those "
        "made by earlier versions of this project OrganizationalAccountAccessRole, and an account that was invited has "
        "none until somebody makes it (docs/importing.md). Write the one that the account has as "
        "accounts:accessRoleName in {file}; the role must trust the management account, "
        "and the AWS credentials must be allowed to assume it (`invoke doctor --env {environment}`)",
    ),
    (
        r"AccessDenied|UnauthorizedOperation",
        "the AWS credentials may not do it. `invoke doctor --env {environment}` says whose they are; inside a member "
        "account they are those of its access role, and service control policies bound them",
    ),
    (
        FINAL_LOCK,
        "the vault has a lock in compliance mode whose date is past, which nobody can change any more, AWS neither. "
        "Write in policies:vaults what it has in AWS, or name another vault in the backup "
        "policy (https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html)",
    ),
    (
        r"CreateLogicallyAirGappedBackupVault,[^\n]*AlreadyExistsException",
        "a vault of that name is there already, and AWS cannot change how long a logically air-gapped vault keeps "
        "backups. Write in policies:vaults what it has in AWS, or name another vault in "
        "the backup policy",
    ),
    (
        EXISTS,
        "something in AWS has that name or address already. Choose another one in {file}; or, if it is what "
        "{label} is to manage, import it (`invoke --help import`) and run this again",
    ),
    (
        r"(connect|connection).*refused|EndpointConnectionError|Could not connect to the endpoint",
        "AWS's address does not answer; in the sandbox, running this again starts the emulated one again",
    ),
    (
        r"error reading from server|transport is closing",
        "the AWS provider's process ended at that moment, killed or for want of memory: whether this came about is "
        "not known. Run this again, which finds out",
    ),
    (
        r"no space left on device",
        "the disk that this is on is full: make room there, then run this again",
    ),
    (
        r"still not done after|: cancelled$",
        "AWS goes on with it: run this again in a while. An account that is being made is not asked for a second time",
    ),
    (
        r"AWS could not make the account|unexpected state 'FAILED'",
        "no account was made, and the same can be run again. What AWS's reason means: "
        "https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html",
    ),
    (
        r"no resource plugin|could not find plugin|failed to load plugin",
        "the AWS provider is not there: `invoke doctor --env {environment}` says how to get it",
    ),
    (
        r"incorrect passphrase|passphrase must be set",
        "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to what the stack was made with",
    ),
)


def advice(stack: StackId, message: str) -> str | None:
    """What to do about an error of `stack`, in a sentence; None if the error's own text must be enough."""
    for pattern, text in _ADVICE:
        if re.search(pattern, message):
            return text.format(environment=stack.environment, label=stack.label, file=stack.config_label)
    return None
