"""Advice for errors of AWS and of the engine whose own text does not say what to do."""

import re

from shared.layers import StackId

EXISTS = (
    r"EntityAlreadyExists|AlreadyExistsException|DuplicateOrganizationalUnitException|DuplicatePolicyException"
    r"|AlreadyInOrganizationException|EMAIL_ALREADY_EXISTS|DuplicatePolicyAttachmentException"
    r"|has this e-mail address already"
)
"""How AWS and the embedded provider refuse to create something that already exists."""

_ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"OrganizationalUnitNotEmptyException",
        "a closed account stays in its OU for 90 days, and AWS keeps the OU as long. Move the account to the root "
        "or wait, then run this again "
        "(https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html)",
    ),
    (
        r"DeleteConflict",
        "AWS deletes it only when nothing is left that was made for it by hand: keys, MFA devices, policies. Remove "
        "them in AWS, or for users set identity:forceDestroyUsers: true, and run this again",
    ),
    (
        r"CLOSE_ACCOUNT_QUOTA_EXCEEDED",
        "AWS lets 10% of an organization's accounts be closed in 30 days; run this again later "
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
        r"IAM Role \(.*\) cannot be assumed|Cannot assume IAM Role|operation error STS: AssumeRole",
        "is that the account's access role? Accounts made by AWS's default have OrganizationAccountAccessRole, those "
        "made by earlier versions of this project OrganizationalAccountAccessRole. Write the one that the account has "
        "as accounts:accessRoleName in stacks/{layer}/Pulumi.{stack}.yaml; the role must trust the management account, "
        "and the AWS credentials must be allowed to assume it (`invoke doctor --env {environment}`)",
    ),
    (
        r"AccessDenied|UnauthorizedOperation",
        "no file mends this: the AWS credentials may not do it. `invoke doctor --env {environment}` says whose they "
        "are; inside a member account they are those of its access role, and service control policies bound them",
    ),
    (
        EXISTS,
        "it is in AWS and not in the state of {label}: made by hand, or by a run that was killed before it could "
        "record it. Import it with `pulumi import {type} {name} <its id> -s {stack} --cwd stacks/{layer}` "
        "(https://www.pulumi.com/docs/iac/cli/commands/pulumi_import/), or delete it in AWS, and run this again",
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


def advice(stack: StackId, message: str, resource_type: str = "<type>", resource_name: str = "<name>") -> str | None:
    """What to do about an error of `stack`, in a sentence; None if the error's own text must be enough."""
    for pattern, text in _ADVICE:
        if re.search(pattern, message):
            return text.format(
                environment=stack.environment,
                label=stack.label,
                stack=stack.name,
                layer=stack.layer,
                type=resource_type,
                name=resource_name,
            )
    return None
