"""The provider's configuration: `aws.Provider(...)` arguments or `aws:` configuration values.

https://www.pulumi.com/registry/packages/aws/installation-configuration/
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.provider.errors import ProviderError
from sandbox.provider.wire import Values, has_unknown

STRINGS = frozenset({"accessKey", "profile", "region", "retryMode", "secretKey", "stsRegion", "token"})
STRUCTURED = frozenset({"allowedAccountIds", "assumeRoles", "defaultTags", "endpoints", "forbiddenAccountIds"})
SCALARS = frozenset({"maxRetries", "skipCredentialsValidation", "skipRequestingAccountId"})
WITHOUT_EFFECT = frozenset({"skipMetadataApiCheck", "skipRegionValidation"})
"""They switch off checks that this provider does not make."""
KNOWN = STRINGS | STRUCTURED | SCALARS | WITHOUT_EFFECT
NOT_SUPPORTED = frozenset(
    {
        "assumeRoleWithWebIdentity",
        "customCaBundle",
        "ec2MetadataServiceEndpoint",
        "ec2MetadataServiceEndpointMode",
        "httpProxy",
        "httpsProxy",
        "ignoreTags",
        "insecure",
        "noProxy",
        "s3UsEast1RegionalEndpoint",
        "s3UsePathStyle",
        "sharedConfigFiles",
        "sharedCredentialsFiles",
        "tagPolicyCompliance",
        "tokenBucketRateLimiterCapacity",
        "useDualstackEndpoint",
        "useFipsEndpoint",
        "userAgents",
    }
)
FROM_ENGINE = frozenset({"version", "pluginDownloadURL"})
"""What the engine adds to every provider's inputs."""

_ROLE_KEYS = {
    "roleArn": "RoleArn",
    "sessionName": "RoleSessionName",
    "externalId": "ExternalId",
    "policy": "Policy",
    "policyArns": "PolicyArns",
    "sourceIdentity": "SourceIdentity",
    "tags": "Tags",
    "transitiveTagKeys": "TransitiveTagKeys",
    "duration": "DurationSeconds",
}


@dataclass(frozen=True)
class Config:
    """One provider's configuration. `assume_roles` holds the parameters of STS AssumeRole, one role after
    the other. The keys are not in the `repr`, so that nothing prints them."""

    region: str
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    profile: str | None = None
    sts_region: str | None = None
    retry_mode: str = "standard"
    max_retries: int | None = None
    assume_roles: tuple[dict[str, Any], ...] = ()
    allowed_account_ids: frozenset[str] = frozenset()
    forbidden_account_ids: frozenset[str] = frozenset()
    default_tags: Mapping[str, str] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)
    skip_validation: bool = False


def problems(values: Values) -> list[tuple[str, str]]:
    """What is wrong with a provider's inputs: pairs of key and reason."""
    found = []
    for key, value in values.items():
        if key in NOT_SUPPORTED:
            found.append((key, f"the embedded AWS provider does not know the provider setting '{key}'"))
        elif key not in KNOWN | FROM_ENGINE:
            allowed = ", ".join(sorted(KNOWN))
            found.append((key, f"'{key}' is no setting of the AWS provider; allowed are: {allowed}"))
        elif key in STRUCTURED and not has_unknown(value):
            try:
                _structured(key, value)
            except ProviderError as error:
                found.append((key, str(error)))
    return found


def parse(values: Values) -> Config:
    """The configuration in the engine's `Configure` call. Nested values arrive as JSON text.

    A region that is not given comes from AWS_REGION or AWS_DEFAULT_REGION, then the profile.
    Raises `ProviderError` when there is none, or for a malformed value.
    """
    known = {key: value for key, value in values.items() if not has_unknown(value)}
    structured: dict[str, Any] = {key: _structured(key, known[key]) for key in STRUCTURED if known.get(key)}
    role_list: list[dict[str, Any]] = structured.get("assumeRoles") or []
    endpoints: list[dict[str, str]] = structured.get("endpoints") or []
    default_tags: dict[str, Any] = structured.get("defaultTags", {}).get("tags") or {}
    return Config(
        region=known.get("region") or _region(known.get("profile")),
        access_key=known.get("accessKey") or None,
        secret_key=known.get("secretKey") or None,
        token=known.get("token") or None,
        profile=known.get("profile") or None,
        sts_region=known.get("stsRegion") or None,
        retry_mode=known.get("retryMode") or "standard",
        max_retries=int(known["maxRetries"]) if known.get("maxRetries") else None,
        assume_roles=tuple(_role(item) for item in role_list if item),
        allowed_account_ids=frozenset(map(str, structured.get("allowedAccountIds") or ())),
        forbidden_account_ids=frozenset(map(str, structured.get("forbiddenAccountIds") or ())),
        default_tags={key: str(value) for key, value in default_tags.items()},
        endpoints={name: url for item in endpoints for name, url in item.items() if url},
        skip_validation=any(_true(known.get(key)) for key in ("skipCredentialsValidation", "skipRequestingAccountId")),
    )


def _structured(key: str, value: Any) -> Any:
    try:
        found: Any = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise ProviderError(f"'{key}' is not valid JSON") from None
    right = isinstance(found, dict if key == "defaultTags" else list)
    if not right:
        raise ProviderError(f"'{key}' must be a JSON {'object' if key == 'defaultTags' else 'list'}")
    if key in ("assumeRoles", "endpoints") and not all(isinstance(item, dict) for item in found):
        raise ProviderError(f"'{key}' must be a list of JSON objects")
    return found


def _region(profile: str | None) -> str:
    # boto3 reads AWS_DEFAULT_REGION only; the official plugin and the AWS CLI read AWS_REGION first.
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session

        try:
            region = Session(profile=profile).get_config_variable("region")
        except BotoCoreError as error:
            raise ProviderError(f"the AWS profile cannot be used: {error}") from error
    if not region:
        raise ProviderError(
            "no AWS region: set the provider's 'region' (pulumi config set aws:region <region>), or AWS_REGION"
        )
    return str(region)


def _role(item: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in item.items():
        camel = re.sub(r"_(.)", lambda match: match[1].upper(), key)
        if camel not in _ROLE_KEYS:
            raise ProviderError(f"assumeRoles: '{key}' is not known; allowed are: {', '.join(_ROLE_KEYS)}")
        if value not in (None, "", [], {}):
            found[_ROLE_KEYS[camel]] = value
    if "RoleArn" not in found:
        raise ProviderError("assumeRoles: every entry needs 'roleArn'")
    found.setdefault("RoleSessionName", "pulumi")
    if "DurationSeconds" in found:
        found["DurationSeconds"] = _seconds(str(found["DurationSeconds"]))
    if "PolicyArns" in found:
        found["PolicyArns"] = [{"arn": arn} for arn in found["PolicyArns"]]
    if "Tags" in found:
        found["Tags"] = [{"Key": key, "Value": value} for key, value in found["Tags"].items()]
    return found


def _seconds(text: str) -> int:
    """The seconds of a Go duration such as `1h30m`, which is what the official plugin takes."""
    parts = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text)
    if not text or parts is None:
        raise ProviderError(f"assumeRoles: duration '{text}' is not a time such as 1h, 30m or 900s")
    hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return hours * 3600 + minutes * 60 + seconds


def _true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
