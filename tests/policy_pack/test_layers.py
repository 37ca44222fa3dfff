"""What each layer's program declares by default keeps every rule."""

from collections.abc import Mapping
from typing import Any

import pytest

from policy_pack.judging import judge
from policy_pack.planned import Context, Planned, Regions, declared
from policy_pack.settings import Setting
from tests.stacks.harness import Run, run_program
from tests.stacks.samples import ACCOUNT, POLICY_SETTINGS, UPSTREAM

EVERY_ROLE = {
    **UPSTREAM,
    "identity": {
        "principals": {
            **UPSTREAM["identity"]["principals"],
            "PreviewRole": ["arn:aws:iam::123456789012:role/PreviewAccounts"],
        },
        "mfaRequired": {**UPSTREAM["identity"]["mfaRequired"], "PreviewRole": False},
    },
}
OIDC = {
    "issuer": "https://token.actions.githubusercontent.com",
    "audience": "sts.amazonaws.com",
    "subjects": ["repo:acme/infra:*"],
}
PROGRAMS: list[tuple[str, str, dict[str, Any]]] = [
    ("org", "sandbox", {"mode": "create", "organizationalUnits": ["Development", "Development/Web"]}),
    ("identity", "sandbox", {"users": ["ada", "grace"]}),
    ("identity", "sandbox", {"users": ["ada"], "automation": "oidc", "oidc": OIDC}),
    ("policies", "sandbox", POLICY_SETTINGS),
    ("accounts", "sandbox.developer", ACCOUNT),
]


def planned_by(run: Run) -> list[Planned]:
    providers = {each.name: each.inputs for each in run.resources if each.type.startswith("pulumi:providers:")}

    def provider_of(reference: str) -> Mapping[str, Any]:
        return providers.get(reference.rpartition("::")[0].rpartition("::")[2], {})

    return [
        declared(each.type, each.name, "", each.inputs, protect=each.protect, provider=provider_of(each.provider))
        for each in run.resources
    ]


def context(layer: str, stack: str, config: Mapping[str, Any], regions: tuple[str, ...] | None = None) -> Context:
    texts = {f"{layer}:{key}": value for key, value in config.items() if isinstance(value, str)}
    return Context(layer, stack, texts, EVERY_ROLE, regions=Regions((regions,)) if regions else None)


@pytest.mark.parametrize(("layer", "stack", "config"), PROGRAMS)
def test_a_layer_keeps_the_rules(layer: str, stack: str, config: dict[str, Any]) -> None:
    run = run_program(layer, stack, config, upstream=EVERY_ROLE)
    regions = ("eu-west-1", "us-east-1", "us-west-2")
    found = [each for planned in planned_by(run) for each in judge(planned, context(layer, stack, config, regions), {})]
    assert found == []


def test_the_rules_have_something_to_judge() -> None:
    run = run_program("accounts", "sandbox.developer", ACCOUNT, upstream=EVERY_ROLE)
    where = context("accounts", "sandbox.developer", {**ACCOUNT, "organizationalUnit": "Development"}, ("us-west-2",))
    strict = {"boundary": Setting(options={"exempt": []})}
    other = {"policies": {"tagRules": {"Development": {"CostCenter": ["Other"]}}}}
    found = {
        (each.rule, planned.name)
        for planned in planned_by(run)
        for each in judge(planned, Context(**{**vars(where), "outputs": {**EVERY_ROLE, **other}}), strict)
    }
    assert found == {
        ("boundary", "MyMonthlyBackupIamRole"),
        ("boundary", "PreviewRole"),
        ("regions", "vault-eu-west-1"),
        ("regions", "vault-us-east-1"),
        ("regions", "encrypt-ebs-eu-west-1"),
        ("regions", "encrypt-ebs-us-east-1"),
        ("tags", "account"),
        ("tags", "account-inside"),
    }
