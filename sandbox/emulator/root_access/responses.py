"""Requests of IAM about centralized root access, and those that a root user makes about itself.

The root user of an account that was made here has a password that nobody knows, unless its organization has the
feature that new accounts have none. It has the access keys that somebody made as root user (the first one is made by
`server.controls`), no signing certificates and no MFA devices.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.exceptions import EntityAlreadyExists, NoSuchEntity

from sandbox.emulator.iam.models import ROOT_CREDENTIALS, ROOT_SESSIONS
from sandbox.emulator.iam.responses import IamResponse as OwnIamResponse
from sandbox.emulator.iam.root_user import RootKey
from sandbox.emulator.organizations.models import OrganizationsBackend
from sandbox.emulator.root_access.features import change_feature, enabled_features, managed_organization


class IamResponse(OwnIamResponse):
    @property
    def _about_root(self) -> bool:
        """Whether a root user asks about itself."""
        caller = self.normalized_request.environ["sandbox.caller"]
        return bool(caller.is_root) and not self._get_param("UserName")

    # The organization

    def list_organizations_features(self) -> ActionResult:
        return _features(managed_organization(self.current_account))

    def enable_organizations_root_credentials_management(self) -> ActionResult:
        return _features(change_feature(self.current_account, ROOT_CREDENTIALS, True))

    def enable_organizations_root_sessions(self) -> ActionResult:
        return _features(change_feature(self.current_account, ROOT_SESSIONS, True))

    def disable_organizations_root_credentials_management(self) -> ActionResult:
        return _features(change_feature(self.current_account, ROOT_CREDENTIALS, False))

    def disable_organizations_root_sessions(self) -> ActionResult:
        return _features(change_feature(self.current_account, ROOT_SESSIONS, False))

    # The root user

    def get_account_summary(self) -> ActionResult:
        summary = self.iam.get_account_summary().summary_map
        # moto leaves it out: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
        root = {
            "AccountPasswordPresent": int(self.iam.root_password),
            "AccountAccessKeysPresent": int(bool(self.iam.root_keys)),
        }
        return ActionResult({"SummaryMap": {**summary, **root}})

    def get_user(self) -> ActionResult:
        if not self._about_root:
            return super().get_user()
        account_id = self.current_account
        made = datetime.fromtimestamp(0, UTC)
        return ActionResult(
            {"User": {"UserId": account_id, "Arn": f"arn:aws:iam::{account_id}:root", "Path": "/", "CreateDate": made}}
        )

    def get_login_profile(self) -> ActionResult:
        if not self._about_root:
            return super().get_login_profile()
        self._require_password()
        made = datetime.fromtimestamp(0, UTC)
        return ActionResult({"LoginProfile": {"UserName": "root", "CreateDate": made, "PasswordResetRequired": False}})

    def create_login_profile(self) -> ActionResult:
        if not self._about_root:
            return super().create_login_profile()
        if self.iam.root_password:
            raise EntityAlreadyExists("Login Profile for User root already exists.")
        # AWS sets no password either: the owner of the e-mail address may now reset it.
        self.iam.root_password = True
        made = datetime.now(UTC)
        return ActionResult({"LoginProfile": {"UserName": "root", "CreateDate": made, "PasswordResetRequired": True}})

    def delete_login_profile(self) -> ActionResult:
        if not self._about_root:
            return super().delete_login_profile()
        self._require_password()
        self.iam.root_password = False
        return EmptyResult()

    def create_access_key(self) -> ActionResult:
        if not self._about_root:
            return super().create_access_key()
        key = self.iam.create_root_key()
        return ActionResult({"AccessKey": {**_described(key), "SecretAccessKey": key.secret}})

    def list_access_keys(self) -> ActionResult:
        if not self._about_root:
            return super().list_access_keys()
        return ActionResult({"AccessKeyMetadata": [_described(key) for key in self.iam.root_keys]})

    def update_access_key(self) -> ActionResult:
        if not self._about_root:
            return super().update_access_key()
        self.iam.update_root_key(self._get_param("AccessKeyId"), self._get_param("Status") == "Active")
        return EmptyResult()

    def delete_access_key(self) -> ActionResult:
        if not self._about_root:
            return super().delete_access_key()
        self.iam.delete_root_key(self._get_param("AccessKeyId"))
        return EmptyResult()

    def list_signing_certificates(self) -> ActionResult:
        return ActionResult({"Certificates": []}) if self._about_root else super().list_signing_certificates()

    def list_mfa_devices(self) -> ActionResult:
        return ActionResult({"MFADevices": []}) if self._about_root else super().list_mfa_devices()

    def _require_password(self) -> None:
        if not self.iam.root_password:
            raise NoSuchEntity("Login Profile for User root cannot be found.")


def _described(key: RootKey) -> dict[str, Any]:
    return {
        "UserName": "root",
        "AccessKeyId": key.id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": datetime.fromtimestamp(key.created, UTC),
    }


def _features(organization: OrganizationsBackend) -> ActionResult:
    features = list(enabled_features(organization))
    return ActionResult({"OrganizationId": organization.organization.id, "EnabledFeatures": features})
