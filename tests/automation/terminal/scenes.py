"""What is printed on terminals, with long names and many stacks. The numbers are those of no real organization."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from automation import doctor
from automation.audit.command import decide
from automation.audit.command import show as show_audit
from automation.events import Change, Problem, Record, Resource
from automation.operations import COMPARE, DEPLOY, DESTROY, PREVIEW, REFRESH
from automation.queue import Outcome, Status
from automation.reporting import accounts, differences, outputs, summary
from automation.reporting.display import Rich
from automation.reporting.following import following
from automation.reporting.graphs import as_text
from automation.reporting.reading import as_reading
from automation.results import RunResult, StackResult, Wording
from automation.stacks import StackFailed
from automation.target import Target
from engine.checks import Check
from shared.layers import ROOT, StackId
from stacks.accounts.profiles import Source
from tests.automation.audit.world import World, fails
from tests.automation.terminal.file_scenes import FILE_SCENES

ENV = "prod"
ORG, IDENTITY, POLICIES = (StackId(layer, ENV) for layer in ("org", "identity", "policies"))
PAYMENTS = StackId("accounts", ENV, "payments-platform-production-eu")
SHOP = StackId("accounts", ENV, "web-shop")
STACKS = [ORG, IDENTITY, POLICIES, PAYMENTS, SHOP]
IDS = {PAYMENTS: "111122223333", SHOP: "444455556666"}


def record(number: int, what: str, *, same: int = 0, drift: tuple[Change, ...] = ()) -> Record:
    """A stack with so many changes of a kind."""
    kinds = [what] * number + ["unchanged"] * same
    urns = [f"urn:pulumi:x::accounts::aws:iam/role:Role::Role{each}" for each in range(number + same)]
    found = {urn: Change(Resource(urn), kind, ("policy",)) for urn, kind in zip(urns, kinds, strict=True)}
    return Record(_changes=found, drift=list(drift))


def run(wording: Wording, outcomes: Mapping[StackId, Outcome[StackId, Record]], seconds: float = 26.2) -> RunResult:
    """A run with these results."""
    results = tuple(map(StackResult.of, outcomes.values()))
    code = int(any(each.status is not Status.DONE for each in results))
    start = datetime(2026, 11, 24, 10, 48, tzinfo=UTC)
    logs = ROOT / ".runs/20261124-104814.140476"
    return RunResult(wording, ENV, results, start, seconds, code, 4, "3.274.1", logs, ROOT)


def done(records: Mapping[StackId, Record]) -> dict[StackId, Outcome[StackId, Record]]:
    """Every stack got done."""
    return {stack: Outcome(stack, Status.DONE, found, seconds=3.6) for stack, found in records.items()}


TARGET = Target(ENV, typed=f"deploy-all --env {ENV} --yes")


def ending(wording: Wording, outcomes: Mapping[StackId, Outcome[StackId, Record]]) -> Callable[[Console], None]:
    """The end of a run."""

    def show(console: Console) -> None:
        found = run(wording, outcomes)
        summary.show(console, found)
        if wording is COMPARE:
            differences.show(console, found)
        summary.close(console, found, following(found, TARGET))

    return show


def _gone(stack: StackId, name: str) -> Change:
    kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    return Change(Resource(f"urn:pulumi:x::{stack.layer}::{kind}::{name}"), "gone")


GONE = _gone(PAYMENTS, "DeveloperRole")
DRIFTED = Record(
    _changes={GONE.resource.urn: Change(GONE.resource, "created"), **record(0, "", same=19)._changes}, drift=[GONE]
)

REFUSED = Problem(
    "operation error Organizations: CreateAccount, https response error StatusCode: 400, RequestID: 1, "
    "ConcurrentModificationException: AWS Organizations can't complete your request because another one is in progress",
    Resource(
        "urn:pulumi:x::accounts::aws-organization:accounts:MemberAccount$aws:organizations/account:Account::account"
    ),
)


def _arns(account: str) -> dict[str, Any]:
    roles = ("AutomationRole", "DeveloperRole", "BreakGlassAdministratorRole")
    link = f"https://signin.aws.amazon.com/switchrole?account={account}&roleName=DeveloperRole&displayName=WebShop"
    arns = {role: f"arn:aws:iam::{account}:role/{role}" for role in roles}
    return {"accountId": account, "roleArns": arns, "switchRoleLink": link}


EXPORTED = {stack: _arns(account) for stack, account in IDS.items()}


def _accounts() -> list[accounts.Account]:
    unit = "Workloads/Production/Europe"
    profile = Source("stacks/accounts/profiles/prod.yaml", "Workloads/Production")
    rows = [
        accounts.Row("name", "PaymentsPlatformProductionEurope", Source(PAYMENTS.config_label, None)),
        accounts.Row("email", "aws-payments-platform-production-eu@example.com", Source(PAYMENTS.config_label, None)),
        accounts.Row("tags.CostCenter", "payments", profile),
        accounts.Row("allowedRegions", ["eu-central-1", "eu-west-1", "eu-north-1", "us-east-1"], profile),
        accounts.Row("blockPublicS3", True, None),
    ]
    shop = [accounts.Row("name", "WebShop", Source(SHOP.config_label, None))]
    return [
        accounts.Account(PAYMENTS, unit, ["/", "Workloads", "Workloads/Production", unit], rows),
        accounts.Account(SHOP, "Workloads/Production", ["/", "Workloads"], shop),
    ]


def _audit(console: Console) -> None:
    world = World(iam__get_role={"Role": {}}, cloudtrail__describe_trails=fails())
    show_audit(console, decide(world.facts)[:12])


def _display(console: Console) -> None:
    display = Rich(console, STACKS, PREVIEW)
    display.ended(StackResult.of(Outcome(PAYMENTS, Status.DONE, DRIFTED, seconds=3.6)))
    display = Rich(console, STACKS, COMPARE)
    display.ended(StackResult.of(Outcome(PAYMENTS, Status.DONE, DRIFTED, seconds=3.6)))


CHECKS = [
    Check("Python", True, "3.12.3, /home/ada/aws organization/.venv/bin/python"),
    Check(
        "AWS credentials",
        False,
        "member account 371289230919 of organization o-tcggw5r0dn, "
        "arn:aws:sts::371289230919:assumed-role/OrganizationAccountAccessRole/ada",
        "sign in to its management account, 123456789012 (`aws sso login`), then `invoke doctor --env prod` says whose "
        "they are",
    ),
    Check("configuration", True, f"5 stacks: {', '.join(stack.label for stack in STACKS)}"),
]

DEPLOYED = done(
    {
        ORG: record(5, "created"),
        IDENTITY: record(17, "created"),
        POLICIES: record(17, "created"),
        PAYMENTS: record(20, "created"),
        SHOP: record(20, "created"),
    }
)
NOTHING = done({stack: record(0, "", same=20) for stack in STACKS})
FAILED = {
    **done({ORG: Record(same_inputs=True), IDENTITY: record(1, "updated", same=16), POLICIES: Record()}),
    PAYMENTS: Outcome[StackId, Record](
        PAYMENTS, Status.FAILED, error=StackFailed([REFUSED], record(3, "created")), seconds=61.8
    ),
    SHOP: Outcome[StackId, Record](SHOP, Status.SKIPPED, because=PAYMENTS),
}

SCENES: dict[str, Callable[[Console], None]] = {
    "deployed": ending(DEPLOY, DEPLOYED),
    "deployed-nothing": ending(DEPLOY, done({stack: Record(same_inputs=True) for stack in STACKS})),
    "failed": ending(DEPLOY, FAILED),
    "preview": ending(PREVIEW, DEPLOYED),
    "refreshed": ending(REFRESH, done({PAYMENTS: record(2, "deleted", same=18), SHOP: record(0, "", same=20)})),
    "drift": ending(COMPARE, {**NOTHING, **done({PAYMENTS: DRIFTED})}),
    "no-drift": ending(COMPARE, NOTHING),
    "destroyed": ending(DESTROY, done({SHOP: record(20, "deleted"), PAYMENTS: record(4, "kept")})),
    "progress": _display,
    "access": lambda console: outputs.show_access(console, EXPORTED),
    "outputs": lambda console: outputs.show(console, [PAYMENTS, ORG], {PAYMENTS: EXPORTED[PAYMENTS]}),
    "accounts": lambda console: accounts.show(console, _accounts(), values=False),
    "account": lambda console: accounts.show(console, _accounts()[:1], values=True),
    "audit": _audit,
    "doctor": lambda console: doctor.show(console, CHECKS),
    "graph": lambda console: console.print(as_text(STACKS), markup=False),
    "graph-reading": lambda console: console.print(as_reading(STACKS), markup=False),
    **FILE_SCENES,
}
