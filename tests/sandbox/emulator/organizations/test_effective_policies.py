"""What AWS reports of effective policies that do not work."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.emulator.conftest import Organization, refused

BACKUP = "BACKUP_POLICY"


def plan(**fields: Any) -> dict[str, Any]:
    rule = {"target_backup_vault_name": {"@@assign": "Safe"}, "schedule_expression": {"@@assign": "cron(0 3 ? * * *)"}}
    return {"plans": {"Daily": {"rules": {"Nightly": rule}, **fields}}}


REST = {
    "regions": {"@@assign": ["eu-central-1"]},
    "selections": {
        "tags": {
            "All": {
                "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/BackupOperator"},
                "tag_key": {"@@assign": "backup"},
                "tag_value": {"@@assign": ["daily"]},
            }
        }
    },
}


def test_a_plan_that_lacks_something_is_reported_until_the_account_gets_the_rest(organization: Organization) -> None:
    organization.enable(BACKUP)
    api, account = organization.api, organization.account("one")
    policy = organization.attach(BACKUP, plan(), account)
    assert [found["Id"] for found in invalid(organization)] == [account]
    answer = api.list_effective_policy_validation_errors(AccountId=account, PolicyType=BACKUP)
    assert (answer["AccountId"], answer["PolicyType"]) == (account, BACKUP)
    assert answer["Path"] == f"{organization.id}/{organization.root}/{account}/"
    assert answer["EffectivePolicyValidationErrors"] == [
        {
            "ErrorCode": "KEY_REQUIRED",
            "ErrorMessage": f"'{name}' is missing",
            "PathToError": "plans/Daily",
            "ContributingPolicies": [policy],
        }
        for name in ("regions", "selections")
    ]
    organization.attach(BACKUP, {"plans": {"Daily": REST}}, organization.root, "rest")
    assert invalid(organization) == [
        found for found in api.list_accounts()["Accounts"] if found["Id"] == "123456789012"
    ]
    assert (
        api.list_effective_policy_validation_errors(AccountId=account, PolicyType=BACKUP)[
            "EffectivePolicyValidationErrors"
        ]
        == []
    )


def invalid(organization: Organization) -> Any:
    return organization.api.list_accounts_with_invalid_effective_policy(PolicyType=BACKUP)["Accounts"]


def test_what_has_no_reports(organization: Organization) -> None:
    api = organization.api
    for kind, code in (
        (BACKUP, "EffectivePolicyNotFoundException"),
        ("RESOURCE_CONTROL_POLICY", "InvalidInputException"),
    ):
        with pytest.raises(ClientError) as error:
            api.list_accounts_with_invalid_effective_policy(PolicyType=kind)
        assert refused(error)[0] == code
    with pytest.raises(ClientError) as error:
        api.list_effective_policy_validation_errors(AccountId="210987654321", PolicyType=BACKUP)
    assert refused(error)[0] == "AccountNotFoundException"
