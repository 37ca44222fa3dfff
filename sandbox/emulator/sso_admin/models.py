"""IAM Identity Center of one account in one region: moto's backend, with the rules of AWS that moto lacks.

Of an organization, its management account has the instance, in one region.
https://docs.aws.amazon.com/singlesignon/latest/APIReference/welcome.html
"""

import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from moto.core.utils import unix_time
from moto.organizations.models import FakeAccount
from moto.ssoadmin.exceptions import ResourceNotFoundException
from moto.ssoadmin.models import AccountAssignment, Instance, PermissionSet, ssoadmin_backends

from sandbox.emulator.errors import AwsError
from sandbox.emulator.identity_store.models import PRINCIPAL, identity_store_backend
from sandbox.emulator.organizations.models import organization_of
from sandbox.emulator.sso_admin.permission_sets import PermissionSetsBackend
from sandbox.emulator.sso_admin.roles import ProvisioningError, RoleContent, provision, remove

ASSIGNMENT, PROVISIONING = "ASSIGNMENT", "PROVISIONING"


@dataclass
class Provision:
    """A permission set's role in one account."""

    account_id: str
    permission_set_arn: str
    role_name: str


@dataclass
class Token:
    """Somebody is signed in to the portal."""

    user_id: str
    expires: float


class SSOAdminBackend(PermissionSetsBackend):
    """Identity Center as one account and region see it: with an instance or without one."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.provisions: list[Provision] = []
        self.requests: dict[str, dict[str, Any]] = {}
        """The statuses of what was asked for, by request id."""
        self.tokens: dict[str, Token] = {}

    # Assignments. AWS needs some seconds for each; here the first answer says so, and all is done already.

    def assign(self, wanted: Mapping[str, str]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html"""
        permission_set = self.permission_set(wanted["InstanceArn"], wanted["PermissionSetArn"])
        instance = self.instance(wanted["InstanceArn"])
        account = self._account(wanted["TargetId"])
        self._check_principal(instance, wanted)
        reason = None
        if account.state != "ACTIVE":
            reason = f"The account {account.id} is {account.state}."
        else:
            try:
                self._provision(permission_set, account.id)
            except ProvisioningError as error:
                reason = str(error)
        if reason is None and self._assignment(wanted) is None:
            self.account_assignments.append(
                AccountAssignment(
                    wanted["InstanceArn"],
                    account.id,
                    "AWS_ACCOUNT",
                    wanted["PermissionSetArn"],
                    wanted["PrincipalType"],
                    wanted["PrincipalId"],
                )
            )
        return self._request(ASSIGNMENT, _about(wanted), reason)

    def unassign(self, wanted: Mapping[str, str]) -> dict[str, Any]:
        """https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DeleteAccountAssignment.html"""
        self.permission_set(wanted["InstanceArn"], wanted["PermissionSetArn"])
        found = self._assignment(wanted)
        if found is None:
            raise ResourceNotFoundException("There is no such account assignment.")
        self.account_assignments.remove(found)
        arn, account_id = found.permission_set_arn, found.target_id
        if not any((a.permission_set_arn, a.target_id) == (arn, account_id) for a in self.account_assignments):
            for gone in [p for p in self.provisions if (p.permission_set_arn, p.account_id) == (arn, account_id)]:
                remove(gone.account_id, gone.role_name)
                self.provisions.remove(gone)
        return self._request(ASSIGNMENT, _about(wanted), None)

    def reprovision(self, instance_arn: str, arn: str, account_id: str | None) -> dict[str, Any]:
        """Bring the roles of a permission set up to date, in one account or in all that have it."""
        permission_set = self.permission_set(instance_arn, arn)
        chosen = [
            p.account_id for p in self.provisions if p.permission_set_arn == arn and account_id in (None, p.account_id)
        ]
        if account_id is not None and not chosen:
            raise ResourceNotFoundException(f"{arn} is not provisioned in {account_id}.")
        reasons = []
        for each in chosen:
            try:
                self._provision(permission_set, each)
            except ProvisioningError as error:
                reasons.append(str(error))
        about = {"PermissionSetArn": arn} | ({"AccountId": account_id} if account_id else {})
        return self._request(PROVISIONING, about, reasons[0] if reasons else None)

    def request_status(self, kind: str, request_id: str) -> dict[str, Any]:
        found = self.requests.get(request_id)
        if found is None or found["Kind"] != kind:
            raise ResourceNotFoundException(f"Could not find the request {request_id}.")
        return {name: value for name, value in found.items() if name != "Kind"}

    def accounts_of(self, arn: str) -> list[str]:
        return sorted(found.account_id for found in self.provisions if found.permission_set_arn == arn)

    def _request(self, kind: str, about: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
        """Keep how it went, and answer that it has begun."""
        id_ = str(
            secrets.token_hex(4) + "-" + "-".join(secrets.token_hex(2) for _ in range(3)) + "-" + secrets.token_hex(6)
        )
        begun = {"RequestId": id_, "CreatedDate": unix_time(), **about}
        ended = {"Status": "FAILED", "FailureReason": reason} if reason else {"Status": "SUCCEEDED"}
        self.requests[id_] = {**begun, **ended, "Kind": kind}
        return {**begun, "Status": "IN_PROGRESS"}

    def _provision(self, permission_set: PermissionSet, account_id: str) -> None:
        arn = permission_set.permission_set_arn
        there = next((p for p in self.provisions if (p.permission_set_arn, p.account_id) == (arn, account_id)), None)
        name = there.role_name if there else f"AWSReservedSSO_{permission_set.name}_{secrets.token_hex(8)}"
        content = RoleContent(
            description=permission_set.description,
            inline_policy=permission_set.inline_policy,
            managed_policies=[policy.arn for policy in permission_set.managed_policies],
            customer_policies=[(policy.path, policy.name) for policy in permission_set.customer_managed_policies],
            boundary=self.extras[arn].boundary,
        )
        provision(account_id, self.region_name, name, content)
        if there is None:
            self.provisions.append(Provision(account_id, arn, name))

    def _account(self, account_id: str) -> FakeAccount:
        organization = organization_of(self.account_id)
        found = next((each for each in (organization.accounts if organization else []) if each.id == account_id), None)
        if found is None or organization is None:
            raise ResourceNotFoundException(f"Could not find the account {account_id} in the organization.")
        if account_id != organization.account_id and not organization.trusts(PRINCIPAL):
            raise AwsError("AccessDeniedException", "Trusted access for IAM Identity Center is not enabled.")
        return found

    def _check_principal(self, instance: Instance, wanted: Mapping[str, str]) -> None:
        store = identity_store_backend(self.account_id, self.region_name).store(instance.identity_store_id)
        known = store.groups if wanted["PrincipalType"] == "GROUP" else store.users
        if wanted["PrincipalId"] not in known:
            kind = wanted["PrincipalType"].capitalize()
            raise ResourceNotFoundException(f"{kind} not found: {wanted['PrincipalId']}")

    def _assignment(self, wanted: Mapping[str, str]) -> AccountAssignment | None:
        key = (wanted["TargetId"], wanted["PermissionSetArn"], wanted["PrincipalType"], wanted["PrincipalId"])
        for found in self.account_assignments:
            if (found.target_id, found.permission_set_arn, found.principal_type, found.principal_id) == key:
                return found
        return None

    # The portal

    def sign_in(self, user_id: str, lifetime: float) -> str:
        """A token with which the portal knows the user."""
        now = time.time()
        self.tokens = {key: kept for key, kept in self.tokens.items() if kept.expires > now}
        token = secrets.token_urlsafe(48)
        self.tokens[token] = Token(user_id, now + lifetime)
        return token

    def open_to(self, user_id: str) -> list[tuple[str, PermissionSet, str]]:
        """The accounts, permission sets and roles that the user may sign in to, whose accounts are active."""
        organization = organization_of(self.account_id)
        active = {
            account.id for account in (organization.accounts if organization else []) if account.state == "ACTIVE"
        }
        sets = {found.permission_set_arn: found for found in self.permission_sets}
        roles = {(found.account_id, found.permission_set_arn): found.role_name for found in self.provisions}
        principals = {user_id}
        for instance in self.instances:
            store = identity_store_backend(self.account_id, self.region_name)
            principals |= set(store.groups_of(instance.identity_store_id, user_id))
        keys = {
            (found.target_id, found.permission_set_arn)
            for found in self.account_assignments
            if found.principal_id in principals and found.target_id in active
        }
        return [(account_id, sets[arn], roles[account_id, arn]) for account_id, arn in sorted(keys)]


def sso_admin_backend(account_id: str, region: str) -> SSOAdminBackend:
    """Identity Center of the account in the region, made when it is first asked for."""
    return cast(SSOAdminBackend, ssoadmin_backends[account_id][region])


def enabled() -> Iterator[SSOAdminBackend]:
    """Those that have an instance, to read them."""
    for _account_id, _region, backend in ssoadmin_backends.iter_backends():
        if cast(SSOAdminBackend, backend).instances:
            yield cast(SSOAdminBackend, backend)


def _about(wanted: Mapping[str, str]) -> dict[str, str]:
    names = ("TargetId", "TargetType", "PermissionSetArn", "PrincipalType", "PrincipalId")
    return {name: wanted[name] for name in names}
