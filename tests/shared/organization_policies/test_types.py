"""The tables of policy types and of their limits are complete, and as botocore's model of AWS has them."""

import re
from typing import Any

from botocore.session import Session

from sandbox.emulator.organizations.integrated_services import TRUSTED
from shared.organization_policies.limits import LIMITS, MAX_DESCRIPTION, MAX_NAME
from shared.organization_policies.types import BY_KEY, GUIDE, POLICY_TYPES

MODEL: Any = Session().get_service_model("organizations")


def test_every_type_of_aws_is_there_and_has_limits() -> None:
    assert set(POLICY_TYPES) == set(LIMITS) == set(MODEL.shape_for("PolicyType").enum)
    assert [each.name for each in POLICY_TYPES.values()] == list(POLICY_TYPES)


def test_the_types_with_inheritance_are_those_with_an_effective_policy() -> None:
    inherited = {name for name, each in POLICY_TYPES.items() if each.inherits}
    assert inherited == set(MODEL.shape_for("EffectivePolicyType").enum)


def test_every_type_has_a_word_of_its_own_and_a_page() -> None:
    assert len(BY_KEY) == len(POLICY_TYPES)
    for key, each in BY_KEY.items():
        assert BY_KEY[key] is POLICY_TYPES[each.name]
        assert re.fullmatch(r"[a-z0-9-]+", key)
        assert each.page.startswith(GUIDE)
        assert each.trusted_service is None or each.trusted_service in TRUSTED
        assert each.trusted_service or not each.trusted_first


def test_names_and_descriptions_are_as_long_as_the_api_allows() -> None:
    members = MODEL.shape_for("CreatePolicyRequest").members
    assert members["Name"].metadata["max"] == MAX_NAME
    assert members["Description"].metadata["max"] == MAX_DESCRIPTION


def test_a_limit_that_aws_does_not_publish_says_so() -> None:
    unpublished = {name for name, limit in LIMITS.items() if not limit.published}
    assert unpublished == {"SECURITYHUB_CSPM_POLICY", "NETWORK_SECURITY_DIRECTOR_POLICY", "GUARDDUTY_POLICY"}
    for limit in LIMITS.values():
        assert limit.min_attached < limit.max_attached
