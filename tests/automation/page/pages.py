"""Pages to look at: an organization of as many accounts as one likes."""

from __future__ import annotations

from datetime import UTC, datetime

from automation.page.model import Account, InForce, LastRun, Page, Policy, Reach, Role, StackOfRun, Unit

MADE = datetime(2026, 11, 28, 8, 30, tzinfo=UTC)
HOSTILE = "</script><script>alert(1)</script><img src=https://example.com/x onerror=alert(1)> & \"'"
"""What a description may contain, as AWS allows it."""


def page(accounts: int) -> Page:
    """Half of the accounts are in one OU below Workloads and half in another; one OU is empty."""
    development = [_account(number, "Workloads/Development") for number in range(accounts // 2)]
    production = [_account(number, "Workloads/Production") for number in range(accounts // 2, accounts)]
    root = Unit(
        "/",
        "Root",
        (InForce("Guardrails-1", "service control", ""), InForce("Perimeter", "resource control", "")),
        (
            Unit("Security", "Security"),
            Unit(
                "Workloads",
                "Workloads",
                (InForce("Tags-Workloads", "tag", ""),),
                (
                    Unit("Workloads/Development", "Engineering", accounts=tuple(development)),
                    Unit("Workloads/Production", "Production", accounts=tuple(production)),
                ),
            ),
        ),
    )
    policies = [
        Policy("Guardrails-1", "service control", "Guardrails of all accounts", ("/",), '{"Version": "2012-10-17"}'),
        Policy("Perimeter", "resource control", HOSTILE, ("/",), '{"Statement": []}'),
        Policy("Tags-Workloads", "tag", "", ("Workloads",), '{"tags": {}}'),
    ]
    deployed = (
        StackOfRun("org", "unchanged (inputs)"),
        StackOfRun("accounts/team-001", "failed", problems=("AccessDenied: not so",), seconds=2.5, failed=True),
    )
    drifted = (StackOfRun("org", "differs", ("changed organizationalUnit Workloads: name",), seconds=1.0),)
    return Page(
        "prod",
        MADE,
        root,
        policies,
        LastRun("deploy", MADE, 12.34, 1, deployed),
        LastRun("drift", MADE, 3.3, 2, drifted, ("user eve (eve)",)),
        ["DeveloperRole in 12 accounts of Workloads loses s3:PutBucketPolicy (Guardrails-1, statement 3)"],
    )


def _account(number: int, unit: str) -> Account:
    name, id_ = f"team-{number:03}", str(100_000_000_000 + number)
    link = f"https://signin.aws.amazon.com/switchrole?account={id_}&roleName=DeveloperRole&displayName={name}"
    return Account(
        name,
        id_,
        unit,
        (
            Role("AutomationRole", _arn(id_, "AutomationRole"), "AutomationRoleBoundary", (Reach("cicd-automation"),)),
            Role(
                "DeveloperRole",
                _arn(id_, "DeveloperRole"),
                "DeveloperRoleBoundary",
                (Reach("ada", "with MFA"), Reach("grace", "with MFA")),
                link,
            ),
        ),
        (
            InForce("Guardrails-1", "service control", "/"),
            InForce("Perimeter", "resource control", "/"),
            InForce("Tags-Workloads", "tag", "Workloads"),
        ),
    )


def _arn(account_id: str, role: str) -> str:
    return f"arn:aws:iam::{account_id}:role/{role}"
