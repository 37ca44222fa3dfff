"""What a request asks for: service, operation, region and access key."""

import re
from dataclasses import dataclass

from moto.core.request import Request
from moto.core.responses import BaseResponse
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.s3control.responses import S3ControlResponse
from werkzeug.exceptions import NotFound

from sandbox.emulator.account.responses import AccountResponse
from sandbox.emulator.backup_jobs.responses import BackupResponse
from sandbox.emulator.budgets.responses import BudgetsResponse
from sandbox.emulator.ec2.responses import EC2Response
from sandbox.emulator.identity_store.responses import IdentityStoreResponse
from sandbox.emulator.organizations.responses import OrganizationsResponse
from sandbox.emulator.root_access.responses import IamResponse
from sandbox.emulator.sso_admin.portal import TOKEN_HEADER, PortalResponse
from sandbox.emulator.sso_admin.responses import SSOAdminResponse
from sandbox.emulator.sts.responses import STSResponse

RESPONSES: dict[str, tuple[str, type[BaseResponse]]] = {
    "account": ("account", AccountResponse),
    "awsssoportal": ("sso", PortalResponse),
    "backup": ("backup", BackupResponse),
    "budgets": ("budgets", BudgetsResponse),
    "ec2": ("ec2", EC2Response),
    "iam": ("iam", IamResponse),
    "identitystore": ("identitystore", IdentityStoreResponse),
    "organizations": ("organizations", OrganizationsResponse),
    "s3": ("s3control", S3ControlResponse),
    "sso": ("sso-admin", SSOAdminResponse),
    "sts": ("sts", STSResponse),
}
"""By the service name in a request's signature: botocore's name of the service, and the class that answers."""

CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
UNSIGNED = {"AssumeRoleWithWebIdentity": "sts"}
READING = ("Get", "List", "Describe")
SESSIONS = ("GetRoleCredentials", "GetSessionToken")
"""They sound as if they only read."""


@dataclass(frozen=True)
class Call:
    """What a request asks for. `service` is the name in its signature, `model` botocore's name of the same service."""

    service: str
    model: str
    action: str | None
    region: str
    access_key_id: str | None

    @property
    def changes(self) -> bool:
        """Whether it may change anything; opening a session is a change."""
        return self.action is None or not self.action.startswith(READING) or self.action in SESSIONS

    @property
    def emulated(self) -> bool:
        """Whether the service is here. Calls of S3 and of S3 Control have the same name in their signatures."""
        return self.service in RESPONSES and not (self.service == "s3" and self.action is None)


def identify(request: Request) -> Call | None:
    """What a request asks for, or None if it is not signed and has to be."""
    form_action = request.values.get("Action") if request.mimetype != "application/json" else None
    match = CREDENTIAL.match(request.headers.get("Authorization", ""))
    if match is None and TOKEN_HEADER in request.headers:
        return Call("awsssoportal", "sso", _routed_action(request, "sso"), "us-east-1", None)
    if match is None:
        service = UNSIGNED.get(form_action or "")
        return Call(service, service, form_action, "us-east-1", None) if service else None
    access_key_id, region, service = match.groups()
    model = RESPONSES[service][0] if service in RESPONSES else service
    target = request.headers.get("X-Amz-Target")
    action = form_action or (target.split(".")[-1] if target else _routed_action(request, model))
    return Call(service, model, action, region, access_key_id)


def _routed_action(request: Request, model: str) -> str | None:
    if model not in {name for name, _ in RESPONSES.values()}:
        return None
    if get_service_model(model).protocol not in ("rest-json", "rest-xml"):
        return None
    try:
        operation, _ = get_service_router(model).match(request)
    except NotFound:
        return None
    return str(operation.name)
