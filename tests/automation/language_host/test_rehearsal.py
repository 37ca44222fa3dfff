"""A rehearsal: what it answers a program, and what it tells of it."""

import json
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.runtime import rpc
from pulumi.runtime.proto import language_pb2, provider_pb2, resource_pb2

from automation.language_host.asked import Teller, deployed_file, urn_of
from automation.language_host.policies import Trial, plain
from automation.language_host.program import PLANNED_OUTPUTS
from automation.language_host.rehearsal import Rehearsal
from policy_pack.judging import Violation
from policy_pack.planned import Hidden
from policy_pack.settings import Setting
from shared import planned_outputs
from shared.layers import ROOT, StackId
from shared.planned_outputs import Planned

STACK = "urn:pulumi:sandbox.developer::accounts::pulumi:pulumi:Stack::accounts-sandbox.developer"
ACCOUNT = "aws:organizations/account:Account"
URN = f"urn:pulumi:sandbox.developer::accounts::x:y:Z${ACCOUNT}::account"
SECRET = {rpc._special_sig_key: rpc._special_secret_sig}
DEPLOYED = {
    "name": "Web",
    "tags": {"Owner": "web"},
    "email": {**SECRET, "ciphertext": "v1:x"},
    "arn": "arn:aws:organizations::1:account/o-1/210987654321",
    "secretArn": {**SECRET, "ciphertext": "v1:y"},
}


class Told:
    """What a rehearsal tells, with the answer that it may go on."""

    def __init__(self) -> None:
        self.all: list[tuple[str, Any]] = []

    def request(self, kind: str, request: Any) -> bool:
        self.all.append((kind, request.urn if kind == "outputs" else request.name))
        return False

    def reference(self, name: str, outputs: Any) -> bool:
        self.all.append((name, outputs))
        return False


class Engine:
    """The real monitor, of which only the outputs of stacks are asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []

    def Invoke(self, request: Any) -> Any:
        self.asked.append((request.tok, MessageToDict(request.args)))
        answer = provider_pb2.InvokeResponse()
        getattr(answer, "return").update(self.answers[request.tok.rpartition(":")[2]])
        return answer


def struct(properties: dict[str, Any]) -> Any:
    found = Struct()
    found.update(properties)
    return found


def rehearsal(tmp_path: Path, engine: Engine, deployed: Any = None) -> tuple[Rehearsal, Told]:
    told, file = Told(), deployed_file(tmp_path, "accounts", "sandbox.developer")
    if deployed is not None:
        file.write_text(json.dumps({URN: {"id": "210987654321", "outputs": deployed}}))
    return Rehearsal(engine, told, "accounts", "sandbox.developer", "acme", file), told  # type: ignore[arg-type]


def account(**properties: Any) -> Any:
    parent = f"{STACK.rpartition('pulumi:pulumi:Stack')[0]}x:y:Z::it"
    return resource_pb2.RegisterResourceRequest(
        type=ACCOUNT, name="account", parent=parent, custom=True, object=struct(properties)
    )


def test_names_are_those_of_the_engine() -> None:
    assert urn_of(account(), "accounts", "sandbox.developer") == URN
    top = resource_pb2.RegisterResourceRequest(type="a:b:C", name="c", parent=STACK)
    assert urn_of(top, "accounts", "sandbox.developer") == "urn:pulumi:sandbox.developer::accounts::a:b:C::c"
    assert urn_of(resource_pb2.RegisterResourceRequest(type="a:b:C", name="c"), "p", "s") == "urn:pulumi:s::p::a:b:C::c"


def test_a_resource_that_is_as_deployed_has_the_outputs_of_the_state(tmp_path: Path) -> None:
    monitor, told = rehearsal(tmp_path, Engine(), DEPLOYED)
    answer = monitor.RegisterResource(account(name="Web", tags={"Owner": "web"}, email={**SECRET, "value": "a@b.c"}))
    assert (answer.urn, answer.id) == (URN, "210987654321")
    found = MessageToDict(answer.object)
    assert found["arn"] == DEPLOYED["arn"]
    assert found["email"] == {**SECRET, "value": "a@b.c"}
    assert found["secretArn"] == rpc.UNKNOWN
    assert told.all == [("register", "account")]


@pytest.mark.parametrize("changed", [{"name": "Other"}, {"name": "Web", "new": 1}, {"tags": {"Owner": "api"}}])
def test_a_resource_that_changes_keeps_its_id_alone(tmp_path: Path, changed: dict[str, Any]) -> None:
    monitor, _ = rehearsal(tmp_path, Engine(), DEPLOYED)
    answer = monitor.RegisterResource(account(**changed))
    assert answer.id == "210987654321"
    assert MessageToDict(answer.object) == changed


def test_a_new_resource_has_nothing_but_its_inputs(tmp_path: Path) -> None:
    engine = Engine()
    monitor, _ = rehearsal(tmp_path, engine)
    answer = monitor.RegisterResource(account(name="Web"))
    assert (answer.id, MessageToDict(answer.object)) == ("", {"name": "Web"})
    assert engine.asked == []  # which would leave a provider in the state


def test_without_the_state_the_engine_is_asked_for_it(tmp_path: Path) -> None:
    engine = Engine(
        readStackOutputs={"name": "acme/org/sandbox", "outputs": {"rootId": "r-1"}, "secretOutputNames": []},
        readStackResourceOutputs={"outputs": {URN: {"outputs": {"name": "Web", "id": "210987654321", "arn": "x"}}}},
    )
    monitor, told = rehearsal(tmp_path, engine)
    read = monitor.ReadResource(
        resource_pb2.ReadResourceRequest(type="pulumi:pulumi:StackReference", name="r", id="acme/org/sandbox")
    )
    assert MessageToDict(read.properties)["outputs"] == {"rootId": "r-1"}
    assert told.all == [("acme/org/sandbox", {"rootId": "r-1"})]
    answer = monitor.RegisterResource(account(name="Web"))
    assert (answer.id, MessageToDict(answer.object)["arn"]) == ("210987654321", "x")
    assert engine.asked == [
        ("pulumi:pulumi:readStackOutputs", {"name": "acme/org/sandbox"}),
        ("pulumi:pulumi:readStackResourceOutputs", {"stackName": "acme/accounts/sandbox.developer"}),
    ]


def test_everything_else_is_nothing(tmp_path: Path) -> None:
    monitor, told = rehearsal(tmp_path, Engine())
    monitor.RegisterResourceOutputs(resource_pb2.RegisterResourceOutputsRequest(urn=STACK))
    monitor.SignalAndWaitForShutdown(None)
    monitor.RegisterResourceHook(None)
    assert told.all == [("outputs", STACK)]


SHOWN: list[Violation] = []


def trial(*, dry_run: bool = False, settings: dict[str, Setting] | None = None) -> Trial:
    request = language_pb2.RunRequest(
        project="accounts",
        stack="sandbox.developer",
        dryRun=dry_run,
        config={"accounts:organizationalUnit": "Development", "accounts:email": "web@example.com"},
        configSecretKeys=["accounts:email"],
    )
    return Trial(settings or {}, ROOT, request, SHOWN.append)


def role(name: str = "Reports", **properties: Any) -> Any:
    given = {"name": name, **properties}
    return resource_pb2.RegisterResourceRequest(type="aws:iam/role:Role", name=name, custom=True, object=struct(given))


def hear(judged: Trial, *said: Any, at_once: bool) -> list[bool]:
    """What is answered to each message."""
    host, program = Pipe()
    listening = Thread(target=judged.listen, args=(host,), kwargs={"at_once": at_once})
    listening.start()
    teller = Teller(program)
    answers = [
        teller.reference(*each) if isinstance(each, tuple) else teller.request(kind_of(each), each) for each in said
    ]
    program.close()
    listening.join(10)
    return answers


def kind_of(request: Any) -> str:
    return "outputs" if isinstance(request, resource_pb2.RegisterResourceOutputsRequest) else "register"


def test_a_deployment_ends_at_its_first_violation_and_a_rehearsal_hears_all() -> None:
    good, bad = role(permissionsBoundary="arn:x"), role("Other")
    assert hear(trial(), good, bad, at_once=True) == [False, True]
    rehearsed = trial()
    assert hear(rehearsed, bad, good, role("Third"), at_once=False) == [False, False, False]
    assert [each.resource.name for each in rehearsed.violations] == ["Other", "Third"]
    assert rehearsed.stops
    assert SHOWN[-2:] == rehearsed.violations


def test_what_is_advisory_ends_nothing() -> None:
    lenient = trial(settings={"boundary": Setting("advisory")})
    assert hear(lenient, role(), at_once=True) == [False]
    assert [each.level for each in lenient.violations] == ["advisory"]
    assert not lenient.stops


def test_references_and_providers_are_known_to_the_rules() -> None:
    inside = resource_pb2.RegisterResourceRequest(
        type="pulumi:providers:aws", name="inside", object=struct({"allowedAccountIds": '["210987654321"]'})
    )
    trusted = {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"}
    stranger = role(permissionsBoundary="arn:x", assumeRolePolicy=json.dumps({"Statement": trusted}))
    stranger.provider = "urn:pulumi:s::p::pulumi:providers:aws::inside::1234"
    judged = trial()
    hear(judged, ("acme/org/sandbox", {"managementAccountId": "123456789012"}), inside, stranger, at_once=False)
    assert [each.message for each in judged.violations] == [
        "assumeRolePolicy, statement 1, Principal is '999999999999'; allowed: principals of 123456789012, "
        "210987654321 (rule trust)"
    ]


def test_secrets_of_the_configuration_in_outputs() -> None:
    def outputs(value: Any) -> Any:
        return resource_pb2.RegisterResourceOutputsRequest(urn=STACK, outputs=struct({"contact": value}))

    judged = trial()
    hear(judged, outputs({**SECRET, "value": "web@example.com"}), at_once=False)
    assert judged.violations == []
    hear(judged, outputs("mail to web@example.com"), at_once=False)
    assert [each.rule for each in judged.violations] == ["secrets"]


def test_a_preview_knows_what_upstream_stacks_will_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(planned_outputs.VARIABLE, str(tmp_path))
    rules = {"tagRules": {"Development": {"CostCenter": ["Web"]}}}
    stack = StackId("accounts", "sandbox", "developer")
    planned_outputs.write(tmp_path, stack, {StackId("policies", "sandbox"): Planned(rules, True)})
    tagged = role("MyMonthlyBackupIamRole", tags={"CostCenter": "Other"})
    planned, deployed = trial(dry_run=True), trial()
    for each in (planned, deployed):
        hear(each, ("acme/policies/sandbox", {"tagRules": {"Development": {}}}), tagged, at_once=False)
    assert [each.rule for each in planned.violations] == ["tags"]
    assert deployed.violations == []


def test_secrets_are_hidden() -> None:
    found = plain({"a": {**SECRET, "value": {"b": ["c"]}}, "d": "e"})
    assert found == {"a": {"b": ["c"]}, "d": "e"}
    assert isinstance(found["a"]["b"][0], Hidden)
    assert not isinstance(found["d"], Hidden)


def test_the_name_of_the_variable_is_said_twice() -> None:
    assert PLANNED_OUTPUTS == planned_outputs.VARIABLE
