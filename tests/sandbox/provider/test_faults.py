"""What happens when AWS refuses, delays, or fails half-way."""

import functools
import threading
import time
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.provider import wire
from sandbox.provider.aws import Aws, Connection, RetryPolicy
from sandbox.provider.config import Config
from sandbox.provider.errors import AwsError
from sandbox.provider.resources.accounts import Account
from sandbox.provider.resources.baseline import OpenIdConnectProvider
from sandbox.provider.resources.iam_principals import Group
from tests.sandbox.emulator.conftest import Server
from tests.sandbox.provider.cases import READ_ONLY, VIEW_ONLY, allow, role, root, trust, unit, user
from tests.sandbox.provider.conftest import Engine, Failed, Made, urn

ACCOUNT = "aws:organizations/account:Account"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"


@pytest.fixture
def faults(emulator: Server) -> Any:
    """Makes the next calls of an action fail."""

    def add(service: str, action: str, code: str, **more: Any) -> None:
        emulator.control("POST", "faults", [{"service": service, "action": action, "code": code, **more}])

    yield add
    emulator.control("DELETE", "faults")


def calls(emulator: Server, service: str, action: str) -> int:
    return int(emulator.control("GET", "calls").get(service, {}).get(action, 0))


def test_error_says_what_was_tried_and_what_aws_answered(engine: Engine) -> None:
    role(engine)
    with pytest.raises(Failed) as raised:
        engine.create(ROLE, {"name": "Reader", "assumeRolePolicy": trust("123456789012")})
    message = str(raised.value)
    assert message.startswith("creating IAM Role (Reader): operation error IAM: CreateRole, https response error")
    assert "StatusCode: 409, RequestID: " in message
    assert "api error EntityAlreadyExists: " in message
    assert raised.value.partial is None


def test_throttling_and_concurrent_changes_are_tried_again(engine: Engine, faults: Any) -> None:
    faults("organizations", "CreateOrganization", "TooManyRequestsException")
    faults("organizations", "EnablePolicyType", "ConcurrentModificationException", times=2)
    assert root(engine).startswith("r-")


def test_trying_again_ends(engine: Engine, emulator: Server, faults: Any) -> None:
    faults("organizations", "CreateOrganization", "ConcurrentModificationException", times=100)
    start = time.monotonic()
    with pytest.raises(Failed, match="api error ConcurrentModificationException"):
        root(engine)
    assert 1 < time.monotonic() - start < 10, "the tests' retry policy is 3 seconds"
    assert calls(emulator, "organizations", "CreateOrganization") > 2


def test_max_retries_bounds_the_tries(emulator: Server, faults: Any) -> None:
    aws = Connection(Config(region="us-east-1", max_retries=1), RetryPolicy()).aws()
    for code in ("TooManyRequestsException", "ConcurrentModificationException"):
        faults("organizations", "CreateOrganization", code, times=100)
        before = calls(emulator, "organizations", "CreateOrganization")
        with pytest.raises(AwsError, match=f"api error {code}"):
            aws.call("organizations", "create_organization")
        assert calls(emulator, "organizations", "CreateOrganization") - before == 2
        emulator.control("DELETE", "faults")


def test_principal_that_iam_does_not_know_yet(engine: Engine, faults: Any) -> None:
    faults("iam", "CreateRole", "MalformedPolicyDocument", message="Invalid principal in policy: AWS")
    assert role(engine) == "Reader"


def test_malformed_document_is_refused_at_once(engine: Engine, emulator: Server, faults: Any) -> None:
    faults("iam", "CreateRole", "MalformedPolicyDocument", message="Syntax error", times=100)
    with pytest.raises(Failed, match="Syntax error"):
        role(engine)
    assert calls(emulator, "iam", "CreateRole") == 1


def test_denied_read_is_not_taken_for_gone(engine: Engine, faults: Any) -> None:
    made = engine.create(ROLE, {"name": "Reader", "assumeRolePolicy": trust("123456789012")})
    faults("iam", "GetRole", "AccessDenied", status=403)
    with pytest.raises(Failed, match=r"reading IAM Role \(Reader\): .*api error AccessDenied"):
        engine.read(ROLE, made.id, made)


def test_account_that_takes_its_time(engine: Engine, faults: Any) -> None:
    parent = unit(engine)
    faults("organizations", "CreateAccount", "IN_PROGRESS", delay_seconds=1)
    made = engine.create(ACCOUNT, {"name": "dev", "email": "dev@example.com", "parentId": parent})
    assert made.outputs["parentId"] == parent


def test_account_that_takes_too_long(engine: Engine, faults: Any) -> None:
    root(engine)
    faults("organizations", "CreateAccount", "IN_PROGRESS", delay_seconds=60)
    start = time.monotonic()
    with pytest.raises(Failed, match=r"waiting for the account \(request car-\w+\): still not done after 1 seconds"):
        engine.create(ACCOUNT, {"name": "dev", "email": "dev@example.com"}, timeout=1)
    assert time.monotonic() - start < 4, "the program's customTimeouts count, not the default"


def test_account_that_an_earlier_run_asked_for_is_waited_for(engine: Engine, emulator: Server, faults: Any) -> None:
    root(engine)
    faults("organizations", "CreateAccount", "IN_PROGRESS", delay_seconds=2)
    with pytest.raises(Failed, match="still not done after 1 seconds"):
        engine.create(ACCOUNT, {"name": "dev", "email": "dev@example.com"}, timeout=1)
    with pytest.raises(Failed, match=r"import it \(`invoke --help import`\)"):
        engine.create(ACCOUNT, {"name": "dev", "email": "dev@example.com"})
    assert calls(emulator, "organizations", "CreateAccount") == 1


def test_account_that_aws_could_not_make(engine: Engine, faults: Any) -> None:
    root(engine)
    faults("organizations", "CreateAccount", "ACCOUNT_LIMIT_EXCEEDED")
    with pytest.raises(Failed, match=r"creating Organizations Account \(dev\): AWS could not .*: ACCOUNT_LIMIT_EXC"):
        engine.create(ACCOUNT, {"name": "dev", "email": "dev@example.com"})


def test_account_whose_creation_was_lost(engine: Engine, emulator: Server) -> None:
    root(engine)
    made = engine.create(ACCOUNT, {"name": "dev", "email": "dev@example.com"})
    with pytest.raises(Failed) as raised:
        engine.create(ACCOUNT, {"name": "dev", "email": "Dev@Example.com"})
    assert f"account {made.id} (dev) of this organization has this e-mail address already" in str(raised.value)
    assert calls(emulator, "organizations", "CreateAccount") == 1, "nothing was asked of AWS a second time"


def test_closed_account_keeps_its_address(engine: Engine) -> None:
    root(engine)
    made = engine.create(ACCOUNT, {"name": "dev", "email": "dev@example.com", "closeOnDeletion": True})
    engine.delete(ACCOUNT, made)
    with pytest.raises(Failed, match="is CLOSED: AWS does not give an address out again"):
        engine.create(ACCOUNT, {"name": "dev", "email": "dev@example.com"})


def test_account_that_could_not_be_moved_is_kept_and_moved_later(engine: Engine, emulator: Server, faults: Any) -> None:
    parent = unit(engine)
    faults("organizations", "MoveAccount", "ServiceException", status=400)
    news = {"name": "dev", "email": "dev@example.com", "parentId": parent}
    with pytest.raises(Failed, match=r"made as [0-9]{12}, but then: .*MoveAccount") as raised:
        engine.create(ACCOUNT, news)
    partial = raised.value.partial
    assert partial is not None
    outputs = wire.decode(partial.properties).values
    assert partial.id == outputs["arn"].rpartition("/")[2]
    assert outputs["parentId"].startswith("r-")
    assert wire.decode(partial.inputs).values["parentId"] == parent

    again = engine.update(ACCOUNT, Made(partial.id, wire.decode(partial.inputs).values, outputs), news)
    assert again.outputs["parentId"] == parent
    assert calls(emulator, "organizations", "CreateAccount") == 1


def test_organization_whose_policy_types_could_not_be_enabled(engine: Engine, faults: Any) -> None:
    faults("organizations", "EnablePolicyType", "AccessDeniedException")
    with pytest.raises(Failed) as raised:
        root(engine)
    assert raised.value.partial.id.startswith("o-")
    assert wire.decode(raised.value.partial.properties).values["enabledPolicyTypes"] == []


def test_made_but_not_readable_is_recorded(engine: Engine, faults: Any) -> None:
    faults("iam", "GetRole", "AccessDenied", status=403, times=2)
    with pytest.raises(Failed, match=r"made as Reader, but then: .*GetRole") as raised:
        role(engine)
    assert raised.value.partial.id == "Reader"
    assert wire.decode(raised.value.partial.properties).values == {
        "name": "Reader",
        "path": "/",
        "forceDetachPolicies": False,
    }


def test_what_is_not_found_yet_after_its_creation(engine: Engine, faults: Any) -> None:
    faults("iam", "GetRole", "NoSuchEntity", status=404, times=2)
    assert role(engine) == "Reader"


def test_cancel_ends_a_wait(engine: Engine, faults: Any) -> None:
    root(engine)
    faults("organizations", "CreateAccount", "IN_PROGRESS", delay_seconds=60)
    timer = threading.Timer(0.5, lambda: engine.call("Cancel", None))
    timer.start()
    with pytest.raises(Failed, match="cancelled"):
        engine.create(ACCOUNT, {"name": "dev", "email": "dev@example.com"}, timeout=30)
    timer.join()


def test_user_given_keys_outside_of_pulumi(engine: Engine, emulator: Server) -> None:
    made = engine.create("aws:iam/user:User", {"name": "ann", "forceDestroy": False})
    iam = emulator.client("iam")
    iam.create_access_key(UserName="ann")
    iam.create_login_profile(UserName="ann", Password="Hush-hush-123")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="ann")
    with pytest.raises(Failed, match="DeleteConflict"):
        engine.delete("aws:iam/user:User", made)
    forced = engine.update("aws:iam/user:User", made, {"name": "ann", "forceDestroy": True})
    engine.delete("aws:iam/user:User", forced)
    assert engine.read("aws:iam/user:User", "ann") is None


def test_role_with_policies_attached_outside_of_pulumi(engine: Engine, emulator: Server) -> None:
    news = {"name": "Reader", "assumeRolePolicy": trust("123456789012")}
    made = engine.create(ROLE, news)
    iam = emulator.client("iam")
    iam.attach_role_policy(RoleName="Reader", PolicyArn=READ_ONLY)
    iam.attach_role_policy(RoleName="Reader", PolicyArn=VIEW_ONLY)
    iam.put_role_policy(RoleName="Reader", PolicyName="p", PolicyDocument=allow("s3:*"))
    with pytest.raises(Failed, match="DeleteConflict"):
        engine.delete(ROLE, made)
    engine.delete(ROLE, engine.update(ROLE, made, {**news, "forceDetachPolicies": True}))
    assert engine.read(ROLE, "Reader") is None


def test_old_versions_of_a_policy_make_room(engine: Engine, emulator: Server) -> None:
    made = engine.create(POLICY, {"name": "p", "policy": allow("s3:*")})
    for number in range(6):
        made = engine.update(POLICY, made, {"name": "p", "policy": allow(f"s3:Get{number}")})
    versions = emulator.client("iam").list_policy_versions(PolicyArn=made.id)["Versions"]
    assert len(versions) == 5
    assert [item["VersionId"] for item in versions if item["IsDefaultVersion"]] == ["v7"]
    engine.delete(POLICY, made)
    assert engine.read(POLICY, made.id) is None


def test_drift_is_seen(engine: Engine, emulator: Server) -> None:
    news = {"name": "Reader", "assumeRolePolicy": trust("123456789012"), "description": "as it was"}
    made = engine.create(ROLE, news)
    emulator.client("iam").update_role(RoleName="Reader", Description="changed by hand")
    found = engine.read(ROLE, made.id, made)
    assert found
    assert found.outputs["description"] == found.inputs["description"] == "changed by hand"
    assert list(engine.diff(ROLE, found, engine.check(ROLE, news, made.inputs)).diffs) == ["description"]


def test_users_leave_only_the_groups_of_the_program(engine: Engine, emulator: Server) -> None:
    token = "aws:iam/userGroupMembership:UserGroupMembership"
    user(engine)
    iam = emulator.client("iam")
    for name in ("ours", "theirs"):
        iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName="theirs", UserName="ann")
    made = engine.create(token, {"user": "ann", "groups": ["ours"]})
    engine.delete(token, made)
    assert [item["GroupName"] for item in iam.list_groups_for_user(UserName="ann")["Groups"]] == ["theirs"]


def test_policy_of_aws_cannot_be_imported(engine: Engine) -> None:
    root(engine)
    with pytest.raises(Failed, match="p-FullAWSAccess is AWS's own policy"):
        engine.read("aws:organizations/policy:Policy", "p-FullAWSAccess")


@pytest.mark.parametrize(
    ("token", "id_", "form"),
    [
        ("aws:iam/rolePolicy:RolePolicy", "Reader", "<role>:<policy name>"),
        ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "Reader", "<role>/<policy ARN>"),
        ("aws:iam/userGroupMembership:UserGroupMembership", "ann", "<user>/<group>"),
        ("aws:organizations/policyAttachment:PolicyAttachment", "p-1", "<target id>:<policy id>"),
    ],
)
def test_import_id_of_the_wrong_form(engine: Engine, token: str, id_: str, form: str) -> None:
    with pytest.raises(Failed, match=form):
        engine.read(token, id_)


def test_fault_of_the_provider_is_not_a_crash(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Failed, match="fault in the embedded AWS provider: ValueError"):
        engine.call("Check", provider_pb2.CheckRequest(urn="no urn"))
    assert "Traceback" in capsys.readouterr().err


def test_use_before_configuration() -> None:
    request = provider_pb2.DeleteRequest(urn=urn(ROLE), id="x")
    with pytest.raises(Failed, match="not configured"):
        Engine().call("Delete", request)


def test_endpoint_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    connection = Connection(Config(region="eu-west-1", access_key="a", secret_key="b", max_retries=0))
    with pytest.raises(AwsError, match="operation error IAM: GetUser, api error EndpointConnectionError"):
        connection.aws().call("iam", "get_user")


class Recorded(Aws):
    """Writes calls down instead of making them: for those that the emulated AWS does not know."""

    def __init__(self) -> None:
        super().__init__(Connection(Config(region="eu-west-1"), RetryPolicy()), "eu-west-1")

    @functools.cached_property
    def made(self) -> list[tuple[str, str, dict[str, Any]]]:
        """The calls, in order."""
        return []

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        self.made.append((service, operation, parameters))
        return {}


def test_calls_that_the_emulated_aws_does_not_know() -> None:
    aws = Recorded()
    Account().update(aws, "1", {"name": "a"}, {"name": "b"}, frozenset({"name"}))
    Group().update(aws, "g", {"name": "g"}, {"name": "g", "path": "/x/"}, frozenset({"path"}))
    old, new = {"clientIdLists": ["a", "b"]}, {"clientIdLists": ["b", "c"]}
    OpenIdConnectProvider().update(aws, "arn", old, new, frozenset({"clientIdLists"}))
    provider = {"OpenIDConnectProviderArn": "arn"}
    assert aws.made == [
        ("account", "put_account_name", {"AccountId": "1", "AccountName": "b"}),
        ("iam", "update_group", {"GroupName": "g", "NewPath": "/x/"}),
        ("iam", "add_client_id_to_open_id_connect_provider", {**provider, "ClientID": "c"}),
        ("iam", "remove_client_id_from_open_id_connect_provider", {**provider, "ClientID": "a"}),
    ]
