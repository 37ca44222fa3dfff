"""Every policy type of AWS in the emulated AWS: enabled, created, attached, in force, and refused as AWS does."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.organizations.exceptions import OrganizationsClientError

from sandbox.emulator.organizations.models import organization_backend
from shared.organization_policies.limits import LIMITS
from shared.organization_policies.types import BY_KEY, POLICY_TYPES
from shared.policy_evaluation.statements import Decision, Request, evaluate
from tests.sandbox.emulator.conftest import Organization, refused
from tests.sandbox.emulator.inside import emulated_aws
from tests.shared.organization_policies.examples import name, of_type, probes

INHERITED = [key for key, each in BY_KEY.items() if each.inherits]
SCP, RCP, HUB = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "SECURITYHUB_POLICY"


EXACT = (("plans",), ("copy_actions",), ("tag_values",))
"""The elements whose names AWS leaves as they are written."""


def trust(organization: Organization, kind: str) -> None:
    service = POLICY_TYPES[kind].trusted_service
    if service:
        organization.api.enable_aws_service_access(ServicePrincipal=service)


def raised(call: Any, **kwargs: Any) -> tuple[str, str | None]:
    """The code of AWS's error, and its reason."""
    with pytest.raises(ClientError) as error:
        call(**kwargs)
    reason: Any = error.value.response.get("Reason")
    return refused(error)[0], reason


def alone(element: Any, where: tuple[str, ...] = ()) -> Any:
    """What a policy says when it is the only one: what it assigns and appends, all names but some in lower case."""
    setter = next((element[key] for key in ("@@assign", "@@append") if key in element), None)
    if setter is not None:
        return setter
    found = {}
    for key, value in element.items():
        if not key.startswith("@@"):
            exact = where[-1:] in EXACT or where == ("upgrade_rollout", "tags")
            found[key if exact else key.lower()] = alone(value, (*where, key))
    return found


@pytest.mark.parametrize("key", INHERITED)
def test_the_good_examples_are_in_force_where_they_are_attached(organization: Organization, key: str) -> None:
    api, kind = organization.api, BY_KEY[key].name
    trust(organization, kind)
    organization.enable(kind)
    assert {"Type": kind, "Status": "ENABLED"} in api.list_roots()["Roots"][0]["PolicyTypes"]
    account = organization.account("one")
    assert raised(api.describe_effective_policy, PolicyType=kind, TargetId=account)[0] == (
        "EffectivePolicyNotFoundException"
    )
    for path in of_type(key, "good"):
        document = json.loads(path.read_text())
        policy = organization.attach(kind, document, account, path.stem)
        summary = api.list_policies_for_target(TargetId=account, Filter=kind)["Policies"][0]
        assert (summary["Name"], summary["Type"]) == (path.stem, kind)
        assert f"/{kind.lower()}/{policy}" in summary["Arn"]
        answer = api.describe_effective_policy(PolicyType=kind, TargetId=account)["EffectivePolicy"]
        assert (answer["PolicyType"], answer["TargetId"]) == (kind, account)
        expected = alone(document)
        if kind == "TAG_POLICY":
            expected["tags"] = {key: {"tag_key": key, **rule} for key, rule in expected["tags"].items()}
        assert json.loads(answer["PolicyContent"]) == expected, path.name
        api.detach_policy(PolicyId=policy, TargetId=account)


@pytest.mark.parametrize("key", BY_KEY)
def test_the_bad_examples_are_refused_and_nothing_changes(organization: Organization, key: str) -> None:
    api, kind = organization.api, BY_KEY[key].name
    good = of_type(key, "good")[0].read_text()
    policy = organization.policy(kind, good, "good")
    for path in of_type(key, "bad"):
        text = path.read_text()
        code = "MalformedPolicyDocumentException"
        assert raised(api.create_policy, Name="bad", Description="", Type=kind, Content=text)[0] == code, path.name
        assert raised(api.update_policy, PolicyId=policy, Content=text)[0] == code, path.name
    found = [each for each in api.list_policies(Filter=kind)["Policies"] if not each["AwsManaged"]]
    assert [each["Name"] for each in found] == ["good"]
    assert api.describe_policy(PolicyId=policy)["Policy"]["Content"] == good


@pytest.mark.parametrize("key", ["service-control", "resource-control"])
def test_what_control_policies_say_where_they_are_attached(organization: Organization, key: str) -> None:
    api, kind = organization.api, BY_KEY[key].name
    organization.enable(kind)
    account = organization.account("one")
    for path in of_type(key, "good"):
        policy = organization.attach(kind, json.loads(path.read_text()), account, path.stem)
        attached = api.list_policies_for_target(TargetId=account, Filter=kind)["Policies"]
        texts = [api.describe_policy(PolicyId=each["Id"])["Policy"]["Content"] for each in attached]
        asked = [probe for probe in probes() if probe["path"] == path]
        assert len(texts) == 2
        assert asked, path.name
        for probe in asked:
            request = Request(probe["action"], probe["resource"], probe["context"])
            decision = evaluate([json.loads(text) for text in texts], request)
            assert (decision is Decision.ALLOW) == probe["allowed"], (name(path), probe)
        api.detach_policy(PolicyId=policy, TargetId=account)


@pytest.mark.parametrize("kind", [kind for kind, each in POLICY_TYPES.items() if each.trusted_first])
def test_a_type_that_needs_a_service_is_enabled_with_its_trusted_access(organization: Organization, kind: str) -> None:
    api, service = organization.api, POLICY_TYPES[kind].trusted_service
    wanted = {"RootId": organization.root, "PolicyType": kind}
    assert raised(api.enable_policy_type, **wanted) == ("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED")
    trust(organization, kind)
    api.enable_policy_type(**wanted)
    assert raised(api.enable_policy_type, **wanted)[0] == "PolicyTypeAlreadyEnabledException"
    assert raised(api.disable_aws_service_access, ServicePrincipal=service) == (
        "ConstraintViolationException",
        "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE",
    )
    api.disable_policy_type(**wanted)
    api.disable_aws_service_access(ServicePrincipal=service)
    assert raised(api.disable_policy_type, **wanted)[0] == "PolicyTypeNotEnabledException"


def test_a_disabled_type_is_taken_off_everywhere_and_its_policies_stay(organization: Organization) -> None:
    api, kind = organization.api, "S3_POLICY"
    content = json.loads(of_type("s3", "good")[0].read_text())
    policy = organization.policy(kind, content)
    attach = {"PolicyId": policy, "TargetId": organization.root}
    assert raised(api.attach_policy, **attach)[0] == "PolicyTypeNotEnabledException"
    organization.enable(kind)
    api.attach_policy(**attach)
    api.disable_policy_type(RootId=organization.root, PolicyType=kind)
    assert api.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    organization.enable(kind)
    assert api.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    assert [each["Id"] for each in api.list_policies(Filter=kind)["Policies"]] == [policy]


def test_five_policies_of_a_type_that_allows_five(organization: Organization) -> None:
    kind = "CHATBOT_POLICY"
    organization.enable(kind)
    content = json.loads(of_type("chat-applications", "good")[0].read_text())
    for number in range(5):
        organization.attach(kind, content, organization.root, f"policy-{number}")
    sixth = organization.policy(kind, content, "sixth")
    assert raised(organization.api.attach_policy, PolicyId=sixth, TargetId=organization.root) == (
        "ConstraintViolationException",
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
    )


def test_content_names_and_descriptions_that_are_too_long(organization: Organization) -> None:
    api = organization.api
    opt_out = of_type("ai-services-opt-out", "good")[0].read_text()
    policy = {"Name": "n" * 128, "Description": "d" * 512, "Type": "AISERVICES_OPT_OUT_POLICY"}
    fitting = opt_out + " " * (2500 - len(opt_out))
    found = api.create_policy(**policy, Content=fitting)["Policy"]["PolicySummary"]
    assert (found["Name"], found["Description"]) == (policy["Name"], policy["Description"])
    other = {**policy, "Name": "other", "Content": opt_out}
    assert raised(api.create_policy, **{**other, "Content": fitting + " "}) == (
        "ConstraintViolationException",
        "POLICY_CONTENT_LIMIT_EXCEEDED",
    )
    for changed in ({"Name": "n" * 129}, {"Description": "d" * 513}):
        too_long = ("InvalidInputException", "MAX_LENGTH_EXCEEDED")
        assert raised(api.create_policy, **{**other, **changed}) == too_long
        assert raised(api.update_policy, PolicyId=found["Id"], **changed) == too_long


def test_what_has_no_effective_policy(organization: Organization) -> None:
    api = organization.api
    organization.enable("TAG_POLICY")
    unit = organization.unit("Unit")
    for kind, target, expected in (
        ("TAG_POLICY", unit, ("InvalidInputException", "TARGET_NOT_SUPPORTED")),
        (SCP, "123456789012", ("InvalidInputException", "INVALID_ENUM_POLICY_TYPE")),
        ("TAG_POLICY", "210987654321", ("TargetNotFoundException", None)),
    ):
        assert raised(api.describe_effective_policy, PolicyType=kind, TargetId=target) == expected


def test_the_resource_control_policy_of_aws_stays(organization: Organization) -> None:
    organization.enable(RCP)
    organization.attach(RCP, json.loads(of_type("resource-control", "good")[0].read_text()), organization.root)
    assert raised(organization.api.detach_policy, PolicyId="p-RCPFullAWSAccess", TargetId=organization.root) == (
        "InvalidInputException",
        "NON_DETACHABLE_POLICY",
    )


def test_an_organization_that_shares_its_bills_alone_has_no_policies(aws: Any) -> None:
    organization = Organization(aws, "CONSOLIDATED_BILLING")
    content = Path(of_type("s3", "good")[0]).read_text()
    code = "PolicyTypeNotAvailableForOrganizationException"
    assert (
        raised(organization.api.create_policy, Name="a", Description="", Type="S3_POLICY", Content=content)[0] == code
    )
    assert raised(organization.api.enable_policy_type, RootId=organization.root, PolicyType="S3_POLICY")[0] == code


def test_more_policies_of_a_type_than_an_organization_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real numbers are thousands: two are allowed here."""
    few = {kind: replace(limit, max_policies=2) for kind, limit in LIMITS.items()}
    monkeypatch.setattr("sandbox.emulator.organizations.policies.LIMITS", few)
    with emulated_aws():
        backend = organization_backend("123456789012")
        backend.create_organization("us-east-1", FeatureSet="ALL")

        def create(key: str, policy: str) -> None:
            content = of_type(key, "good")[0].read_text()
            backend.create_policy(Name=policy, Description="", Type=BY_KEY[key].name, Content=content)

        for key in ("service-control", "s3"):
            create(key, f"{key}-1")
            create(key, f"{key}-2")
            with pytest.raises(OrganizationsClientError) as error:
                create(key, f"{key}-3")
            assert vars(error.value)["reason"] == "POLICY_NUMBER_LIMIT_EXCEEDED"
