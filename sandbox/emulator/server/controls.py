"""What a test can set in the emulated AWS, besides faults.

- `GET /_sandbox/clock`: `{"now": "2026-11-25T05:04:31Z", "ahead_seconds": 0}`.
- `POST /_sandbox/clock` with `{"days": 91}` or `{"seconds": 60}`: moves the clock of `settings` forward. What has
  become due by then is done: closed accounts leave the organization, quotas are free again, one-time codes run out.
- `POST /_sandbox/settings` with `{"close_account_quota": 2, "removable_at_once": false}`: either or both; null is AWS's
  own quota. False is AWS's own rule for accounts that leave, see `organizations.account_life`.
- `POST /_sandbox/accounts` with `{"account_id": "…", "state": "SUSPENDED"}`: what AWS does to an account without being
  asked by an API: it suspends it, or opens it again (`ACTIVE`). With `"payment_method": true` it can leave.
- `POST /_sandbox/standalone-accounts` with `{"name": "…", "email": "…"}`: somebody signs up with AWS. Answers the id of
  the account, which is in no organization, and an access key of an administrator in it.
- `POST /_sandbox/root-access-keys` with `{"account_id": "…"}`: who has the password of an account's root user makes an
  access key for it. Answers the key.
- `POST /_sandbox/scheduled-backups` with `{"account_id": "…", "resource_arn": "…", "tags": {"…": "…"}}`, and for a
  bucket `"region": "…"`: the time of the organization's backup policies has come for a resource with these tags, which
  is not looked for. Answers the jobs that AWS Backup makes, as `DescribeBackupJob` and `DescribeCopyJob` do.
- `GET /_sandbox/mail`: `[{"account_id": "…", "address": "…", "code": "123456"}]`, the one-time codes that are still
  good.
- `POST /_sandbox/identity-center` with `{"region": "us-west-2"}`: enables IAM Identity Center of the organization in
  the region, as the console does, with its trusted access. Answers the instance; that which is there if there is one.
- `POST /_sandbox/sign-in` with `{"user": "ada"}`: a user of the identity store signs in to the portal. Answers the
  `access_token` for the portal's API (`sso` for boto3), good for eight hours.
"""

import re
import time
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import iam_backends
from moto.organizations.utils import make_random_account_id

from sandbox.emulator.account.models import codes
from sandbox.emulator.authorization.decisions import Decisions
from sandbox.emulator.backup_jobs.schedule import ScheduleError, run_policies
from sandbox.emulator.iam.models import iam_backend
from sandbox.emulator.identity_store.models import PRINCIPAL, identity_store_backend
from sandbox.emulator.organizations.account_life import DAY
from sandbox.emulator.organizations.models import (
    ACCESS_POLICY,
    address_is_taken,
    all_organizations,
    organization_backend,
    organization_of,
)
from sandbox.emulator.regions import regions
from sandbox.emulator.settings import changeable_settings, now, settings
from sandbox.emulator.sso_admin.models import enabled, sso_admin_backend

SIGNED_IN_SECONDS = 8 * 3600
"""AWS's own default of a session of the portal."""

STATES = ("PENDING_ACTIVATION", "ACTIVE", "SUSPENDED")


class ControlError(Exception):
    """The request is not one of those above; the message says why."""


def clock() -> dict[str, Any]:
    """The time of the emulator, and how far it is ahead of the machine's."""
    return {
        "now": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now())),
        "ahead_seconds": settings().clock_seconds,
    }


def move_clock(body: Any) -> dict[str, Any]:
    """Move the clock forward. Raises `ControlError`."""
    wrong = not isinstance(body, dict) or len(body) != 1 or not set(body) <= {"days", "seconds"}
    if wrong or not _is_number(next(iter(body.values()))):
        raise ControlError(f'{body!r}: the clock moves forward, by {{"days": N}} or {{"seconds": N}}')
    changeable_settings().clock_seconds += body.get("days", 0) * DAY + body.get("seconds", 0)
    return clock()


def change_settings(body: Any) -> dict[str, Any]:
    """Change the settings that are named, and return all. Raises `ControlError`."""
    known = {"close_account_quota", "removable_at_once"}
    if not isinstance(body, dict) or not set(body) <= known:
        raise ControlError(f"{body!r}: the settings are {', '.join(sorted(known))}")
    quota, at_once = body.get("close_account_quota"), body.get("removable_at_once", True)
    if not (quota is None or (_is_number(quota) and isinstance(quota, int))) or not isinstance(at_once, bool):
        raise ControlError(f"{body!r}: close_account_quota is a number or null, removable_at_once true or false")
    found = changeable_settings()
    for name, value in body.items():
        setattr(found, name, value)
    return {name: getattr(found, name) for name in sorted(known)}


def change_account(body: Any) -> dict[str, Any]:
    """Do to an account what AWS does. Raises `ControlError`."""
    if not isinstance(body, dict) or not {"account_id"} < set(body) <= {"account_id", "state", "payment_method"}:
        raise ControlError(f"{body!r}: there are account_id, and state or payment_method")
    account_id = str(body["account_id"])
    organization = organization_of(account_id)
    account = next((found for found in (organization.accounts if organization else []) if found.id == account_id), None)
    if organization is None or account is None or account_id == organization.account_id:
        raise ControlError(f"{account_id} is no member account of an organization")
    if body.get("state", "ACTIVE") not in STATES:
        raise ControlError(f"state is {body['state']!r}; it must be one of {', '.join(STATES)}")
    if "state" in body:
        organization.set_state(account, body["state"])
    if body.get("payment_method"):
        organization.payers.add(account_id)
    return organization.describe(account)


def sign_up(body: Any) -> dict[str, str]:
    """Make an account that is in no organization. Raises `ControlError`."""
    if (
        not isinstance(body, dict)
        or set(body) != {"name", "email"}
        or not all(isinstance(v, str) for v in body.values())
    ):
        raise ControlError(f"{body!r}: there are name and email")
    if address_is_taken(body["email"]):
        raise ControlError(f"{body['email']} is the address of another account")
    account_id = make_random_account_id()
    own, identity = organization_backend(account_id), iam_backend(account_id)
    own.taken.add(body["email"].lower())
    own.alone = {**body, "created": datetime.fromtimestamp(now(), UTC).replace(tzinfo=None)}
    identity.create_user("us-east-1", "admin")
    identity.attach_user_policy(ACCESS_POLICY, "admin")
    key = identity.create_access_key("admin")
    return {
        "account_id": account_id,
        "access_key_id": key.access_key_id,
        "secret_access_key": key.secret_access_key,
    }


def root_key(body: Any) -> dict[str, str]:
    """Make an access key of a root user. Raises `ControlError`."""
    if not isinstance(body, dict) or set(body) != {"account_id"} or body["account_id"] not in iam_backends:
        raise ControlError(f"{body!r}: there is account_id, of an account that is here")
    identity = iam_backend(body["account_id"])
    if not identity.root_password:
        raise ControlError(f"the root user of {body['account_id']} has no password to sign in with")
    key = identity.create_root_key()
    return {"access_key_id": key.id, "secret_access_key": key.secret}


def scheduled_backups(body: Any, decisions: Decisions) -> list[dict[str, Any]]:
    """Let AWS Backup do what backup policies say. Raises `ControlError`."""
    if not isinstance(body, dict) or {"account_id", "resource_arn", "tags"} != set(body) - {"region"}:
        raise ControlError(f"{body!r}: there are account_id, resource_arn, tags and, for a bucket, region")
    account_id, resource, tags = body["account_id"], body["resource_arn"], body["tags"]
    pattern = r"arn:aws:s3:::.+" if "region" in body else r"arn:aws:[a-z0-9-]+:[a-z0-9-]+:\d{12}:.+"
    if not isinstance(resource, str) or not re.fullmatch(pattern, resource):
        raise ControlError(f"resource_arn is {resource!r}; it must be the ARN of a resource in a region")
    if not isinstance(tags, dict):
        raise ControlError(f"tags are {tags!r}; they must be keys and values")
    try:
        return run_policies(str(account_id), resource, tags, decisions, str(body.get("region", "")))
    except ScheduleError as error:
        raise ControlError(str(error)) from None


def mail() -> list[dict[str, str]]:
    """The one-time codes that AWS has sent."""
    return [{"account_id": account_id, "address": update.email, "code": update.code} for account_id, update in codes()]


def enable_identity_center(body: Any) -> dict[str, str]:
    """Enable Identity Center of the organization. Raises `ControlError`."""
    if not isinstance(body, dict) or set(body) != {"region"} or body["region"] not in regions():
        raise ControlError(f"{body!r}: there is region, a region of AWS")
    organization = next(
        (found for found in all_organizations() if found.org and found.organization.feature_set == "ALL"), None
    )
    if organization is None:
        raise ControlError("there is no organization with all features")
    there = [found for found in enabled() if found.account_id == organization.account_id]
    if there and there[0].region_name != body["region"]:
        raise ControlError(f"IAM Identity Center is enabled in {there[0].region_name}, and can be in one region only")
    instance = sso_admin_backend(organization.account_id, body["region"]).enable()
    if not organization.trusts(PRINCIPAL):
        organization_backend(organization.account_id).enable_aws_service_access(ServicePrincipal=PRINCIPAL)
    return {
        "instance_arn": instance.instance_arn,
        "identity_store_id": instance.identity_store_id,
        "region": body["region"],
    }


def sign_in(body: Any) -> dict[str, Any]:
    """Sign a user in to the portal. Raises `ControlError`."""
    if not isinstance(body, dict) or set(body) != {"user"} or not isinstance(body["user"], str):
        raise ControlError(f"{body!r}: there is user, the name of one in the identity store")
    for backend in enabled():
        store = identity_store_backend(backend.account_id, backend.region_name)
        user = store.user_named(backend.instances[0].identity_store_id, body["user"])
        if user is not None:
            changeable = sso_admin_backend(backend.account_id, backend.region_name)
            token = changeable.sign_in(user.UserId, SIGNED_IN_SECONDS)
            return {"access_token": token, "region": backend.region_name, "expires_in": SIGNED_IN_SECONDS}
    raise ControlError(f"there is no user {body['user']} in IAM Identity Center")


def _is_number(value: Any) -> bool:
    # To Python, True is a number.
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
