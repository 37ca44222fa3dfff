"""What users may do with their own passwords and MFA devices."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, Server, refused

GOOD, BETTER = "Correct-Horse-1", "Correct-Horse-22"


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as error:
        call()
    return refused(error)[0]


def user(aws: Server, name: str = "ada") -> Any:
    """IAM as a new user."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return aws.client("iam", {"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]})


def test_a_user_changes_the_own_password(aws: Server) -> None:
    iam, ada = aws.client("iam"), user(aws)
    change = ada.change_password
    assert code(lambda: change(OldPassword=GOOD, NewPassword=BETTER)) == "AccessDenied"
    iam.update_account_password_policy(AllowUsersToChangePassword=True)
    assert code(lambda: change(OldPassword=GOOD, NewPassword=BETTER)) == "NoSuchEntity"
    iam.create_login_profile(UserName="ada", Password=GOOD, PasswordResetRequired=True)
    assert code(lambda: change(OldPassword=BETTER, NewPassword=GOOD)) == "AccessDenied"
    assert code(lambda: change(OldPassword=GOOD, NewPassword="horse")) == "PasswordPolicyViolation"
    change(OldPassword=GOOD, NewPassword=BETTER)
    change(OldPassword=BETTER, NewPassword=GOOD)


def test_a_role_has_no_password(organization: Organization) -> None:
    inside = organization.aws.client("iam", organization.inside(organization.account("one")))
    assert code(lambda: inside.change_password(OldPassword=GOOD, NewPassword=BETTER)) == "InvalidUserType"


@pytest.mark.parametrize(
    ("password", "policy", "accepted"),
    [
        ("Correct1", None, True),
        ("correct1", None, False),
        ("Corr-1", None, False),
        ("correct", {"MinimumPasswordLength": 6}, True),
        ("correct", {"MinimumPasswordLength": 8}, False),
        ("Correct", {"MinimumPasswordLength": 6, "RequireNumbers": True}, False),
        ("Correct", {"MinimumPasswordLength": 6, "RequireSymbols": True}, False),
        ("correct", {"MinimumPasswordLength": 6, "RequireUppercaseCharacters": True}, False),
        ("CORRECT", {"MinimumPasswordLength": 6, "RequireLowercaseCharacters": True}, False),
    ],
)
def test_the_accounts_policy_says_which_passwords_are_good(
    aws: Server, password: str, policy: dict[str, Any] | None, accepted: bool
) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    if policy:
        iam.update_account_password_policy(**policy)

    def create() -> None:
        iam.create_login_profile(UserName="ada", Password=password)

    if accepted:
        create()
        iam.update_login_profile(UserName="ada", PasswordResetRequired=True)
        assert iam.get_login_profile(UserName="ada")["LoginProfile"]["PasswordResetRequired"]
    else:
        assert code(create) == "PasswordPolicyViolation"


def test_an_mfa_device_is_synchronized_anew(aws: Server) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ada")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="ada")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    wrong = {**codes, "AuthenticationCode2": "65432a"}
    resync = {"UserName": "ada", "SerialNumber": serial}
    assert code(lambda: iam.resync_mfa_device(**resync, **codes)) == "NoSuchEntity"
    iam.enable_mfa_device(**resync, **codes)
    iam.resync_mfa_device(**resync, **codes)
    assert code(lambda: iam.resync_mfa_device(**resync, **wrong)) == "ValidationError"
