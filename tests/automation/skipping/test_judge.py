"""What of a program's reads is an input, what is compared besides, and what makes its stack run each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from automation import aws
from automation.programs import Invoke, Seen
from automation.skipping import data_sources
from automation.skipping.data_sources import Asked
from automation.skipping.judge import judge
from automation.skipping.reads import Reads
from automation.skipping.sources import Sources
from engine.environment import Environment
from shared.layers import StackId

IDENTITY = StackId("identity", "prod")
CALLER = "aws:index/getCallerIdentity:getCallerIdentity"
ORGANIZATION = "aws:organizations/getOrganization:getOrganization"
INSTANCES = "aws:ssoadmin/getInstances:getInstances"
FILES = (
    *("stacks/identity/__main__.py", "stacks/identity/Pulumi.yaml", "stacks/identity/Pulumi.prod.yaml"),
    *("stacks/identity/Pulumi.other.yaml", "stacks/identity/data/one.json", "stacks/identity/README.md"),
    *("stacks/org/__main__.py", "stacks/org/Pulumi.prod.yaml", "shared/__init__.py", "shared/used.py"),
    *("shared/unused.py", "shared/regions.json", "shared/data/a.json", "notes.txt", "engine/bin/script"),
)


class Place:
    """A repository; `judge` says what is compared and what is unknown."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in FILES:
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("import shared.used\n" if name == "stacks/identity/__main__.py" else "")

    def judge(self, **seen: Any) -> tuple[Reads, list[str]]:
        where = Environment("prod", self.root)
        return judge(Seen(**seen), IDENTITY, where, Sources(self.root), self.root / "engine")

    def at(self, kind: str, name: str) -> tuple[list[str], list[str]]:
        """The same of one path, relative to the repository."""
        reads, unknown = self.judge(**{kind: (str(self.root / name),)})
        return [each.replace(f"{self.root}/", "") for each in reads.files], unknown


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path.resolve())


INPUT, COMPARED, UNKNOWN = "an input already", "compared", "unknown"


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("files", "stacks/identity/data/one.json", INPUT),
        ("files", "stacks/identity/Pulumi.prod.yaml", INPUT),
        ("files", "stacks/identity/Pulumi.yaml", INPUT),
        ("files", "engine/bin/script", INPUT),
        ("files", "/dev/null", INPUT),
        # Only the meaning of a module is an input, and this is its text.
        ("files", "stacks/identity/__main__.py", COMPARED),
        ("files", "shared/regions.json", COMPARED),
        ("files", "/etc/hosts", COMPARED),
        ("files", "/usr/local/share/regions.json", COMPARED),
        ("files", "stacks/identity/Pulumi.other.yaml", UNKNOWN),
        ("files", "stacks/identity/README.md", UNKNOWN),
        ("files", "stacks/org/Pulumi.prod.yaml", UNKNOWN),
        ("files", "shared/unused.py", UNKNOWN),
        ("files", "notes.txt", UNKNOWN),
        ("files", ".venv-data/x", UNKNOWN),
        ("files", "/proc/cpuinfo", UNKNOWN),
        ("files", "/dev/urandom", UNKNOWN),
        ("files", "/home/ada/x", UNKNOWN),
        ("files", "/usrlocal/x", UNKNOWN),
        ("modules", "shared/used.py", INPUT),
        ("modules", "stacks/identity/__main__.py", INPUT),
        ("modules", "shared/unused.py", UNKNOWN),
        ("modules", "stacks/org/__main__.py", UNKNOWN),
        ("modules", "/elsewhere/module.py", UNKNOWN),
        ("looked_at", "stacks/identity", INPUT),
        ("looked_at", "stacks", INPUT),
        ("looked_at", "shared", INPUT),
        ("looked_at", "stacks/identity/data/one.json", INPUT),
        ("looked_at", "stacks/identity/data", COMPARED),
        ("looked_at", "stacks/identity/may-come.json", COMPARED),
        ("looked_at", "shared/may-come.json", COMPARED),
        ("looked_at", "/etc/may-come", COMPARED),
        ("looked_at", "stacks/identity/Pulumi.new.yaml", UNKNOWN),
        ("looked_at", "stacks/org/may-come.json", UNKNOWN),
        ("looked_at", "may-come.txt", UNKNOWN),
        ("looked_at", "/home/ada", UNKNOWN),
        ("background", "stacks/identity/data/one.json", INPUT),
        ("background", "engine/bin/script", INPUT),
        ("background", "/home/ada/.netrc", COMPARED),
        ("background", "notes.txt", COMPARED),
    ],
)
def test_paths(place: Place, kind: str, name: str, expected: str) -> None:
    compared, unknown = place.at(kind, name)
    assert (compared, unknown) == ([name] if expected == COMPARED else [], [name] if expected == UNKNOWN else [])


@pytest.mark.parametrize(
    ("name", "compared"),
    [("stacks/identity/data", True), ("shared", True), ("shared/data", True)]
    + [(name, False) for name in ("stacks/identity", "stacks", "", "/home")],
)
def test_folders_that_are_listed(place: Place, name: str, compared: bool) -> None:
    found, unknown = place.at("folders", name)
    assert found == ([f"{name}/*"] if compared else [])
    assert len(unknown) == (not compared)
    assert all(text.startswith("the names in the folder ") for text in unknown)


@pytest.mark.parametrize(
    ("stack", "environment", "compared"),
    [("org", "prod", True), ("policies", "prod", True), ("identity", "prod", False), ("org", "other", False)],
)
def test_the_policy_files_of_the_environment_are_data(
    place: Place, stack: str, environment: str, compared: bool
) -> None:
    folder = place.root / "stacks/policies/environments" / environment
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text("type: tag")
    (place.root / "stacks/policies/__main__.py").write_text("")
    seen = Seen(files=(str(folder / "a.yaml"),), folders=(str(folder),))
    where = Environment("prod", place.root)
    reads, unknown = judge(seen, StackId(stack, "prod"), where, Sources(place.root), place.root / "engine")
    found = [f"{folder}/*", f"{folder}/a.yaml"] if compared else []
    assert list(reads.files) == found
    assert bool(unknown) is not compared


@pytest.mark.parametrize(
    ("asset", "compared", "unknown"),
    [
        ("data/one.json", [], []),
        ("data", ["stacks/identity/data/**"], []),
        ("../../notes.txt", [], ["the asset ../../notes.txt"]),
        ("../org", [], ["the asset ../org"]),
        (".", [], ["the asset ."]),
        ("/etc", [], ["the asset /etc"]),
    ],
)
def test_assets(place: Place, asset: str, compared: list[str], unknown: list[str]) -> None:
    reads, found = place.judge(assets=(asset,))
    assert [each.replace(f"{place.root}/", "") for each in reads.files] == compared
    assert found == unknown


@pytest.mark.parametrize(
    ("reference", "known"),
    [
        ("organization/org/prod", True),
        ("organization/org/staging", False),
        ("organization/policies/prod", False),
        ("organization/accounts/prod.web", False),
        ("another/org/prod", False),
        ("org", False),
        ("organization/org/prod/x", False),
    ],
)
def test_references(place: Place, reference: str, known: bool) -> None:
    _, unknown = place.judge(references=(reference,))
    assert unknown == ([] if known else [f"the outputs of the stack {reference}"])


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("asked", "AWS_PROFILE", INPUT),
        ("asked", "PULUMI_BAR_TOKEN", INPUT),
        ("asked", "WHATEVER", UNKNOWN),
        ("asked", "MY_AWS_X", UNKNOWN),
        ("asked", "AWS_SECRET_ACCESS_KEY", UNKNOWN),
        ("asked", "AWS_PAGER", UNKNOWN),
        ("asked", "PATH", UNKNOWN),
        ("variables", "LANG", COMPARED),
        ("variables", "AWS_SESSION_TOKEN", UNKNOWN),
    ],
)
def test_variables(place: Place, kind: str, name: str, expected: str) -> None:
    reads, unknown = place.judge(**{kind: (name,)})
    assert unknown == ([f"the variable {name}"] if expected == UNKNOWN else [])
    assert expected != COMPARED or reads.variables == (name,)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("json", None),
        ("collections.abc:Mapping", None),
        ("os.path:join", None),
        ("urllib.parse:urlencode", None),
        ("pulumi_aws:iam", None),
        ("pulumi_random", None),
        ("pydantic", None),
        ("datetime:timedelta", None),
        ("uuid:uuid5", None),
        ("time", "the clock (module time)"),
        ("datetime", "the clock (module datetime)"),
        ("datetime:datetime", "the clock (module datetime)"),
        ("random:choice", "chance (module random)"),
        ("uuid:uuid4", "chance (module uuid)"),
        # They show line numbers, which are no part of what a module means.
        ("inspect:currentframe", "what the package inspect reads"),
        ("traceback", "what the package traceback reads"),
        ("platform", "what the package platform reads"),
        ("urllib.request:urlopen", "what the package urllib reads"),
        ("importlib.metadata:version", "what the package importlib reads"),
        ("pydantic_settings:BaseSettings", "what the package pydantic_settings reads"),
        ("boto3", "what the package boto3 reads"),
    ],
)
def test_imports(place: Place, name: str, text: str | None) -> None:
    _, unknown = place.judge(imports=(name,))
    assert unknown == ([text] if text else [])


CALLED = {"accountId": "1", "arn": "arn:aws:iam::1:user/a", "userId": "A"}
FOUND = {
    "id": "o-1",
    "arn": "arn",
    "featureSet": "ALL",
    "masterAccountId": "1",
    "masterAccountEmail": "a@example.com",
    "awsServiceAccessPrincipals": ["b", "a"],
    "roots": [{"id": "r-1", "name": "Root", "policyTypes": [{"type": "TAG_POLICY", "status": "ENABLED"}]}],
    "accounts": [{"id": "1", "arn": "x", "name": "A", "email": "a@example.com", "status": "ACTIVE"}],
}

GROUPS = "aws:identitystore/getGroups:getGroups"
GROUP = {
    "description": "",
    "displayName": "Everybody",
    "externalIds": [{"id": "7", "issuer": "https://idp"}],
    "groupId": "g-1",
    "identityStoreId": "d-1",
}
STORE = {"groups": [GROUP], "identityStoreId": "d-1", "region": "eu-west-1"}
IN_STORE = {"identityStoreId": "d-1", "region": "eu-west-1"}

CENTER = {"arns": ["i-2", "i-1"], "identityStoreIds": ["d-2", "d-1"], "id": "eu-west-1", "region": "eu-west-1"}


AGAIN: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    (CALLER, {}, CALLED),
    (ORGANIZATION, {}, FOUND),
    (INSTANCES, {}, CENTER),
    (INSTANCES, {"region": "eu-west-1"}, CENTER),
    (GROUPS, IN_STORE, STORE),
)
"""Data source, arguments, result."""


@pytest.mark.parametrize(("token", "arguments", "result"), AGAIN)
def test_data_sources_that_can_be_asked_again_are_compared(
    place: Place, token: str, arguments: dict[str, Any], result: dict[str, Any]
) -> None:
    invoke = Invoke(token, arguments, "", result)
    reads, unknown = place.judge(invokes=(invoke, invoke))
    assert unknown == []
    (asked,) = reads.invokes
    assert asked.token == token
    assert Reads.of_json(reads.as_json()) == reads


@pytest.mark.parametrize(
    "invoke",
    [
        Invoke("aws:ec2/getAmi:getAmi", {}, "", {}),
        Invoke(CALLER, {}, "urn:pulumi:prod::x::pulumi:providers:aws::inside::1", CALLED),
        Invoke(CALLER, {}, "", None),
        Invoke(CALLER, {}, "", {"accountId": "1"}),
        Invoke(ORGANIZATION, {"returnOrganizationOnly": True}, "", FOUND),
        Invoke(ORGANIZATION, {}, "", {**FOUND, "newInALaterProvider": 1}),
        Invoke(ORGANIZATION, {}, "", {**FOUND, "accounts": None}),
        Invoke(INSTANCES, {"region": {"a": 1}}, "", CENTER),
        Invoke(GROUPS, {**IN_STORE, "filter": "x"}, "", STORE),
        Invoke(GROUPS, IN_STORE, "", {**STORE, "newInALaterProvider": 1}),
        Invoke(GROUPS, IN_STORE, "", {**STORE, "groups": [{**GROUP, "newInALaterProvider": 1}]}),
    ],
)
def test_other_data_sources_make_a_stack_run_each_time(place: Place, invoke: Invoke) -> None:
    reads, unknown = place.judge(invokes=(invoke,))
    assert unknown == [f"the data source {invoke.token}"]
    assert reads.invokes == ()


@pytest.mark.parametrize(
    "change",
    [
        {"featureSet": "CONSOLIDATED_BILLING"},
        {"awsServiceAccessPrincipals": ["a"]},
        {"roots": [{"id": "r-1", "name": "Root", "policyTypes": []}]},
        {"accounts": []},
        {"accounts": [{**FOUND["accounts"][0], "status": "SUSPENDED"}]},  # type: ignore[dict-item]
        {"accounts": [{**FOUND["accounts"][0], "name": "B"}]},  # type: ignore[dict-item]
    ],
)
def test_each_fact_of_an_organization_counts(place: Place, change: dict[str, Any]) -> None:
    def facts(result: dict[str, Any]) -> tuple[Asked, ...]:
        return place.judge(invokes=(Invoke(ORGANIZATION, {}, "", result),))[0].invokes

    assert facts(FOUND) == facts({**FOUND, "awsServiceAccessPrincipals": ["a", "b"]})
    assert facts(FOUND) != facts({**FOUND, **change})


@pytest.mark.parametrize(
    "change", [{"groupId": "g-2"}, {"displayName": "x"}, {"description": "x"}, {"externalIds": []}]
)
def test_each_fact_of_a_group_counts(place: Place, change: dict[str, Any]) -> None:
    def facts(*groups: dict[str, Any]) -> tuple[Asked, ...]:
        return place.judge(invokes=(Invoke(GROUPS, IN_STORE, "", {**STORE, "groups": groups}),))[0].invokes

    other = {**GROUP, **change}
    assert facts(GROUP) != facts(other)
    assert facts(GROUP, other) == facts(other, GROUP)
    assert facts(GROUP) != facts(GROUP, other)


def test_one_data_source_may_be_asked_about_several_things(place: Place) -> None:
    stores = ({**IN_STORE, "identityStoreId": each} for each in ("d-1", "d-2"))
    reads, unknown = place.judge(invokes=tuple(Invoke(GROUPS, each, "", STORE) for each in stores))
    assert unknown == []
    assert set(reads.by_input()) == {f"data source {GROUPS} of {each}, eu-west-1" for each in ("d-1", "d-2")}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("aws-go-sdk-1764288000000000001", "botocore-session-1764288000", True),
        ("ada", "botocore-session-1764288000", False),
        ("ada", "grace", False),
    ],
)
def test_of_a_session_whose_name_an_sdk_made_up_the_role_counts(place: Place, one: str, other: str, same: bool) -> None:
    def facts(session: str) -> tuple[Asked, ...]:
        result = {"accountId": "1", "arn": f"arn:aws:sts::1:assumed-role/Deploy/{session}", "userId": f"A:{session}"}
        return place.judge(invokes=(Invoke(CALLER, {}, "", result),))[0].invokes

    assert (facts(one) == facts(other)) == same


class Answers:
    """A client of AWS that gives these answers."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        return lambda **_arguments: self._answers[name]

    def get_paginator(self, name: str) -> Any:
        return Answers(paginate=[self._answers[name]])


def test_aws_gives_the_same_facts_as_the_provider(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(
        get_caller_identity={"Account": "1", "Arn": CALLED["arn"], "UserId": "A"},
        describe_organization={
            "Organization": {
                "Id": "o-1",
                "Arn": "arn",
                "FeatureSet": "ALL",
                "MasterAccountId": "1",
                "MasterAccountEmail": "a@example.com",
            }
        },
        list_aws_service_access_for_organization={
            "EnabledServicePrincipals": [{"ServicePrincipal": "a"}, {"ServicePrincipal": "b"}]
        },
        list_instances={
            "Instances": [
                {"InstanceArn": "i-1", "IdentityStoreId": "d-1"},
                {"InstanceArn": "i-2", "IdentityStoreId": "d-2"},
            ]
        },
        list_groups={
            "Groups": [
                {
                    "GroupId": "g-1",
                    "DisplayName": "Everybody",
                    "IdentityStoreId": "d-1",
                    "ExternalIds": [{"Id": "7", "Issuer": "https://idp"}],
                }
            ]
        },
        list_roots={
            "Roots": [{"Id": "r-1", "Name": "Root", "PolicyTypes": [{"Type": "TAG_POLICY", "Status": "ENABLED"}]}]
        },
        list_accounts={
            "Accounts": [{"Id": "1", "Arn": "x", "Name": "A", "Email": "a@example.com", "Status": "ACTIVE"}]
        },
    )
    regions = []

    def client(_env: str, _service: str, _root: Path, region: str | None, **_named: Any) -> Answers:
        regions.append(region)
        return answers

    monkeypatch.setattr(aws, "client", client)
    for token, arguments, result in AGAIN:
        (asked,) = place.judge(invokes=(Invoke(token, arguments, "", result),))[0].invokes
        assert data_sources.ask(asked, Environment("prod", place.root), IDENTITY, place.root) == asked.facts
        assert regions[-1] == arguments.get("region")


def test_two_answers_of_one_data_source_are_unknown(place: Place) -> None:
    invokes = tuple(Invoke(CALLER, {}, "", {**CALLED, "userId": each}) for each in "ab")
    assert place.judge(invokes=invokes)[1] == ["a data source whose result has changed meanwhile"]


def test_what_follows_from_the_call_need_not_be_asked_again(place: Place) -> None:
    token = "aws:iam/getPolicyDocument:getPolicyDocument"
    assert place.judge(invokes=(Invoke(token, {"a": 1}, "", {"json": "{}"}),)) == (Reads(), [])
