"""The AWS calls of one provider: credentials, clients, retries, and errors in one form."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sandbox.provider.config import Config
from sandbox.provider.errors import AwsError, ProviderError

if TYPE_CHECKING:
    import boto3
    from botocore.credentials import CredentialProvider
    from botocore.loaders import Loader
    from botocore.session import Session as CoreSession

DEFAULT_ATTEMPTS = 6
"""How often boto3 tries a call that is throttled or gets no answer, about 15 seconds in all; `maxRetries` changes it.
After that, `RetryPolicy` says how long a throttled call is tried again."""

THROTTLED = frozenset({"TooManyRequestsException", "Throttling", "ThrottlingException", "RequestLimitExceeded"})
CONCURRENT = frozenset({"ConcurrentModificationException", "ConcurrentModification"})
"""https://docs.aws.amazon.com/organizations/latest/APIReference/CommonErrors.html and the errors of each call."""


DEPLOYED = ("sts", "iam", "organizations", "account", "backup", "budgets", "ec2", "s3control")
"""The services that most deployments call."""


@cache
def _loader() -> Loader:
    """The models of the services, each read once for all sessions: to read one takes longer than a call."""
    from botocore.loaders import Loader

    return Loader()


def _core_session() -> CoreSession:
    from botocore.session import Session

    session = Session()
    session.register_component("data_loader", _loader())
    return session


def read_ahead() -> None:
    """Read what clients of the services `DEPLOYED` need, by making one of each, which calls nothing."""
    session = _core_session()
    for service in DEPLOYED:
        session.create_client(service, "us-east-1", aws_access_key_id="nobody", aws_secret_access_key="nothing")  # noqa: S106


@dataclass(frozen=True)
class RetryPolicy:
    """For how many seconds a call is tried again, by the cause of its failure; mostly, one part of AWS does not yet
    know what another part did.

    The official plugin does the same, mostly for longer.
    """

    throttled: float = 120
    concurrent: float = 120
    """Another change of the organization is under way."""
    finalizing: float = 240
    """A new organization is not ready yet; AWS says to try again for a while:
    https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html"""
    principal: float = 30
    """A principal that was just made is not known yet to the service that checks a policy:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html"""
    assume: float = 30
    """The access role of a new account cannot be assumed yet."""
    appear: float = 30
    """What was just made is not found yet."""
    account: float = 600
    """Making or closing an account, unless the program's `customTimeouts` says otherwise."""

    def seconds(self, error: AwsError) -> float:
        """For how long to try again after `error`; 0 if it will not pass."""
        if error.code in THROTTLED:
            return self.throttled
        if error.code in CONCURRENT:
            return self.concurrent
        if error.code == "FinalizingOrganizationException":
            return self.finalizing
        if error.code in ("MalformedPolicyDocument", "MalformedPolicyDocumentException"):
            return self.principal if "invalid principal" in error.message.lower() else 0
        if error.operation == "AssumeRole" and error.code in ("AccessDenied", "AccessDeniedException"):
            return self.assume
        return 0


@dataclass
class Connection:
    """A configured provider's way to AWS; safe to use from several threads."""

    config: Config
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    cancelled: threading.Event = field(default_factory=threading.Event)
    _session: boto3.Session | None = field(default=None, repr=False)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    _identity: dict[str, str] | None = field(default=None, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def client(self, service: str, region: str) -> Any:
        """The boto3 client for `service` in `region`, made once."""
        with self._lock:  # making clients is not thread-safe, using them is
            if (service, region) not in self._clients:
                session = self._signed_session()
                self._clients[service, region] = self._make(session, service, region)
            return self._clients[service, region]

    def aws(self, region: str | None = None, timeout: float = 0) -> Aws:
        """The calls of one operation. `timeout` is in seconds; 0 is the default of each operation."""
        return Aws(self, region or self.config.region, timeout)

    def identity(self) -> dict[str, str]:
        """Account, Arn and UserId of the credentials, from STS GetCallerIdentity."""
        with self._lock:
            if self._identity is None:
                answer = self.aws(self.config.sts_region).call("sts", "get_caller_identity")
                self._identity = {key: str(answer[key]) for key in ("Account", "Arn", "UserId")}
            return self._identity

    def validate(self) -> None:
        """Raise `ProviderError` unless the credentials work, and belong to an account that is allowed."""
        restricted = self.config.allowed_account_ids or self.config.forbidden_account_ids
        if self.config.skip_validation and not restricted:
            return
        try:
            account = self.identity()["Account"]
        except AwsError as error:
            if error.operation == "AssumeRole":
                arns = ", then ".join(str(role["RoleArn"]) for role in self.config.assume_roles)
                raise ProviderError(f"IAM Role ({arns}) cannot be assumed: {error}") from error
            raise ProviderError(f"validating provider credentials: {error}") from error
        allowed = self.config.allowed_account_ids
        if account in self.config.forbidden_account_ids or (allowed and account not in allowed):
            detail = f"; allowed: {', '.join(sorted(allowed))}" if allowed else ""
            raise ProviderError(f"AWS account ID not allowed: {account}{detail}")

    def _signed_session(self) -> boto3.Session:
        if self._session is None:
            import boto3  # only here: most of a start's time, and not needed to check or compare
            from botocore.credentials import CredentialResolver
            from botocore.exceptions import BotoCoreError

            config = self.config
            try:
                session = boto3.Session(
                    botocore_session=_core_session(),
                    aws_access_key_id=config.access_key,
                    aws_secret_access_key=config.secret_key,
                    aws_session_token=config.token,
                    profile_name=config.profile,
                    region_name=config.region,
                )
                for role in config.assume_roles:
                    inner = _core_session()
                    resolver = CredentialResolver([self._assumed(session, role)])
                    inner.register_component("credential_provider", resolver)
                    session = boto3.Session(botocore_session=inner, region_name=config.region)
            except BotoCoreError as error:
                raise ProviderError(f"the AWS credentials cannot be used: {error}") from error
            self._session = session
        return self._session

    def _assumed(self, source: boto3.Session, role: dict[str, Any]) -> CredentialProvider:
        """The credentials of `role`, fetched on first use and again before they expire."""
        from botocore import credentials

        region = self.config.sts_region or self.config.region
        source_credentials = source.get_credentials()
        if source_credentials is None:
            raise ProviderError(f"no AWS credentials to assume the IAM Role ({role['RoleArn']}) with")

        def make(service: str, **_given: Any) -> Any:
            return self._make(source, service, region)

        fetcher = credentials.AssumeRoleCredentialFetcher(
            make,
            source_credentials,
            role["RoleArn"],
            extra_args={key: value for key, value in role.items() if key != "RoleArn"},
        )
        refreshed = credentials.DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        provider = credentials.CredentialProvider()
        provider.load = lambda: refreshed  # type: ignore[method-assign]
        return provider

    def _make(self, session: boto3.Session, service: str, region: str) -> Any:
        from botocore.config import Config as ClientConfig

        attempts = self.config.max_retries + 1 if self.config.max_retries is not None else DEFAULT_ATTEMPTS
        endpoint = self.config.endpoints.get(service)
        return session.client(
            service,  # type: ignore[call-overload]
            region_name=region,
            endpoint_url=endpoint,
            config=ClientConfig(
                retries={"mode": self.config.retry_mode, "total_max_attempts": attempts},  # type: ignore[arg-type]
                max_pool_connections=20,
            ),
        )


@dataclass(frozen=True)
class Aws:
    """The AWS calls of one operation of one resource."""

    connection: Connection
    region: str
    timeout: float = 0

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One call; parameters that are None are left out.

        Raises `AwsError` when AWS refuses it, or refuses it still after the time that `RetryPolicy` allows.
        """
        given = {key: value for key, value in parameters.items() if value is not None}

        def attempt() -> dict[str, Any]:
            client = self.connection.client(service, self.region)
            with _aws_errors(client, operation):
                answer: dict[str, Any] = getattr(client, operation)(**given)
                return answer

        return self._patiently(attempt)

    def call_unless_gone(self, service: str, operation: str, gone: Collection[str], **parameters: Any) -> None:
        """A call that deletes. An error with a code of `gone` is not raised: there is nothing to delete."""
        try:
            self.call(service, operation, **parameters)
        except AwsError as error:
            if error.code not in gone:
                raise

    def pages(self, service: str, operation: str, items: str, **parameters: Any) -> list[Any]:
        """The list called `items` of a list call, from all its pages; raises as `call`."""

        def attempt() -> dict[str, Any]:
            client = self.connection.client(service, self.region)
            with _aws_errors(client, operation):
                pages = client.get_paginator(operation).paginate(**parameters)
                return {items: [item for page in pages for item in page.get(items, [])]}

        found: list[Any] = self._patiently(attempt)[items]
        return found

    def poll(self, done: Callable[[], Any], seconds: float, what: str) -> Any:
        """Call `done` until it returns something true, for at most `seconds`.

        Raises `ProviderError` when the time is over, or the engine cancels the operation.
        """
        end = time.monotonic() + seconds
        for delay in _delays():
            answer = done()
            if answer:
                return answer
            if time.monotonic() + delay > end:
                raise ProviderError(f"{what}: still not done after {seconds:g} seconds")
            if self.connection.cancelled.wait(delay):
                raise ProviderError(f"{what}: cancelled")
        raise AssertionError("the delays never end")

    def _patiently(self, attempt: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        start = time.monotonic()
        for tries, delay in enumerate(_delays(), start=1):
            try:
                return attempt()
            except AwsError as error:
                waited = time.monotonic() - start
                if self._is_tried_enough(error, tries) or waited + delay > self.connection.retry_policy.seconds(error):
                    raise
                if self.connection.cancelled.wait(delay):
                    raise
        raise AssertionError("the delays never end")

    def _is_tried_enough(self, error: AwsError, tries: int) -> bool:
        """Whether `maxRetries` is reached; for a throttled call, boto3 has counted the tries already.
        https://www.pulumi.com/registry/packages/aws/api-docs/provider/#maxretries_python"""
        limit = self.connection.config.max_retries
        if limit is None:
            return False
        return error.code in THROTTLED or (error.code in CONCURRENT and tries > limit)


def _delays() -> Iterator[float]:
    """Seconds between attempts: quick at first, as most waits are short, then five."""
    delay = 0.2
    while True:
        yield delay
        delay = min(delay * 1.6, 5.0)


@contextmanager
def _aws_errors(client: Any, operation: str) -> Iterator[None]:
    """Turns what boto3 raises into `AwsError`."""
    from botocore.exceptions import BotoCoreError, ClientError

    service = str(client.meta.service_model.service_id)
    try:
        yield
    except ClientError as error:
        raise AwsError.from_client_error(service, error) from error
    except BotoCoreError as error:
        name = client.meta.method_to_api_mapping[operation]
        raise AwsError(service, name, type(error).__name__, str(error)) from error
