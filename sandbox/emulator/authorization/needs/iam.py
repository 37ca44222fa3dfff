"""What a call of IAM needs: whom or what it is about, and which boundary that has.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from moto.iam.models import Certificate, Role, User

from sandbox.emulator.authorization.need import Need
from sandbox.emulator.authorization.needs.tags import Context, given_tags, on_resource, requested
from sandbox.emulator.iam.managed_policies import user_boundary
from sandbox.emulator.iam.models import IAMBackend, iam_backend
from sandbox.emulator.sts.callers import Caller

Parameters = Mapping[str, Any]

ABOUT_A_PRINCIPAL = frozenset(
    f"{verb}{kind}{what}"
    for kind in ("Role", "User")
    for verb, what in (
        ("Attach", "Policy"),
        ("Delete", "PermissionsBoundary"),
        ("Delete", "Policy"),
        ("Detach", "Policy"),
        ("Put", "Policy"),
    )
) | {"DeleteRole", "GetRole", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"}
"""Calls that AWS lets be conditioned on the boundary that the principal has."""

ABOUT_THE_CALLER = frozenset(
    {
        "CreateAccessKey",
        "DeleteAccessKey",
        "DeleteServiceSpecificCredential",
        "GetUser",
        "ListAccessKeys",
        "ListMFADevices",
        "ListSSHPublicKeys",
        "ListServiceSpecificCredentials",
        "ListSigningCertificates",
        "ResetServiceSpecificCredential",
        "UpdateAccessKey",
        "UpdateServiceSpecificCredential",
        "UploadSigningCertificate",
    }
)
"""Calls that are about the caller's own user if they name none."""

SUBJECTS: tuple[tuple[str, str], ...] = (
    ("RoleName", "role"),
    ("UserName", "user"),
    ("GroupName", "group"),
    ("InstanceProfileName", "instance-profile"),
    ("PolicyName", "policy"),
    ("ServerCertificateName", "server-certificate"),
    ("Name", "saml-provider"),
    ("VirtualMFADeviceName", "mfa"),
)
"""Parameter → kind of resource, the first that a call has."""

FIRST = {
    "AddRoleToInstanceProfile": ("InstanceProfileName", "instance-profile"),
    "AddUserToGroup": ("GroupName", "group"),
    "RemoveRoleFromInstanceProfile": ("InstanceProfileName", "instance-profile"),
    "RemoveUserFromGroup": ("GroupName", "group"),
}
"""Calls with two subjects, of which the second is only put somewhere."""

OF_THE_ACCOUNT = frozenset(
    {
        "CreateAccountAlias",
        "DeleteAccountAlias",
        "GetServiceLinkedRoleDeletionStatus",
        "ListGroups",
        "ListInstanceProfiles",
        "ListPolicies",
        "ListRoles",
        "ListUsers",
    }
)


TAGGED = {
    "CreateInstanceProfile": "TagInstanceProfile",
    "CreateOpenIDConnectProvider": "TagOpenIDConnectProvider",
    "CreatePolicy": "TagPolicy",
    "CreateRole": "TagRole",
    "CreateSAMLProvider": "TagSAMLProvider",
    "CreateUser": "TagUser",
    "CreateVirtualMFADevice": "TagMFADevice",
    "UploadServerCertificate": "TagServerCertificate",
}
"""What a call needs besides, if it makes something with tags.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html"""


def iam_needs(operation: str, parameters: Parameters, caller: Caller, region: str) -> list[Need]:
    """What must be allowed for a call of IAM."""
    del region
    backend = iam_backend(caller.account_id)
    resource, context = _resource(operation, parameters, caller, backend)
    context = {**context, **requested(parameters)}
    boundary = _boundary(operation, parameters, backend)
    if boundary:
        context["iam:PermissionsBoundary"] = boundary
    if operation.startswith(("Attach", "Detach")):
        context["iam:PolicyARN"] = str(parameters.get("PolicyArn", ""))
    if operation == "CreateServiceLinkedRole":
        context["iam:AWSServiceName"] = str(parameters.get("AWSServiceName", ""))
    if operation.endswith("ServiceSpecificCredential"):
        context |= _service_credential(parameters, backend)
    found = [Need(f"iam:{operation}", resource, "", context)]
    if operation == "AddRoleToInstanceProfile":
        found.append(pass_role(_named("RoleName", "role", parameters, caller, backend)[0], "ec2.amazonaws.com"))
    if operation in TAGGED and given_tags(parameters):
        found.append(Need(f"iam:{TAGGED[operation]}", resource, "", requested(parameters)))
    return found


def pass_role(role_arn: str, service: str) -> Need:
    """What a call needs that gives a role to a service.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    account_id = role_arn.split(":")[4] if role_arn.count(":") > 4 else ""
    return Need("iam:PassRole", role_arn, account_id, {"iam:PassedToService": service})


def _resource(operation: str, parameters: Parameters, caller: Caller, backend: IAMBackend) -> tuple[str, Context]:
    own = _own(operation, parameters, caller)
    if own is not None:
        return own
    if operation in OF_THE_ACCOUNT or operation.endswith("AccountPasswordPolicy"):
        return "*", {}
    if operation in SPECIAL:
        return SPECIAL[operation](parameters, caller, backend)
    if operation in FIRST:
        return _named(*FIRST[operation], parameters, caller, backend)
    for name in ("OpenIDConnectProviderArn", "SAMLProviderArn"):
        if parameters.get(name):
            return _with_tags(str(parameters[name]), backend)
    for name, kind in SUBJECTS:
        # An inline policy is part of its holder, which is found first.
        if parameters.get(name) and not (name == "PolicyName" and operation != "CreatePolicy"):
            return _named(name, kind, parameters, caller, backend)
    if parameters.get("PolicyArn"):
        return _with_tags(str(parameters["PolicyArn"]), backend)
    return "*", {}


def _own(operation: str, parameters: Parameters, caller: Caller) -> tuple[str, Context] | None:
    """The caller, if the call is about who makes it."""
    if operation == "ChangePassword" or (caller.is_root and "UserName" not in parameters):
        return caller.entity.arn, {}
    if operation in ABOUT_THE_CALLER and not parameters.get("UserName"):
        return caller.entity.arn, on_resource(caller.entity.tags or [], "iam") if caller.user_name else {}
    return None


def _named(name: str, kind: str, parameters: Parameters, caller: Caller, backend: IAMBackend) -> tuple[str, Context]:
    """The resource of that name: the one that is there, or the one that the request would make."""
    value = str(parameters.get(name, ""))
    there = _there(kind, value, backend)
    if there is not None:
        arn: str = there.arn
        return arn, _tags_of(there, backend)
    path = str(parameters.get("Path") or "/")
    return _with_tags(f"arn:aws:iam::{caller.account_id}:{kind}{path}{value}", backend)


def _there(kind: str, name: str, backend: IAMBackend) -> Any:
    if kind == "role":
        return next((role for role in backend.roles.values() if role.name == name), None)
    if kind == "user":
        return backend.users.get(name)
    if kind == "group":
        return backend.groups.get(name)
    if kind == "instance-profile":
        return next((each for each in backend.instance_profiles.values() if each.name == name), None)
    if kind == "server-certificate":
        return next((each for each in backend.certificates.values() if each.cert_name == name), None)
    return None


def _with_tags(arn: str, backend: IAMBackend) -> tuple[str, Context]:
    there = backend.managed_policies.get(arn) or backend.open_id_providers.get(arn)
    return arn, _tags_of(there, backend) if there else on_resource(backend.tagger.list_tags_for_resource(arn)["Tags"])


def _tags_of(there: Any, backend: IAMBackend) -> Context:
    if isinstance(there, User | Certificate):
        tags: Any = backend.tagger.list_tags_for_resource(there.arn)["Tags"]
    else:
        tags = getattr(there, "tags", None) or []
    # Users and roles have their tags by an older name too.
    prefixes = ("iam",) if isinstance(there, User | Role) else ()
    # moto keeps the tags of policies and providers by their keys.
    return on_resource(tags.values() if isinstance(tags, dict) else tags, *prefixes)


def _boundary(operation: str, parameters: Parameters, backend: IAMBackend) -> str | None:
    """The boundary that the principal has, or gets by the call."""
    if operation not in ABOUT_A_PRINCIPAL:
        given = parameters.get("PermissionsBoundary")
        return str(given) if given else None
    role: Role | None = _there("role", str(parameters.get("RoleName", "")), backend)
    if role is not None:
        return role.permissions_boundary_arn
    user = backend.users.get(str(parameters.get("UserName", "")))
    return user_boundary(user) if user else None


def _service_credential(parameters: Parameters, backend: IAMBackend) -> Context:
    """The service that a credential is for, or will be, and how long that is good."""
    there = backend.service_credentials.get(str(parameters.get("ServiceSpecificCredentialId", "")))
    service = there.service if there else parameters.get("ServiceName")
    found: Context = {"iam:ServiceSpecificCredentialServiceName": str(service)} if service else {}
    if parameters.get("CredentialAgeDays") is not None:
        found["iam:ServiceSpecificCredentialAgeDays"] = str(parameters["CredentialAgeDays"])
    return found


def _oidc(parameters: Parameters, caller: Caller, _backend: IAMBackend) -> tuple[str, Context]:
    host = str(parameters.get("Url", "")).removeprefix("https://")
    return f"arn:aws:iam::{caller.account_id}:oidc-provider/{host}", {}


def _service_linked(parameters: Parameters, caller: Caller, _backend: IAMBackend) -> tuple[str, Context]:
    service = str(parameters.get("AWSServiceName", ""))
    name = f"AWSServiceRoleFor{service.partition('.')[0].capitalize()}"
    return f"arn:aws:iam::{caller.account_id}:role/aws-service-role/{service}/{name}", {}


def _device(parameters: Parameters, _caller: Caller, backend: IAMBackend) -> tuple[str, Context]:
    return _with_tags(str(parameters.get("SerialNumber", "*")), backend)


def _owner_of_key(parameters: Parameters, caller: Caller, backend: IAMBackend) -> tuple[str, Context]:
    key = backend.access_keys.get(str(parameters.get("AccessKeyId", "")))
    return _named("UserName", "user", {"UserName": key.user_name if key else "*"}, caller, backend)


SPECIAL: Mapping[str, Callable[[Parameters, Caller, IAMBackend], tuple[str, Context]]] = {
    "CreateOpenIDConnectProvider": _oidc,
    "CreateServiceLinkedRole": _service_linked,
    "DeleteVirtualMFADevice": _device,
    "ListMFADeviceTags": _device,
    "TagMFADevice": _device,
    "UntagMFADevice": _device,
    "GetAccessKeyLastUsed": _owner_of_key,
}
