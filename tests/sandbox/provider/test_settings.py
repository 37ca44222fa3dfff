"""The provider's own settings: validated, parsed, and acted on."""

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.provider import config, wire
from sandbox.provider.aws import RetryPolicy
from sandbox.provider.errors import ProviderError
from sandbox.provider.server import Provider
from sandbox.provider.wire import UNKNOWN
from tests.sandbox.emulator.conftest import Server
from tests.sandbox.provider.cases import allow, trust
from tests.sandbox.provider.conftest import REGION, Engine, Failed

CALLER = "aws:index/getCallerIdentity:getCallerIdentity"
ACCOUNT = "aws:organizations/account:Account"
MANAGEMENT = "123456789012"


def check_config(**settings: Any) -> Any:
    request = provider_pb2.CheckRequest(urn="urn:pulumi:t::p::pulumi:providers:aws::x", news=wire.encode(settings))
    return Engine().call("CheckConfig", request)


def reasons(**settings: Any) -> dict[str, str]:
    return {failure.property: failure.reason for failure in check_config(**settings).failures}


def test_settings_pass_through() -> None:
    settings = {"region": "eu-west-1", "allowedAccountIds": '["1"]', "version": "7.51.1", "assumeRoles": UNKNOWN}
    answer = check_config(**settings)
    assert not answer.failures
    assert wire.decode(answer.inputs).values == settings


def test_bad_settings_name_the_key_and_what_is_allowed() -> None:
    found = reasons(regoin="x", insecure="true", defaultTags="[]", assumeRoles="{", endpoints='["x"]')
    assert "'regoin' is no setting" in found["regoin"]
    assert "region" in found["regoin"]
    assert "does not know the provider setting 'insecure'" in found["insecure"]
    assert found["defaultTags"] == "'defaultTags' must be a JSON object"
    assert found["assumeRoles"] == "'assumeRoles' is not valid JSON"
    assert found["endpoints"] == "'endpoints' must be a list of JSON objects"


@pytest.mark.parametrize("key", ["roleArn", "role_arn"])
def test_nested_settings_arrive_as_json(key: str) -> None:
    roles = [{key: "arn:aws:iam::1:role/a", "externalId": "e", "duration": "1h30m", "tags": {"a": "b"}}]
    found = config.parse(
        {
            "region": "us-east-1",
            "assumeRoles": json.dumps(roles),
            "defaultTags": '{"tags": {"a": "b"}}',
            "endpoints": '[{"iam": "http://127.0.0.1:1", "sts": ""}]',
            "maxRetries": "3",
        }
    )
    assert found.assume_roles == (
        {
            "RoleArn": "arn:aws:iam::1:role/a",
            "ExternalId": "e",
            "DurationSeconds": 5400,
            "Tags": [{"Key": "a", "Value": "b"}],
            "RoleSessionName": "pulumi",
        },
    )
    assert found.default_tags == {"a": "b"}
    assert found.endpoints == {"iam": "http://127.0.0.1:1"}
    assert found.max_retries == 3


@pytest.mark.parametrize(
    ("role", "reason"),
    [
        ({"externalId": "e"}, "every entry needs 'roleArn'"),
        ({"roleArn": "a", "what": "x"}, "'what' is not known; allowed are: roleArn"),
        ({"roleArn": "a", "duration": "soon"}, "duration 'soon' is not a time"),
    ],
)
def test_bad_role(role: dict[str, str], reason: str) -> None:
    with pytest.raises(ProviderError, match=reason):
        config.parse({"region": "us-east-1", "assumeRoles": json.dumps([role])})


def test_keys_are_not_in_the_representation() -> None:
    found = config.parse({"region": "us-east-1", "accessKey": "AKIAX", "secretKey": "hush", "token": "psst"})
    assert not {"AKIAX", "hush", "psst"} & set(repr(found).replace("'", " ").split())


def test_region_comes_from_the_environment_or_the_profile(
    emulator: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert emulator
    with pytest.raises(ProviderError, match="no AWS region: set the provider's 'region'"):
        config.parse({})
    (tmp_path / "config").write_text("[default]\nregion = eu-north-1\n[profile other]\nregion = eu-south-1\n")
    assert config.parse({}).region == "eu-north-1"
    assert config.parse({"profile": "other"}).region == "eu-south-1"
    with pytest.raises(ProviderError, match="the AWS profile cannot be used"):
        config.parse({"profile": "missing"})
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    monkeypatch.setenv("AWS_REGION", "ap-east-1")
    assert config.parse({}).region == "ap-east-1"


def test_account_that_is_not_allowed(emulator: Server) -> None:
    assert emulator
    with pytest.raises(Failed, match=f"AWS account ID not allowed: {MANAGEMENT}; allowed: 111111111111"):
        Engine().configure(region=REGION, allowedAccountIds='["111111111111"]')
    with pytest.raises(Failed, match=f"AWS account ID not allowed: {MANAGEMENT}$"):
        Engine().configure(region=REGION, forbiddenAccountIds=json.dumps([MANAGEMENT]))
    Engine().configure(region=REGION, allowedAccountIds=json.dumps([MANAGEMENT]))


def test_keys_that_aws_does_not_know(emulator: Server) -> None:
    assert emulator
    with pytest.raises(Failed) as raised:
        Engine().configure(region=REGION, accessKey="AKIANOBODY0000000000", secretKey="hush-hush")
    message = str(raised.value)
    assert "validating provider credentials: operation error STS: GetCallerIdentity" in message
    assert "api error InvalidClientTokenId" in message
    assert "hush-hush" not in message


def test_no_credentials_at_all(emulator: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert emulator
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Failed, match="NoCredentialsError: Unable to locate credentials"):
        Engine().configure(region=REGION)


def test_unknown_settings_do_not_stop_a_preview(emulator: Server) -> None:
    made = Engine()
    made.configure(region=REGION, allowedAccountIds=UNKNOWN, assumeRoles=UNKNOWN)
    assert emulator.control("GET", "calls") == {}, "nobody is asked whose the credentials are"
    assert made.check("aws:iam/user:User", {"name": "ann"})["name"] == "ann"


def member(engine: Engine) -> str:
    """The id of a new member account, whose access role is called `Access`."""
    engine.create("aws:organizations/organization:Organization", {})
    return engine.create(ACCOUNT, {"name": "m", "email": "m@example.com", "roleName": "Access"}).id


def inside(account: str, *roles: str, **settings: Any) -> Engine:
    engine = Engine()
    assumed = [{"roleArn": f"arn:aws:iam::{account}:role/{role}"} for role in roles]
    engine.configure(region=REGION, assumeRoles=json.dumps(assumed), **settings)
    return engine


def test_assumed_role_works_in_its_account(engine: Engine) -> None:
    account = member(engine)
    within = inside(account, "Access", allowedAccountIds=json.dumps([account]))
    assert within.invoke(CALLER)["accountId"] == account
    assert within.invoke(CALLER)["arn"].startswith(f"arn:aws:sts::{account}:assumed-role/Access/pulumi")
    role = within.create("aws:iam/role:Role", {"name": "DeveloperRole", "assumeRolePolicy": trust(MANAGEMENT)})
    assert role.outputs["arn"] == f"arn:aws:iam::{account}:role/DeveloperRole"
    assert engine.read("aws:iam/role:Role", role.id) is None, "it is not in the management account"


def test_assumed_role_of_the_wrong_account_is_refused(engine: Engine) -> None:
    account = member(engine)
    with pytest.raises(Failed, match=f"AWS account ID not allowed: {account}; allowed: {MANAGEMENT}"):
        inside(account, "Access", allowedAccountIds=json.dumps([MANAGEMENT]))


def test_roles_are_assumed_one_after_the_other(engine: Engine) -> None:
    account = member(engine)
    within = inside(account, "Access")
    within.create("aws:iam/role:Role", {"name": "Second", "assumeRolePolicy": trust(account)})
    within.create("aws:iam/rolePolicy:RolePolicy", {"role": "Second", "name": "p", "policy": allow("iam:*", "sts:*")})
    caller = inside(account, "Access", "Second").invoke(CALLER)
    assert caller["arn"].startswith(f"arn:aws:sts::{account}:assumed-role/Second/")


def test_role_that_cannot_be_assumed(engine: Engine) -> None:
    account = member(engine)
    with pytest.raises(Failed) as raised:
        inside(account, "Nothing")
    message = str(raised.value)
    assert (
        f"IAM Role (arn:aws:iam::{account}:role/Nothing) cannot be assumed: operation error STS: AssumeRole" in message
    )
    assert "api error AccessDenied" in message


def test_role_of_a_new_account_is_waited_for(engine: Engine, emulator: Server) -> None:
    account = member(engine)
    emulator.control("POST", "faults", [fault("sts", "AssumeRole", "AccessDenied", status=403)])
    # As patient as a user's provider: on a busy machine the first try alone may take seconds.
    patient = Engine(Provider(RetryPolicy()))
    patient.configure(region=REGION, assumeRoles=json.dumps([{"roleArn": f"arn:aws:iam::{account}:role/Access"}]))
    assert patient.invoke(CALLER)["accountId"] == account
    assert emulator.control("GET", "calls")["sts"]["AssumeRole"] == 2


def test_default_tags_go_on_what_is_made(emulator: Server) -> None:
    assert emulator
    engine = Engine()
    engine.configure(region=REGION, defaultTags='{"tags": {"Owner": "all", "Team": "x"}}')
    made = engine.create("aws:iam/user:User", {"name": "ann", "tags": {"Team": "y"}})
    assert made.outputs["tags"] == {"Team": "y"}
    assert made.outputs["tagsAll"] == {"Owner": "all", "Team": "y"}
    imported = engine.read("aws:iam/user:User", "ann")
    assert imported
    assert imported.inputs == {"name": "ann", "tags": {"Team": "y"}}

    other = Engine()
    other.configure(region=REGION, defaultTags='{"tags": {"Owner": "someone"}}')
    changed = other.update("aws:iam/user:User", made, {"name": "ann", "tags": {"Team": "y"}})
    assert changed.outputs["tagsAll"] == {"Owner": "someone", "Team": "y"}
    assert changed.outputs["tags"] == {"Team": "y"}


def test_change_of_settings_replaces_nothing() -> None:
    request = provider_pb2.DiffRequest(
        old_inputs=wire.encode({"region": "a", "profile": "p"}), news=wire.encode({"region": "b", "profile": "p"})
    )
    answer = Engine().call("DiffConfig", request)
    assert list(answer.diffs) == ["region"]
    assert not answer.replaces


def test_functions(engine: Engine) -> None:
    assert engine.invoke("aws:index/getRegion:getRegion")["description"] == "Europe (Ireland)"
    assert (
        engine.invoke("aws:index/getRegion:getRegion", region="us-west-2")["endpoint"] == "ec2.us-west-2.amazonaws.com"
    )
    assert engine.invoke("aws:index/getPartition:getPartition") == {
        "dnsSuffix": "amazonaws.com",
        "id": "aws",
        "partition": "aws",
        "reverseDnsPrefix": "com.amazonaws",
    }
    caller = engine.invoke(CALLER)
    assert caller["accountId"] == caller["id"] == MANAGEMENT
    with pytest.raises(Failed, match="api error AWSOrganizationsNotInUseException"):
        engine.invoke("aws:organizations/getOrganization:getOrganization")
    account = member(engine)
    found = engine.invoke("aws:organizations/getOrganization:getOrganization")
    assert found["masterAccountId"] == MANAGEMENT
    assert {item["id"] for item in found["accounts"]} == {MANAGEMENT, account}
    assert [item["id"] for item in found["nonMasterAccounts"]] == [account]
    only = engine.invoke("aws:organizations/getOrganization:getOrganization", returnOrganizationOnly=True)
    assert only["id"] == found["id"]
    assert only["accounts"] == []


def fault(service: str, action: str, code: str, **more: Any) -> dict[str, Any]:
    return {"service": service, "action": action, "code": code, **more}
