"""Policies of every type through the provider, in an organization that has all types enabled."""

import json

import pytest

from shared.organization_policies.types import BY_KEY, POLICY_TYPES
from tests.sandbox.provider.conftest import Engine, Failed
from tests.shared.organization_policies.examples import of_type

ORGANIZATION = "aws:organizations/organization:Organization"
POLICY = "aws:organizations/policy:Policy"
ATTACHMENT = "aws:organizations/policyAttachment:PolicyAttachment"


def test_policies_of_every_type_are_made_changed_attached_and_refused(engine: Engine) -> None:
    services = sorted({each.trusted_service for each in POLICY_TYPES.values() if each.trusted_service})
    wanted = {"awsServiceAccessPrincipals": services, "enabledPolicyTypes": sorted(POLICY_TYPES)}
    organization = engine.create(ORGANIZATION, wanted)
    assert organization.outputs["enabledPolicyTypes"] == sorted(POLICY_TYPES)
    root = organization.outputs["roots"][0]["id"]
    for key, each in BY_KEY.items():
        first, second = (path.read_text() for path in of_type(key, "good")[:2])
        inputs = {"name": key, "type": each.name, "content": first}
        policy = engine.create(POLICY, inputs)
        assert policy.outputs["type"] == each.name
        changed = engine.update(POLICY, policy, {**inputs, "content": second})
        assert json.loads(changed.outputs["content"]) == json.loads(second)
        attachment = engine.create(ATTACHMENT, {"policyId": policy.id, "targetId": root})
        with pytest.raises(Failed, match="MalformedPolicyDocumentException"):
            engine.create(POLICY, {**inputs, "name": "bad", "content": of_type(key, "bad")[0].read_text()})
        engine.delete(ATTACHMENT, attachment)
        engine.delete(POLICY, changed)


def test_a_type_that_needs_trusted_access_is_refused_without_it(engine: Engine) -> None:
    with pytest.raises(Failed, match="before you enabled service access"):
        engine.create(ORGANIZATION, {"enabledPolicyTypes": ["GUARDDUTY_POLICY"]})
