"""Check and Diff: what the engine is told before anything happens."""

import json
import re
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.provider import wire
from sandbox.provider.table import RESOURCES
from sandbox.provider.wire import UNKNOWN, Values
from tests.sandbox.provider.cases import allow, trust
from tests.sandbox.provider.conftest import Engine, Failed, Made, Refused, urn

ROLE = "aws:iam/role:Role"
USER = "aws:iam/user:User"
VAULT = "aws:backup/vault:Vault"
POLICY = "aws:iam/policy:Policy"
AUTONAMING = provider_pb2.CheckRequest.AutonamingOptions


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A service that never calls AWS: the settings that make it do so are off."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    made = Engine()
    made.configure(
        region="eu-west-1", skipCredentialsValidation="true", defaultTags='{"tags": {"Owner": "all", "Team": "x"}}'
    )
    return made


def refused(engine: Engine, token: str, news: Values) -> dict[str, str]:
    with pytest.raises(Refused) as raised:
        engine.check(token, news)
    return raised.value.failures


def test_unknown_property_names_those_that_exist(engine: Engine) -> None:
    failures = refused(engine, USER, {"nam": "ann"})
    assert failures["nam"] == (
        "aws:iam/user:User has no property 'nam'; allowed are: forceDestroy, name, path, permissionsBoundary, tags"
    )


def test_property_of_the_official_type_only(engine: Engine) -> None:
    failures = refused(engine, ROLE, {"assumeRolePolicy": trust("1"), "managedPolicyArns": []})
    assert failures == {
        "managedPolicyArns": "the embedded AWS provider does not know the property 'managedPolicyArns' of "
        "aws:iam/role:Role"
    }


def test_missing_required_property(engine: Engine) -> None:
    assert refused(engine, ROLE, {}) == {"assumeRolePolicy": "Missing required property 'assumeRolePolicy'"}


@pytest.mark.parametrize(
    ("token", "news", "reason"),
    [
        (USER, {"path": 3}, "'path' must be a string"),
        (USER, {"forceDestroy": "yes"}, "'forceDestroy' must be a boolean"),
        (USER, {"tags": {"a": 1}}, "'tags' must be a map of strings"),
        (ROLE, {"assumeRolePolicy": "{}", "maxSessionDuration": "3600"}, "'maxSessionDuration' must be an integer"),
        ("aws:iam/userGroupMembership:UserGroupMembership", {"user": "a", "groups": "g"}, "'groups' must be a list of"),
        ("aws:identitystore/user:User", {"name": "Ann"}, "'name' must be an object"),
        (ROLE, {"assumeRolePolicy": "{not json"}, "'assumeRolePolicy' must be a JSON document"),
    ],
)
def test_value_of_the_wrong_sort(engine: Engine, token: str, news: Values, reason: str) -> None:
    assert any(text.startswith(reason) for text in refused(engine, token, news).values())


def test_unknown_values_pass(engine: Engine) -> None:
    checked = engine.check(ROLE, {"assumeRolePolicy": UNKNOWN, "tags": {"a": UNKNOWN}})
    assert checked["assumeRolePolicy"] is UNKNOWN
    assert checked["tagsAll"]["a"] is UNKNOWN
    assert engine.check(ROLE, {"assumeRolePolicy": "{}", "tags": UNKNOWN})["tagsAll"] is UNKNOWN


def test_document_given_as_an_object(engine: Engine) -> None:
    checked = engine.check(ROLE, {"assumeRolePolicy": json.loads(trust("1"))})
    assert json.loads(checked["assumeRolePolicy"]) == json.loads(trust("1"))


def test_default_tags_are_under_those_of_the_program(engine: Engine) -> None:
    checked = engine.check(USER, {"tags": {"Team": "y"}})
    assert checked["tags"] == {"Team": "y"}
    assert checked["tagsAll"] == {"Owner": "all", "Team": "y"}
    assert "tagsAll" not in engine.check("aws:iam/group:Group", {"name": "g"})


TAGGABLE: dict[str, Values] = {
    "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault": {
        "name": "x",
        "minRetentionDays": 7,
        "maxRetentionDays": 9,
    },
    "aws:backup/vault:Vault": {"name": "x"},
    "aws:budgets/budget:Budget": {
        "name": "x",
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": "5",
        "limitUnit": "USD",
    },
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": {"url": "https://x.example.com", "clientIdLists": ["a"]},
    "aws:iam/policy:Policy": {"name": "x", "policy": "{}"},
    "aws:iam/role:Role": {"name": "x", "assumeRolePolicy": "{}"},
    "aws:iam/user:User": {"name": "x"},
    "aws:organizations/account:Account": {"name": "x", "email": "x@example.com"},
    "aws:organizations/organizationalUnit:OrganizationalUnit": {"name": "x", "parentId": "r-abcd"},
    "aws:organizations/policy:Policy": {"name": "x", "content": "{}"},
    "aws:ssoadmin/permissionSet:PermissionSet": {"name": "x", "instanceArn": "i"},
}


def test_every_type_with_tags_has_a_case() -> None:
    assert set(TAGGABLE) == {token for token, kind in RESOURCES.items() if kind.taggable}


@pytest.mark.parametrize("token", TAGGABLE)
@pytest.mark.parametrize("secret", ["all of them", "one of them", "none of them"])
def test_secret_tags_are_secret_among_all_tags(engine: Engine, token: str, secret: str) -> None:
    """From Check to the previews; `tests/sandbox/provider/test_secrets.py` has what is made."""
    inputs = wire.encode(
        {**TAGGABLE[token], "tags": {"a": "hush", "b": "x"}}, {"tags"} if secret == "all of them" else ()
    )
    if secret == "one of them":
        value = wire.encode({"a": "hush"}, {"a"}).fields["a"]
        inputs.fields["tags"].struct_value.fields["a"].CopyFrom(value)
    expected = set() if secret == "none of them" else {"tags", "tagsAll"}
    request = provider_pb2.CheckRequest(urn=urn(token), news=inputs, randomSeed=b"x")
    checked = engine.call("Check", request).inputs
    assert wire.decode(checked).secrets == expected
    create = provider_pb2.CreateRequest(urn=urn(token), properties=checked, preview=True)
    assert wire.decode(engine.call("Create", create).properties).secrets == expected
    olds = wire.encode({**TAGGABLE[token], "tags": {}, "tagsAll": {}})
    update = provider_pb2.UpdateRequest(id="x", urn=urn(token), olds=olds, news=checked, preview=True)
    assert wire.decode(engine.call("Update", update).properties).secrets == expected


@pytest.mark.parametrize("token", TAGGABLE)
def test_all_tags_are_secret_also_where_only_the_program_s_own_are_said_to_be(engine: Engine, token: str) -> None:
    """So it is in a state that another provider has made."""
    given = wire.encode({**TAGGABLE[token], "tags": {"a": "hush"}, "tagsAll": {"a": "hush"}}, {"tags"})
    create = provider_pb2.CreateRequest(urn=urn(token), properties=given, preview=True)
    assert wire.decode(engine.call("Create", create).properties).secrets == {"tags", "tagsAll"}
    olds = wire.encode({**TAGGABLE[token], "tags": {}, "tagsAll": {}})
    update = provider_pb2.UpdateRequest(id="x", urn=urn(token), olds=olds, news=given, preview=True)
    assert wire.decode(engine.call("Update", update).properties).secrets == {"tags", "tagsAll"}


@pytest.mark.parametrize("name", ["name", "path", "permissionsBoundary"])
def test_any_other_secret_input_is_a_secret_output_alone(engine: Engine, name: str) -> None:
    given = wire.encode({"name": "ann", "path": "/x/", "permissionsBoundary": "arn:x", "tags": {"a": "b"}}, {name})
    checked = engine.call("Check", provider_pb2.CheckRequest(urn=urn(USER), news=given, randomSeed=b"x")).inputs
    assert wire.decode(checked).secrets == {name}
    create = provider_pb2.CreateRequest(urn=urn(USER), properties=checked, preview=True)
    assert wire.decode(engine.call("Create", create).properties).secrets == {name}


def test_generated_name_is_the_official_form_and_is_kept(engine: Engine) -> None:
    first = engine.check(USER, {})
    assert re.fullmatch(r"x-[0-9a-f]{7}", first["name"])
    assert engine.check(USER, {}) == first, "the engine's seed decides"
    assert engine.check(USER, {}, {"name": "x-1234567", "__defaults": ["name"]})["name"] == "x-1234567"
    # It was the program's name before, and no longer is: a new one is generated.
    assert engine.check(USER, {}, {"name": "ann"})["name"] == first["name"]


def test_generated_name_fits(engine: Engine) -> None:
    name = engine.check(USER, {}, name="n" * 100)["name"]
    assert len(name) == 64
    assert re.fullmatch(r"n+-[0-9a-f]{7}", name)
    assert "64 characters" in refused(engine, USER, {"name": "n" * 65})["name"]


def test_autonaming_configuration_of_the_stack(engine: Engine) -> None:
    enforced = AUTONAMING(proposed_name="acme-x", mode=AUTONAMING.ENFORCE)
    assert engine.check(USER, {}, autonaming=enforced)["name"] == "acme-x"
    with pytest.raises(Refused, match="autonaming is disabled"):
        engine.check(USER, {}, autonaming=AUTONAMING(mode=AUTONAMING.DISABLE))


def test_type_that_is_not_in_the_table(engine: Engine) -> None:
    with pytest.raises(Failed) as raised:
        engine.check("aws:s3/bucket:Bucket", {})
    message = str(raised.value)
    assert "does not know the resource type aws:s3/bucket:Bucket" in message
    assert "aws:iam/role:Role" in message
    assert "pulumi plugin install resource aws 7." in message


def test_function_that_is_not_in_the_table(engine: Engine) -> None:
    with pytest.raises(Failed, match="does not know the function aws:ec2/getAmi:getAmi"):
        engine.invoke("aws:ec2/getAmi:getAmi")
    with pytest.raises(Failed, match="has no argument 'x'; allowed are: id"):
        engine.invoke("aws:index/getPartition:getPartition", x=1)


def user(**outputs: Any) -> Made:
    tags = {"Owner": "all", "Team": "x"}
    return Made("ann", {"name": "ann"}, {"name": "ann", "path": "/", "tagsAll": tags, **outputs})


def diffs(engine: Engine, token: str, made: Made, news: Values, ignored: tuple[str, ...] = ()) -> list[str]:
    return list(engine.diff(token, made, engine.check(token, news, made.inputs), ignored).diffs)


def test_empty_and_missing_are_the_same(engine: Engine) -> None:
    news = {"name": "ann", "path": "/", "tags": {}, "forceDestroy": False, "permissionsBoundary": ""}
    assert diffs(engine, USER, user(tags={}), news) == []


def test_change_of_the_default_tags_is_an_update(engine: Engine) -> None:
    made = user(tagsAll={"Owner": "someone"})
    found = engine.diff(USER, made, engine.check(USER, {"name": "ann"}, made.inputs))
    assert list(found.diffs) == ["tagsAll"]
    assert not found.replaces


def test_removed_and_added_properties_are_told_apart(engine: Engine) -> None:
    kinds = provider_pb2.PropertyDiff
    made = user(permissionsBoundary="arn:x", tags={})
    found = engine.diff(USER, made, engine.check(USER, {"name": "ann"}, made.inputs)).detailedDiff
    assert found["permissionsBoundary"].kind == kinds.DELETE
    added = engine.check(USER, {"name": "ann", "permissionsBoundary": "arn:x"})
    assert engine.diff(USER, user(), added).detailedDiff["permissionsBoundary"].kind == kinds.ADD


def test_policies_that_say_the_same_are_the_same(engine: Engine) -> None:
    made = Made(
        "arn", {"name": "p"}, {"name": "p", "policy": allow("a:B", "a:C"), "tagsAll": user().outputs["tagsAll"]}
    )
    statement = {"Action": ["a:C", "a:B"], "Resource": ["*"], "Effect": "Allow"}
    for text in (
        json.dumps({"Statement": statement, "Version": "2012-10-17"}),
        json.dumps({"Statement": [statement], "Version": "2012-10-17"}, indent=4),
    ):
        assert diffs(engine, POLICY, made, {"name": "p", "policy": text}) == []
    assert diffs(engine, POLICY, made, {"name": "p", "policy": allow("a:B")}) == ["policy"]


def test_unknown_value_is_a_change(engine: Engine) -> None:
    made = Made("v", {"name": "v"}, {"name": "v", "region": "eu-west-1", "tagsAll": user().outputs["tagsAll"]})
    found = engine.diff(VAULT, made, engine.check(VAULT, {"name": "v", "kmsKeyArn": UNKNOWN}, made.inputs))
    assert list(found.replaces) == ["kmsKeyArn"]


def test_ignored_changes_are_none(engine: Engine) -> None:
    assert diffs(engine, USER, user(), {"name": "ann", "path": "/x/"}, ("path",)) == []


def test_another_region_of_the_provider_replaces(engine: Engine) -> None:
    made = Made("v", {"name": "v"}, {"name": "v", "region": "us-east-1", "tagsAll": user().outputs["tagsAll"]})
    found = engine.diff(VAULT, made, engine.check(VAULT, {"name": "v"}, made.inputs))
    assert list(found.replaces) == ["region"]


def test_replacement_deletes_first_only_under_a_fixed_name(engine: Engine) -> None:
    tags = user().outputs["tagsAll"]
    outputs = {"name": "r", "assumeRolePolicy": trust("1"), "path": "/", "maxSessionDuration": 3600, "tagsAll": tags}
    made = Made("r", {"name": "r"}, outputs)
    news = {"assumeRolePolicy": trust("1"), "path": "/new/"}
    assert engine.diff(ROLE, made, engine.check(ROLE, {**news, "name": "r"}, made.inputs)).deleteBeforeReplace
    assert not engine.diff(ROLE, made, engine.check(ROLE, {**news, "name": "q"}, made.inputs)).deleteBeforeReplace
    generated = Made("r", {"name": "r", "__defaults": ["name"]}, outputs)
    assert not engine.diff(ROLE, generated, engine.check(ROLE, news, generated.inputs)).deleteBeforeReplace


def test_preview_of_a_creation(engine: Engine) -> None:
    checked = engine.check(VAULT, {"name": "Default", "region": "us-west-2"})
    request = provider_pb2.CreateRequest(urn=urn(VAULT), properties=wire.encode(checked), preview=True)
    found = wire.decode(engine.call("Create", request).properties).values
    assert found["arn"] is UNKNOWN
    assert found["kmsKeyArn"] is UNKNOWN
    assert found["region"] == "us-west-2"
    assert found["tagsAll"] == {"Owner": "all", "Team": "x"}
    assert found["forceDestroy"] is False


def test_preview_of_an_update_keeps_what_stays(engine: Engine) -> None:
    made = user(arn="arn:ann")
    request = provider_pb2.UpdateRequest(
        id="ann", urn=urn(USER), olds=wire.encode(made.outputs), news=wire.encode({"path": UNKNOWN}), preview=True
    )
    found = wire.decode(engine.call("Update", request).properties).values
    assert found["arn"] == "arn:ann"
    assert found["path"] is UNKNOWN
