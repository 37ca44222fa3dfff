"""What is not emulated answers as AWS does to an account without the service, in the form that each client reads."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.utils import camelcase_to_underscores

from sandbox.emulator.server.calls import RESPONSES
from tests.sandbox.emulator.conftest import ROOT, Server, refused

NOT_HERE = {"AssumeRoleWithSAML", "GetFederationToken"}
"""What moto answers, with sessions that nobody would be asked for here."""

OPT_IN, SUBSCRIPTION = "OptInRequired", "SubscriptionRequiredException"


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("autoscaling", "describe_auto_scaling_groups", OPT_IN),
        ("cloudformation", "list_stacks", OPT_IN),
        ("cloudtrail", "describe_trails", SUBSCRIPTION),
        ("cloudwatch", "list_metrics", SUBSCRIPTION),
        ("dynamodb", "list_tables", SUBSCRIPTION),
        ("elb", "describe_load_balancers", OPT_IN),
        ("elbv2", "describe_load_balancers", OPT_IN),
        ("lambda", "list_functions", SUBSCRIPTION),
        ("resourcegroupstaggingapi", "get_resources", SUBSCRIPTION),
        ("route53", "list_hosted_zones", OPT_IN),
        ("s3", "list_buckets", "NotSignedUp"),
        ("sesv2", "list_contact_lists", SUBSCRIPTION),
        ("sqs", "list_queues", SUBSCRIPTION),
    ],
)
def test_a_service_that_is_not_here(aws: Server, service: str, call: str, code: str) -> None:
    with pytest.raises(ClientError) as error:
        getattr(aws.client(service), call)()
    assert refused(error)[0] == code
    assert "the sandbox does not emulate" in refused(error)[1]
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_an_operation_that_is_not_here(aws: Server) -> None:
    calls: dict[tuple[str, str], Callable[[], Any]] = {
        ("AccessDenied", "sts:GetFederationToken"): lambda: aws.client("sts").get_federation_token(Name="somebody"),
        ("AccessDenied", "iam:GetAccountProperties"): aws.client("iam").get_account_properties,
        ("AccessDenied", "s3:ListJobs"): lambda: aws.client("s3control").list_jobs(AccountId="123456789012"),
        ("AccessDeniedException", "backup:ListBackupJobs"): aws.client("backup").list_backup_jobs,
        ("UnauthorizedOperation", "ec2:DescribeInstances"): aws.client("ec2").describe_instances,
    }
    for (code, action), call in calls.items():
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error) == (
            code,
            f"User: arn:aws:iam::123456789012:user/sandbox-admin is not authorized to perform: {action} "
            "(the sandbox does not emulate it)",
        )


def test_an_operation_that_nobody_has(aws: Server) -> None:
    iam, organizations = aws.client("iam"), aws.client("organizations")

    def rename(params: dict[str, Any], **_kwargs: Any) -> None:
        if "X-Amz-Target" in params["headers"]:
            params["headers"]["X-Amz-Target"] = "AWSOrganizationsV20161128.ListPets"
        else:
            params["body"]["Action"] = "ListPets"

    for client in (iam, organizations):
        client.meta.events.register("before-call.*.*", rename)
    for call, code in ((iam.list_users, "InvalidAction"), (organizations.list_roots, "UnknownOperationException")):
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error) == (code, "The action ListPets is not valid for this web service.")


def test_who_is_not_known_is_told_that_first(aws: Server) -> None:
    with pytest.raises(ClientError) as error:
        aws.client("lambda", {"AccessKeyId": "AKIAUNKNOWN000000000", "SecretAccessKey": "x"}).list_functions()
    assert refused(error)[0] in ("InvalidClientTokenId", "UnrecognizedClientException")


def test_the_readme_lists_what_is_missing() -> None:
    text = (Path(ROOT) / "sandbox" / "README.md").read_text()
    rows = re.findall(r"^\| ([\w ]+) \| (\d+) \| ([^|]*) \|$", text, re.MULTILINE)
    written = {service: (int(number), names) for service, number, names in rows}
    titles = {
        "account": "Account Management",
        "backup": "Backup",
        "budgets": "Budgets",
        "ec2": "EC2",
        "iam": "IAM",
        "identitystore": "Identity Store",
        "organizations": "Organizations",
        "s3control": "S3 Control",
        "sso": "Identity Center portal",
        "sso-admin": "Identity Center",
        "sts": "STS",
    }
    assert set(written) == set(titles.values())
    for name, answering in RESPONSES.values():
        client = boto3.client(name, region_name="us-west-2", aws_access_key_id="x", aws_secret_access_key="x")  # type: ignore[call-overload]
        every = set(client.meta.service_model.operation_names)
        here = {action for action in every if hasattr(answering, camelcase_to_underscores(action))} - NOT_HERE
        number, names = written[titles[name]]
        assert number == len(here), name
        listed = set(re.findall(r"`(\w+)`", names))
        # The shorter list: what is there, or what is not.
        assert listed == (every - here if len(every - here) < len(here) else here), name
