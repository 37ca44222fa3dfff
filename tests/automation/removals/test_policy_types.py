"""Policy types that no file needs any more."""

from typing import Any

import pytest

from automation.removals.policy_types import ORGANIZATION, POLICY, too_early
from shared.layers import StackId

ORG = StackId("org", "prod")


def state(type_: str, *inputs: dict[str, Any]) -> dict[str, Any]:
    urn = f"urn:pulumi:prod::org::{type_}::x"
    return {
        "deployment": {"resources": [{"urn": f"{urn}{n}", "type": type_, "inputs": i} for n, i in enumerate(inputs)]}
    }


@pytest.mark.parametrize(
    ("on", "used", "refused"),
    [
        (["TAG_POLICY", "S3_POLICY"], ["S3_POLICY"], ["s3"]),
        (["TAG_POLICY", "S3_POLICY"], [], []),
        (["TAG_POLICY"], ["TAG_POLICY"], []),
        (["INSPECTOR_POLICY"], [], ["inspector"]),
        (["INSPECTOR_POLICY", "S3_POLICY"], ["S3_POLICY", "TAG_POLICY"], ["inspector", "s3"]),
    ],
)
def test_a_type_is_not_turned_off_before_its_policies(on: list[str], used: list[str], refused: list[str]) -> None:
    policies = state(POLICY, *({"type": each} for each in used))
    problems = too_early(ORG, ["TAG_POLICY"], state(ORGANIZATION, {"enabledPolicyTypes": on}), policies)
    assert [problem.partition("policy type ")[2].partition(" ")[0] for problem in problems] == refused
    for problem in problems:
        assert problem.startswith("stacks/org/Pulumi.prod.yaml: no policy file needs the policy type ")
        assert f"allowed: {', '.join(refused)} in org:policyTypes, and it stays on" in problem


def test_nothing_is_refused_before_there_is_an_organization() -> None:
    assert too_early(ORG, ["TAG_POLICY"], {}, {}) == []
