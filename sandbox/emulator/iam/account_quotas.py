"""How many users, groups, roles and so on an account may have, unless AWS is asked for more.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from typing import Any

from moto.iam.models import (
    AWSManagedPolicy,
    Certificate,
    Group,
    InstanceProfile,
    ManagedPolicy,
    OpenIDConnectProvider,
    Role,
    SAMLProvider,
    User,
    VirtualMfaDevice,
)
from moto.iam.models import IAMBackend as MotoIAMBackend

from sandbox.emulator.iam.quotas import check_quota

PER_ACCOUNT = {
    "Groups": 300,
    "InstanceProfiles": 1_000,
    "OpenIdConnectProviders": 100,
    "Policies": 1_500,
    "Roles": 1_000,
    "SAMLProviders": 100,
    "ServerCertificates": 20,
    "Users": 5_000,
    "VirtualMFADevices": 5_000,
}
"""By the name in AWS's message. There may be as many virtual MFA devices as users."""


class AccountQuotasBackend(MotoIAMBackend):
    """The part of `IAMBackend` that counts what an account has."""

    def create_group(self, *args: Any, **kwargs: Any) -> Group:
        _check("Groups", len(self.groups))
        return super().create_group(*args, **kwargs)

    def create_instance_profile(self, *args: Any, **kwargs: Any) -> InstanceProfile:
        _check("InstanceProfiles", len(self.instance_profiles))
        return super().create_instance_profile(*args, **kwargs)

    def create_open_id_connect_provider(self, *args: Any, **kwargs: Any) -> OpenIDConnectProvider:
        _check("OpenIdConnectProviders", len(self.open_id_providers))
        return super().create_open_id_connect_provider(*args, **kwargs)

    def create_policy(self, *args: Any, **kwargs: Any) -> ManagedPolicy:
        own = [policy for policy in self.managed_policies.values() if not isinstance(policy, AWSManagedPolicy)]
        _check("Policies", len(own))
        return super().create_policy(*args, **kwargs)

    def create_role(self, *args: Any, **kwargs: Any) -> Role:
        # Service-linked roles count, but there can be more of them:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
        if not kwargs.get("linked_service"):
            _check("Roles", len(self.roles))
        return super().create_role(*args, **kwargs)

    def create_saml_provider(self, *args: Any, **kwargs: Any) -> SAMLProvider:
        _check("SAMLProviders", len(self.saml_providers))
        return super().create_saml_provider(*args, **kwargs)

    def upload_server_certificate(self, *args: Any, **kwargs: Any) -> Certificate:
        _check("ServerCertificates", len(self.certificates))
        return super().upload_server_certificate(*args, **kwargs)

    def create_user(self, *args: Any, **kwargs: Any) -> User:
        _check("Users", len(self.users))
        return super().create_user(*args, **kwargs)

    def create_virtual_mfa_device(self, *args: Any, **kwargs: Any) -> VirtualMfaDevice:
        _check("VirtualMFADevices", len(self.virtual_mfa_devices))
        return super().create_virtual_mfa_device(*args, **kwargs)


def _check(what: str, there: int) -> None:
    check_quota(f"{what}PerAccount", there + 1, PER_ACCOUNT[what])
