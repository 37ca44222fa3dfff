"""What requests for a session ask for: name, sign-in with MFA, tags, source identity, duration.

Read by the server before the call, since all of it can be a condition of who may, and again when it is carried out.
"""

import re
from collections.abc import Mapping
from typing import Any

from moto.iam.exceptions import ValidationError

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.models import CODE, iam_backend
from sandbox.emulator.sts.callers import Caller

SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")

MAXIMUM_TAGS = 50
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html, also for the lengths below."""
TAG_KEY = re.compile(r"(?!aws:)[\w .:/=+@-]{1,128}", re.IGNORECASE)
TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")

MINIMUM_SECONDS = 900

Parameters = Mapping[str, Any]


def session_name(parameters: Parameters) -> str:
    """The role session name. Raises `ValidationError`."""
    name: str = parameters.get("RoleSessionName") or ""
    if not SESSION_NAME.fullmatch(name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*, with a length of 2 to 64"
        )
    return name


def signed_in_with_mfa(caller: Caller, parameters: Parameters) -> bool:
    """Whether the request has an MFA code. Any six digits are right for a device of the user.

    Raises `ValidationError` for what is no code, and `AwsError` for one that is not right.
    """
    serial, code = parameters.get("SerialNumber"), parameters.get("TokenCode")
    if serial is None and code is None:
        return False
    if code is not None and not CODE.fullmatch(code):
        raise ValidationError(
            f"1 validation error detected: Value '{code}' at 'tokenCode' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\d]*"
        )
    user = iam_backend(caller.account_id).users.get(caller.user_name or "")
    if code is None or user is None or serial not in user.mfa_devices:
        raise AwsError(
            "AccessDenied",
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial "
            "number is valid and associated with this user.",
            403,
        )
    return True


def session_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The session tags of a request or a token, if AWS takes them. Raises `ValidationError`."""
    if len(tags) > MAXIMUM_TAGS:
        raise ValidationError(f"A session has at most {MAXIMUM_TAGS} tags; there are {len(tags)}.")
    if len({key.lower() for key in tags}) < len(tags):
        raise ValidationError("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    for key, value in tags.items():
        if not TAG_KEY.fullmatch(key) or not TAG_VALUE.fullmatch(value):
            raise ValidationError(f"The tag {key}={value} has a key or a value that AWS does not take.")
    return dict(tags)


def requested_tags(parameters: Parameters) -> dict[str, str]:
    """The tags that the request itself names. Raises `ValidationError`."""
    entries = parameters.get("Tags") or []
    tags = {str(entry["Key"]): str(entry.get("Value", "")) for entry in entries}
    if len(tags) < len(entries):
        raise ValidationError("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    return session_tags(tags)


def inherited_tags(caller: Caller) -> dict[str, str]:
    """The tags that the caller's session hands on to the next role of the chain."""
    if caller.session is None:
        return {}
    return {key: value for key, value in caller.session.tags if key in caller.session.transitive}


def chained_tags(caller: Caller, parameters: Parameters) -> tuple[dict[str, str], tuple[str, ...]]:
    """All tags of the new session, and the keys of those that are transitive.

    Raises `ValidationError` for a tag that the caller's session has handed on, and for a transitive key without a tag.
    """
    requested, inherited = requested_tags(parameters), inherited_tags(caller)
    taken = {key.lower() for key in inherited}
    if any(key.lower() in taken for key in requested):
        raise ValidationError(
            "One of the specified tag keys can't be set because it conflicts with a transitive tag key from the "
            "calling session."
        )
    transitive = [str(key) for key in parameters.get("TransitiveTagKeys") or []]
    known = {key.lower(): key for key in requested}
    for key in transitive:
        if key.lower() not in known:
            raise ValidationError(f"The transitive tag key {key} is not among the tags of the session.")
    return {**inherited, **requested}, (*inherited, *(known[key.lower()] for key in transitive))


def source_identity(caller: Caller, parameters: Parameters) -> str | None:
    """The source identity of the new session: that of the caller's session sticks.

    Raises `ValidationError` for one that AWS does not take, and `AwsError` for another than the caller's.
    """
    asked, kept = parameters.get("SourceIdentity"), caller.session.source_identity if caller.session else None
    if asked is not None and (not SESSION_NAME.fullmatch(asked) or asked.lower().startswith("aws:")):
        raise ValidationError(
            f"1 validation error detected: Value '{asked}' at 'sourceIdentity' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*, with a length of 2 to 64"
        )
    if kept is not None and asked not in (None, kept):
        raise AwsError("AccessDenied", f"The source identity of this session is {kept} and cannot be changed.", 403)
    return asked if kept is None else kept


def check_seconds(seconds: int, maximum: int, minimum: int = MINIMUM_SECONDS) -> None:
    """Raise `ValidationError` for a session that is too short or too long."""
    for wrong, bound, limit in ((seconds < minimum, "greater", minimum), (seconds > maximum, "less", maximum)):
        if wrong:
            raise ValidationError(
                f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: "
                f"Member must have value {bound} than or equal to {limit}"
            )
