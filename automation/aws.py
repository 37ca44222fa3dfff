"""AWS calls of the commands themselves, with the credentials that the stacks use in the management account.

boto3 takes a quarter of a second to import, so it is imported only when a client is made.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from shared.errors import ConfigError, UserError
from shared.layers import ROOT, StackId

if TYPE_CHECKING:
    import boto3

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 20, 6
"""How long one attempt of a call may take, and how many attempts there are; AWS's throttling slows them down.
https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html#adaptive-retry-mode"""

DEFAULT_REGION = "us-east-1"
"""Only for calls whose region does not matter, as those of Organizations and IAM."""

_NOT_READ = (
    "accessKey",
    "secretKey",
    "token",
    "assumeRoleWithWebIdentity",
    "sharedConfigFiles",
    "sharedCredentialsFiles",
)
"""Settings of the official provider that give it other credentials than this module would use."""

_ROLE_KEYS = {
    "roleArn": "RoleArn",
    "sessionName": "RoleSessionName",
    "externalId": "ExternalId",
    "policy": "Policy",
    "sourceIdentity": "SourceIdentity",
}
"""Keys of a role in `aws:assumeRoles` → parameters of AssumeRole. A `duration` has no use: credentials are renewed.
https://www.pulumi.com/registry/packages/aws/api-docs/provider/#providerassumerole"""

CREDENTIAL_KEYS = ("profile", "assumeRoles", *_NOT_READ)
"""The settings of the official provider that decide whose credentials it has."""

_lock = threading.Lock()


class AwsFailed(UserError):
    """A call to AWS failed, or there are no credentials for it. `code` is AWS's error code, if the error is AWS's, and
    `reason` the finer one that some errors have."""

    def __init__(self, message: str, code: str | None = None, reason: str | None = None) -> None:
        self.code = code
        self.reason = reason
        super().__init__(message)


_chosen: str | None = None


@contextmanager
def with_profile(profile: str | None) -> Iterator[None]:
    """Within it, what no file gives a profile has this one: for a command that reads AWS before there are files."""
    global _chosen
    before, _chosen = _chosen, profile
    try:
        yield
    finally:
        _chosen = before


@dataclass(frozen=True)
class _Settings:
    profile: str | None
    region: str | None
    roles: tuple[tuple[tuple[str, str], ...], ...]


def client(
    environment: str,
    service: str,
    root: Path = ROOT,
    region: str | None = None,
    *,
    stack: StackId | None = None,
    attempts: int | None = None,
) -> Any:
    """A boto3 client for `service` in the management account of the environment.

    Its credentials and region are those of this process's variables, unless `aws:profile`, `aws:region` and
    `aws:assumeRoles` in stacks/org/Pulumi.<environment>.yaml, or in the file of `stack`, say otherwise, as for the
    provider of the stacks.
    `region` overrides both, and `attempts` how often a call is tried. Raises `ConfigError` for a value in that file
    that cannot be used, and `AwsFailed` if there is no such profile. What its calls raise becomes one message with
    `errors`.
    https://www.pulumi.com/registry/packages/aws/installation-configuration/
    """
    settings = _settings(stack or StackId("org", environment), root)
    variables = tuple(sorted((key, value) for key, value in os.environ.items() if key.startswith("AWS_")))
    with errors(environment, f"connecting to AWS ({service})"), _lock:  # making clients is not thread-safe
        return _made(_session(settings, variables), service, region or _region(settings), attempts)


def inside(environment: str, role: str, service: str, root: Path = ROOT, region: str | None = None) -> Any:
    """A client for `service` in the account of `role`, an ARN that the credentials of `client` may assume."""
    settings = _settings(StackId("org", environment), root)
    entered = (("RoleArn", role), ("RoleSessionName", "automation"))
    variables = tuple(sorted((key, value) for key, value in os.environ.items() if key.startswith("AWS_")))
    with errors(environment, f"connecting to AWS ({service})"), _lock:
        session = _session(replace(settings, roles=(*settings.roles, entered)), variables)
        return _made(session, service, region or _region(settings))


def as_root(environment: str, account: str, task: str, service: str, root: Path = ROOT) -> Any:
    """A client for `service` in a privileged session of the root user of a member account, for one `task` only.

    `task` is the ARN of AWS's policy for it. The session lasts 15 minutes. Raises `AwsFailed`.
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
    """
    sts = client(environment, "sts", root)  # of a region: the global endpoint has no AssumeRoot
    with errors(environment, f"opening a session of the root user of account {account}"):
        keys = sts.assume_root(TargetPrincipal=account, TaskPolicyArn={"arn": task})["Credentials"]
    with _lock:
        import boto3

        session = boto3.Session(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], region_name=sts.meta.region_name
        )
        return _made(session, service, None)


def state_of(account: Mapping[str, Any]) -> str:
    """The state in AWS's description of an account, such as ACTIVE. `Status`, the older and coarser word, is retired.
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html"""
    return str(account.get("State") or account.get("Status") or "ACTIVE")


@contextmanager
def errors(environment: str, doing: str) -> Iterator[None]:
    """Turns the errors of boto3 into one `AwsFailed`: `doing`, AWS's code and text, and where to look."""
    try:
        yield
    except Exception as error:
        from botocore.exceptions import BotoCoreError, ClientError

        reason: str | None = None
        if isinstance(error, ClientError):
            reason = str(error.response.get("Reason") or "") or None
            code = str(error.response.get("Error", {}).get("Code", "unknown"))
            why = f"{code}: {error.response.get('Error', {}).get('Message') or 'AWS gives no reason'}"
        elif isinstance(error, BotoCoreError):
            code, why = None, str(error)
        else:
            raise
        raise AwsFailed(
            f"{doing} failed: {why}; whose credentials these are: invoke doctor --env {environment}", code, reason
        ) from None


def _settings(stack: StackId, root: Path) -> _Settings:
    try:
        document = yaml.safe_load(stack.config_file(root).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError):  # `automation.configuration` reports what is wrong with it
        document = None
    config = document.get("config") if isinstance(document, dict) else None
    return _parsed(config if isinstance(config, dict) else {}, stack.config_label)


def _parsed(config: Mapping[str, Any], file: str) -> _Settings:
    problems = [
        f"{file}: aws:{key} is set, and this command's own calls to AWS cannot use it; "
        "allowed: aws:profile, aws:assumeRoles, or the variables of the shell"
        for key in _NOT_READ
        if f"aws:{key}" in config
    ]
    profile, region = config.get("aws:profile"), config.get("aws:region")
    for key, value in (("profile", profile), ("region", region)):
        if value is not None and not isinstance(value, str):
            problems.append(f"{file}: aws:{key} is {value!r}; allowed: plain text")
    roles = config.get("aws:assumeRoles") or []
    if not isinstance(roles, list) or not all(isinstance(role, dict) and role.get("roleArn") for role in roles):
        problems.append(f"{file}: aws:assumeRoles is {roles!r}; allowed: a list of roles, each with its roleArn")
    else:
        for key in sorted({key for role in roles for key in role} - {*_ROLE_KEYS, "duration"}):
            known = ", ".join(_ROLE_KEYS)
            problems.append(f"{file}: aws:assumeRoles has {key}, which this command cannot use; allowed: {known}")
    if problems:
        raise ConfigError(problems)
    return _Settings(
        profile or _chosen,
        region,
        tuple(
            tuple((_ROLE_KEYS[key], str(value)) for key, value in role.items() if key in _ROLE_KEYS) for role in roles
        ),
    )


def _region(settings: _Settings) -> str | None:
    # boto3 itself reads AWS_DEFAULT_REGION only; the provider and the AWS CLI read AWS_REGION first.
    return settings.region or os.environ.get("AWS_REGION")


@lru_cache(maxsize=8)
def _session(settings: _Settings, _variables: tuple[tuple[str, str], ...]) -> "boto3.Session":
    import boto3
    from botocore.credentials import CredentialResolver
    from botocore.session import Session

    session = boto3.Session(profile_name=settings.profile, region_name=_region(settings))
    for role in settings.roles:
        inner = Session()
        inner.register_component("credential_provider", CredentialResolver([_assumed(session, dict(role))]))
        session = boto3.Session(botocore_session=inner, region_name=_region(settings))
    return session


def _assumed(source: "boto3.Session", role: dict[str, str]) -> Any:
    """The credentials of `role`, fetched on first use and again before they expire."""
    from botocore import credentials
    from botocore.exceptions import NoCredentialsError

    own = source.get_credentials()
    if own is None:
        raise NoCredentialsError
    fetcher = credentials.AssumeRoleCredentialFetcher(
        lambda service, **_given: _made(source, service, None),
        own,
        role.pop("RoleArn"),
        extra_args=role,
    )
    renewed = credentials.DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    provider = credentials.CredentialProvider()
    provider.load = lambda: renewed  # type: ignore[method-assign]
    return provider


def _made(session: "boto3.Session", service: str, region: str | None, attempts: int | None = None) -> Any:
    from botocore.config import Config

    limits = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "adaptive", "total_max_attempts": attempts or ATTEMPTS},
    )
    where = region or session.region_name or DEFAULT_REGION
    return session.client(service, region_name=where, config=limits)  # type: ignore[call-overload]
