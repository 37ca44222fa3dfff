"""How many of each an account may have: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto.iam.exceptions import LimitExceededException

from sandbox.emulator.iam.account_quotas import PER_ACCOUNT
from sandbox.emulator.iam.models import IAMBackend, iam_backend
from tests.sandbox.emulator.inside import emulated_aws
from tests.sandbox.emulator.people import allow, document

ACCOUNT = "210987654321"
TRUST = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})

Make = Callable[[IAMBackend, str], Any]

MADE: dict[str, tuple[int, str, Make]] = {
    "Groups": (300, "groups", lambda iam, name: iam.create_group(name)),
    "InstanceProfiles": (1000, "instance_profiles", lambda iam, name: iam.create_instance_profile(name, "/", [])),
    "OpenIdConnectProviders": (
        100,
        "open_id_providers",
        lambda iam, name: iam.create_open_id_connect_provider(f"https://{name}.example.com", ["0" * 40], ["aud"], []),
    ),
    "Policies": (1500, "managed_policies", lambda iam, name: iam.create_policy("", "/", allow("s3:*"), name, [])),
    "Roles": (1000, "roles", lambda iam, name: iam.create_role(name, TRUST, "/", None, "", [], 3600)),
    "SAMLProviders": (100, "saml_providers", lambda iam, name: iam.create_saml_provider(name, "<xml/>")),
    "ServerCertificates": (20, "certificates", lambda iam, name: iam.upload_server_certificate(name, "x", "x")),
    "Users": (5000, "users", lambda iam, name: iam.create_user("us-east-1", name)),
    "VirtualMFADevices": (5000, "virtual_mfa_devices", lambda iam, name: iam.create_virtual_mfa_device(name, "/")),
}
"""AWS's default, where moto keeps them, and how one is made."""


@pytest.fixture
def iam() -> Iterator[IAMBackend]:
    with emulated_aws():
        yield iam_backend(ACCOUNT)


def fill(iam: IAMBackend, where: str, number: int) -> None:
    """The first of them, under other names, until there are so many."""
    kept = getattr(iam, where)
    (first,) = kept.values()
    kept.update({f"other-{each}": first for each in range(number - 1)})
    assert len(kept) == number


@pytest.mark.parametrize("what", PER_ACCOUNT)
def test_the_last_one_and_one_more(iam: IAMBackend, what: str) -> None:
    number, where, make = MADE[what]
    make(iam, "first")
    fill(iam, where, number - 1)
    make(iam, "last")
    with pytest.raises(LimitExceededException) as error:
        make(iam, "more")
    assert error.value.message == f"Cannot exceed quota for {what}PerAccount: {number}"
    assert len(getattr(iam, where)) == number


def test_service_linked_roles_have_room_and_those_of_aws_do_not_count(iam: IAMBackend) -> None:
    MADE["Roles"][2](iam, "first")
    fill(iam, "roles", 1000)
    iam.create_service_linked_role("backup.amazonaws.com", "", "")
    MADE["Policies"][2](iam, "first")
    fill(iam, "managed_policies", 1499)
    iam.find_policy("arn:aws:iam::aws:policy/AdministratorAccess")
    MADE["Policies"][2](iam, "last")


def test_the_account_summary_has_the_same_numbers(iam: IAMBackend) -> None:
    summary = iam.get_account_summary().summary_map
    named = {name: summary[f"{name}Quota"] for name in PER_ACCOUNT if f"{name}Quota" in summary}
    assert named == {name: PER_ACCOUNT[name] for name in named}
    assert len(named) == 6
