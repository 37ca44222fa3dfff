"""What is told of an error: AWS's code, the files to look in, what to do."""

import shutil
from pathlib import Path

import boto3
import pytest
from botocore.model import StringShape

from automation.events import Problem, Resource
from automation.reporting.causes import ACCOUNT_FAILURES, aws_code, explain
from shared.layers import ROOT, StackId
from shared.policy_documents.roles import PREVIEW_ROLE
from tests.configuration import write_sandbox

ACCESS = "OrganizationAccountAccessRole"
IDENTITY = StackId("identity", "sandbox")
WEB = StackId("accounts", "prod", "web")

IN_DEVELOPERS = Resource(
    "urn:pulumi:sandbox::identity::acme:identity:Developers$aws:iam/groupPolicy:GroupPolicy::assume-developer-role"
)
ALONE = Resource("urn:pulumi:sandbox::identity::aws:iam/user:User::ada")
ACCOUNT = Resource(
    "urn:pulumi:prod.web::accounts::acme:accounts:MemberAccount$aws:organizations/account:Account::account"
)

HTTP = "https response error StatusCode: 400, RequestID: 0c1d-9, "


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            f"operation error Organizations: CreateAccount, {HTTP}api error AccessDeniedException: no",
            "AccessDeniedException",
        ),
        # An error that the SDK for Go has a type for.
        (f"operation error IAM: CreateRole, {HTTP}EntityAlreadyExists: Role with name x exists", "EntityAlreadyExists"),
        (
            "operation error S3: PutObject, https response error StatusCode: 403, RequestID: A1, HostID: b/c=, "
            "api error InvalidBucket.Name: no",
            "InvalidBucket.Name",
        ),
        ("operation error STS: GetCallerIdentity, api error ExpiredToken: x", "ExpiredToken"),
        ("An error occurred (NoSuchEntity) when calling the GetRole operation: no", "NoSuchEntity"),
        (
            "An error occurred (Throttling) when calling the ListRoots operation (reached max retries: 4): Rate",
            "Throttling",
        ),
        ("waiting for completion: unexpected state 'FAILED'. last error: EMAIL_ALREADY_EXISTS", "EMAIL_ALREADY_EXISTS"),
        ("AWS could not make the account (request car-1): INVALID_ADDRESS", "INVALID_ADDRESS"),
        ("operation error IAM: CreateRole, https response error StatusCode: 0, RequestID: , request send failed", None),
        ("identity:users is 3: allowed: a list", None),
        ("ModuleNotFoundError: No module named 'x'", None),
    ],
)
def test_aws_code(message: str, expected: str | None) -> None:
    assert aws_code(message) == expected


def test_the_reasons_for_a_failed_account_are_all_of_aws() -> None:
    model = boto3.client("organizations", region_name="us-east-1").meta.service_model
    reasons = model.shape_for("CreateAccountFailureReason")
    assert isinstance(reasons, StringShape)
    assert sorted(reasons.enum) == sorted(ACCOUNT_FAILURES)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository's programs with the tests' configuration."""
    root = tmp_path_factory.mktemp("repository")
    for file in (ROOT / "stacks").rglob("*.py"):
        (root / file.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, root / file.relative_to(ROOT))
    return write_sandbox(root)


@pytest.mark.parametrize(
    ("stack", "message", "resource", "files"),
    [
        # AWS refuses a document: whoever renders it.
        (IDENTITY, "api error MalformedPolicyDocument: Syntax", IN_DEVELOPERS, ["stacks/identity/developers.py"]),
        (IDENTITY, "api error MalformedPolicyDocument: Syntax", ALONE, []),
        # AWS refuses a value: where it is set, and what handed it on.
        (
            WEB,
            "last error: EMAIL_ALREADY_EXISTS",
            ACCOUNT,
            ["stacks/accounts/Pulumi.prod.web.yaml", "stacks/accounts/member_account.py"],
        ),
        (IDENTITY, "api error ValidationError: too long", ALONE, ["stacks/identity/Pulumi.sandbox.yaml"]),
        # It is named already.
        (IDENTITY, "stacks/identity/Pulumi.sandbox.yaml: identity:users is 3", None, []),
        (IDENTITY, "identity:users is 3; allowed: a list", None, ["stacks/identity/Pulumi.sandbox.yaml"]),
        (WEB, "identity:users is 3; allowed: a list", None, []),
        # A type is not a key, and an address not a type.
        (IDENTITY, "acme:identity:Developers broke", None, []),
        (IDENTITY, "identity:index:Thing broke", None, []),
        # The role that is assumed is named in a file; the others are not.
        (WEB, "STS: AssumeRole, api error AccessDenied: no", ACCOUNT, ["stacks/accounts/Pulumi.prod.web.yaml"]),
        (WEB, "IAM: UpdateAssumeRolePolicy, api error AccessDenied: no", ACCOUNT, []),
        (IDENTITY, "STS: AssumeRole, api error AccessDenied: no", IN_DEVELOPERS, []),
        # No file mends these.
        (IDENTITY, "api error AccessDenied: not authorized", IN_DEVELOPERS, []),
        (IDENTITY, "api error ConcurrentModificationException: again", IN_DEVELOPERS, []),
        (IDENTITY, "api error EntityAlreadyExists: there", IN_DEVELOPERS, []),
        (IDENTITY, "connection refused", IN_DEVELOPERS, []),
    ],
)
def test_files(repository: Path, stack: StackId, message: str, resource: Resource | None, files: list[str]) -> None:
    assert list(explain(stack, Problem(message, resource), repository).files) == files
    # Those that are told of the sandbox, and of what all environments share, are there.
    missing = [file for file in files if not (repository / file).is_file()]
    assert missing == (["stacks/accounts/Pulumi.prod.web.yaml"] if stack == WEB and files else [])


def test_a_stack_trace_leads_to_the_innermost_line_of_this_repository(tmp_path: Path) -> None:
    trace = f"""Traceback (most recent call last):
  File "{tmp_path}/stacks/org/__main__.py", line 3, in <module>
  File "{tmp_path}/stacks/policies/unit_rules.py", line 71, in plan
  File "{tmp_path}/.venv/lib/python3.11/site-packages/pulumi/output.py", line 9, in run
  File "/usr/lib/python3.11/json/decoder.py", line 337, in decode
ValueError: no"""
    assert explain(IDENTITY, Problem(trace), tmp_path).files == ("stacks/policies/unit_rules.py:71",)
    assert explain(IDENTITY, Problem(trace), tmp_path / "elsewhere").files == ()


def test_of_nested_components_the_nearest_one_that_is_defined_here(tmp_path: Path) -> None:
    folder = tmp_path / "stacks" / "accounts"
    folder.mkdir(parents=True)
    (folder / "outer.py").write_text('super().__init__("x:Outer", name, opts)\n')
    (folder / "inner.py").write_text('super().__init__("x:Inner", name, opts)\n')
    nested = "urn:pulumi:s::p::acme:x:Outer$acme:x:{}$aws:iam/role:Role::r"
    message = "api error MalformedPolicyDocument: x"
    assert explain(WEB, Problem(message, Resource(nested.format("Inner"))), tmp_path).files == (
        "stacks/accounts/inner.py",
    )
    assert explain(WEB, Problem(message, Resource(nested.format("Bought"))), tmp_path).files == (
        "stacks/accounts/outer.py",
    )


def test_denied_access_is_a_matter_of_credentials() -> None:
    cause = explain(WEB, Problem("api error AccessDenied: no", ACCOUNT))
    assert cause.advice
    assert "credentials" in cause.advice
    assert "invoke doctor --env prod" in cause.advice


@pytest.mark.parametrize(
    "message",
    [
        "IAM Role (arn:aws:iam::210987654321:role/A) cannot be assumed: An error occurred (AccessDenied) when calling",
        "Cannot assume IAM Role. IAM Role (arn:aws:iam::210987654321:role/A) cannot be assumed.",
        "operation error STS: AssumeRole, https response error StatusCode: 403, api error AccessDenied: no",
    ],
)
def test_a_role_that_cannot_be_assumed_may_have_another_name(message: str) -> None:
    cause = explain(WEB, Problem(message, ACCOUNT))
    assert cause.advice
    assert "accounts:accessRoleName in stacks/accounts/Pulumi.prod.web.yaml" in cause.advice


@pytest.mark.parametrize(
    ("message", "told", "untold"),
    [
        ("STS: AssumeRole, api error AccessDenied: not authorized", "accounts:accessRoleName", "no file"),
        ("api error AccessDenied: not authorized", "service control policies", "no file"),
        ("api error OrganizationalUnitNotEmptyException: x", "no account and no OU is in it", "delete it in AWS"),
        ("api error DuplicateOrganizationalUnitException: x", "`invoke --help import`", "delete it in AWS"),
    ],
)
def test_advice_names_what_helps_and_nothing_that_does_harm(message: str, told: str, untold: str) -> None:
    advice = explain(WEB, Problem(message, ACCOUNT)).advice
    assert advice
    assert told in advice
    assert untold not in advice


REFUSED = (
    "An error occurred (AccessDenied) when calling the AssumeRole operation: User: "
    "arn:aws:sts::123456789012:assumed-role/{session}/ci is not authorized to perform: sts:AssumeRole on resource: "
    "arn:aws:iam::210987654321:role/{role}"
)


def test_an_account_without_preview_role_gets_it_by_a_deployment() -> None:
    """AWS says of a role that is not there that it may not be assumed."""
    message = REFUSED.format(session="PreviewAccounts", role=PREVIEW_ROLE)
    for each in (message, message.replace("AssumeRole operation: ", "AssumeRole operation:\n"), f"IAM Role: {message}"):
        advice = explain(WEB, Problem(each, ACCOUNT)).advice
        assert advice
        assert f"the account has no {PREVIEW_ROLE} yet" in advice
        assert "`invoke up accounts/web --env prod` once with DeployAccounts" in advice
        assert "accessRoleName" not in advice


@pytest.mark.parametrize(
    ("session", "role"), [("PreviewAccounts", ACCESS), ("DeployAccounts", ACCESS), ("PreviewRole", f"{PREVIEW_ROLE}2")]
)
def test_another_role_that_is_refused_is_not_taken_for_it(session: str, role: str) -> None:
    advice = explain(WEB, Problem(REFUSED.format(session=session, role=role), ACCOUNT)).advice
    assert advice
    assert f"no {PREVIEW_ROLE} yet" not in advice
    assert "accounts:accessRoleName" in advice
