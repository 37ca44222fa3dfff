"""The comment of a pull request: what is in it, what of others' input could be in it, and its size."""

from datetime import UTC, datetime

import pytest

from automation.approval.schema import ChangePlan, PlanFile, StackPlan
from automation.pull_request.markdown import LIMITS, Findings, markdown, marker
from tests.automation.pull_request.markup import blocks

URN = "urn:pulumi:prod::accounts::aws:iam/role:Role::DeveloperRole"


def stack(label: str, shown: list[str], problems: list[str] | None = None) -> StackPlan:
    change = ChangePlan(urn=URN, what="updated", keeps_old=False, properties=[])
    return StackPlan(
        label=label,
        layer=label.partition("/")[0],
        configuration={},
        outputs={},
        state=None,
        changes=[change],
        drift=[],
        problems=problems or [],
        warnings=[],
        shown=shown,
    )


def plan(*stacks: StackPlan) -> PlanFile:
    return PlanFile(
        environment="prod",
        commit="0" * 40,
        start=datetime(2026, 11, 28, tzinfo=UTC),
        account="",
        tools={},
        variables={},
        programs={},
        stacks=list(stacks),
        unchanged=["org"],
    )


def test_what_is_in_it() -> None:
    made = plan(
        stack("accounts/web", ["would be updated aws:iam/role:Role DeveloperRole"]), stack("identity", [], ["no"])
    )
    text = markdown(Findings("prod", [], made, ["ada gains s3:GetObject"]), LIMITS["github"])
    assert text.startswith(marker("prod") + "\n")
    assert "| `accounts/web` |  | 1 |  |  |  |  |" in text
    assert "| `identity` |  | 1 |  |  |  | **the preview failed** |" in text
    assert "ada gains s3:GetObject" in text
    assert "error: no" in text
    assert "Unchanged: 1 stack." in text
    assert "made from commit `0000000000000000000000000000000000000000`" in text
    assert "**Cut**" not in text


def test_without_a_plan() -> None:
    assert "**There is no plan**" in markdown(Findings("prod", []), 65_536)
    text = markdown(Findings("prod", ["stacks/org/Pulumi.prod.yaml: org:mode is 'x'"]), 65_536)
    assert "**Validation failed**" in text
    assert "org:mode is 'x'" in text
    assert "Nothing is to be deployed." in markdown(Findings("prod", [], plan()), 65_536)


EVIL = [
    "```",
    "````text",
    "<!-- plan of prod -->",
    "</details><script>alert(1)</script>",
    "[x](https://example.com) ![x](https://example.com/x.png) @acme/everyone #1",
    "a\u202eb",
    "line one\nline two\r## heading",
]


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_what_others_wrote_is_text(text: str) -> None:
    made = plan(stack("accounts/web", [text], [text]))
    comment = markdown(Findings("prod", [], made, [text]), LIMITS["github"])
    outside = "\n".join(blocks(comment))
    for line in text.splitlines():
        assert line not in outside.replace(marker("prod"), "")
    assert "\u202e" not in comment


@pytest.mark.parametrize("host", LIMITS)
def test_it_is_cut_to_what_the_host_takes(host: str) -> None:
    large = [f"would be updated {'ä' * 100} {number}" for number in range(3_000)]
    made = plan(*(stack(f"accounts/a{number}", large) for number in range(30)))
    text = markdown(Findings("prod", [], made, ["short"]), LIMITS[host])
    assert len(text.encode()) <= LIMITS[host]
    assert "**Cut**" in text
    assert "`accounts/a29`" in text
    assert "and 10 more" in text or host == "gitlab"
    assert "Plan `" in text, "the digest is never cut"


def test_a_table_that_does_not_fit_is_cut_too() -> None:
    made = plan(*(stack(f"accounts/account-{number:05}", []) for number in range(3_000)))
    text = markdown(Findings("prod", [], made), LIMITS["github"])
    assert len(text.encode()) <= LIMITS["github"]
    assert "the rest of the above" in text
    invalid = markdown(Findings("prod", [f"file {number}: wrong" for number in range(10_000)]), LIMITS["github"])
    assert len(invalid.encode()) <= LIMITS["github"]
    assert invalid.count("```") == 2
