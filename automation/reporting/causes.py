"""The cause of an error: AWS's error code, the files to look in, and what to do."""

import re
from dataclasses import dataclass
from pathlib import Path

from automation.events import Problem, Resource
from automation.reporting.advice import ACCESS_ROLE, advice
from shared.layers import ROOT, StackId

ACCOUNT_FAILURES = (
    "ACCOUNT_LIMIT_EXCEEDED",
    "CONCURRENT_ACCOUNT_MODIFICATION",
    "EMAIL_ALREADY_EXISTS",
    "FAILED_BUSINESS_VALIDATION",
    "GOVCLOUD_ACCOUNT_ALREADY_EXISTS",
    "INTERNAL_FAILURE",
    "INVALID_ADDRESS",
    "INVALID_EMAIL",
    "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION",
    "INVALID_PAYMENT_INSTRUMENT",
    "MISSING_BUSINESS_VALIDATION",
    "MISSING_PAYMENT_INSTRUMENT",
    "PENDING_BUSINESS_VALIDATION",
    "UNKNOWN_BUSINESS_VALIDATION",
    "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED",
)
"""Reasons why AWS could not create an account. They are not errors of a call, but the result of the request.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html"""

_CODES = (
    # The AWS SDK for Go. If the SDK has a type for the error, the code stands alone after the request.
    re.compile(r"\bapi error (?P<code>[A-Za-z][\w.]*)"),
    re.compile(r"\bStatusCode: \d+, RequestID: [^,\s]*, (?:HostID: [^,\s]*, )?(?P<code>[A-Za-z][\w.]*):"),
    # boto3
    re.compile(r"\bAn error occurred \((?P<code>[\w.]+)\) when calling the \w+ operation"),
    re.compile(rf"\b(?P<code>{'|'.join(ACCOUNT_FAILURES)})\b"),
)

_ABOUT_DOCUMENTS = re.compile(r"MalformedPolicy|PolicyDocument|PackedPolicyTooLarge|InvalidPolicy")
"""Codes for a refused policy document. A component made the document."""

_ABOUT_VALUES = re.compile(
    r"Validation(Error|Exception)$|InvalidInput|InvalidParameter|EMAIL_ALREADY_EXISTS|INVALID_EMAIL"
)
"""Codes for a refused value. A component has the value from the stack's configuration."""

_NAMED = re.compile(r"(?<![\w/.-])stacks/\w+/[\w.-]+")
_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)


@dataclass(frozen=True)
class Cause:
    """`code` is AWS's error code; None if the error is not from AWS. `files` are paths relative to the root of the
    repository, with the line if it is known. `advice` is a sentence; None if the error's own text must be enough."""

    code: str | None
    files: tuple[str, ...]
    advice: str | None


def explain(stack: StackId, problem: Problem, root: Path = ROOT) -> Cause:
    """The cause of a problem of `stack` in the repository at `root`."""
    code = aws_code(problem.message)
    return Cause(code, _files(stack, problem, code, root), problem.remedy or advice(stack, problem.message))


def aws_code(message: str) -> str | None:
    """The error code in a message of the AWS SDK for Go, of boto3 or of a failed account creation; else None.

    https://docs.aws.amazon.com/sdk-for-go/v2/developer-guide/handle-errors.html,
    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/error-handling.html
    """
    found = (pattern.search(message) for pattern in _CODES)
    return next((match["code"] for match in found if match), None)


def _files(stack: StackId, problem: Problem, code: str | None, root: Path) -> tuple[str, ...]:
    """The files in which the user can fix the problem; empty if they are not known. Most error codes are about
    resources in AWS or about the credentials, and no file in this repository fixes those. Access is the exception
    where the file names the role."""
    message = problem.message
    if _NAMED.search(message):
        return ()
    if code is None:
        frame = _last_frame(message, root)
        if frame:
            return (frame,)
        # A configuration key such as `org:mode`. A resource type has a second colon.
        key = re.search(rf"(?<![\w:/]){stack.project}:[a-z]\w*(?![\w:])", message)
        return (stack.config_label,) if key else ()
    if stack.account and re.search(ACCESS_ROLE, message):
        return (stack.config_label,)
    component = _component_file(stack, problem.resource, root)
    if _ABOUT_DOCUMENTS.search(code):
        return (component,) if component else ()
    if _ABOUT_VALUES.search(code):
        return (stack.config_label, *([component] if component else []))
    return ()


def _component_file(stack: StackId, resource: Resource | None, root: Path) -> str | None:
    """The file of the component that contains `resource`: the innermost one that the stack's layer defines."""
    for component in reversed(resource.components if resource else ()):
        # The source code has `aws-organization:identity:Developers` as `identity:Developers`.
        kind = component.partition(":")[2]
        for file in sorted(stack.folder(root).glob("*.py")):
            if f'"{kind}"' in file.read_text():
                return file.relative_to(root).as_posix()
    return None


def _last_frame(message: str, root: Path) -> str | None:
    """The innermost line in this repository of a stack trace."""
    for match in reversed(list(_FRAME.finditer(message))):
        file = Path(match["file"])
        if file.is_relative_to(root) and not any(part.startswith(".") for part in file.relative_to(root).parts):
            return f"{file.relative_to(root).as_posix()}:{match['line']}"
    return None
