"""What a run ends with."""

import io
from datetime import UTC, datetime

from rich.console import Console

from automation.events import Problem, Record, Resource
from automation.operations import DEPLOY
from automation.queue import Outcome, Status
from automation.reporting import summary
from automation.results import RunResult, StackResult
from automation.stacks import StackFailed
from shared.layers import ROOT, StackId
from tests.automation.test_events import step

ORG, IDENTITY, ONE, TWO = (
    StackId("org", "sandbox"),
    StackId("identity", "sandbox"),
    StackId("accounts", "sandbox", "one"),
    StackId("accounts", "sandbox", "two"),
)


def shown(*outcomes: Outcome[StackId, Record]) -> str:
    """The end of a run."""
    printed = io.StringIO()
    console = Console(file=printed, width=160, soft_wrap=True)
    results = tuple(map(StackResult.of, outcomes))
    now = datetime.now(UTC)
    summary.show(console, RunResult(DEPLOY, "sandbox", results, now, 2.0, 0, 1, "3.0.0", ROOT / ".runs/x", ROOT))
    return printed.getvalue()


def failed(stack: StackId, *problems: Problem) -> Outcome[StackId, Record]:
    """A stack that failed."""
    return Outcome(stack, Status.FAILED, error=StackFailed(problems), seconds=1.0)


def test_under_each_error_are_its_code_its_files_and_what_to_do() -> None:
    email = Resource(
        "urn:pulumi:sandbox.one::accounts::acme:accounts:MemberAccount$aws:organizations/account:Account::a"
    )
    throttled = "api error ThrottlingException: Rate exceeded"
    printed = shown(
        failed(IDENTITY, Problem(throttled, Resource("urn:pulumi:s::p::aws:iam/user:User::ada")), Problem(throttled)),
        failed(
            ONE, Problem("operation error Organizations: CreateAccount, api error InvalidInputException: no", email)
        ),
        failed(TWO, Problem("the program says it all")),
    )
    retry = "AWS was changing the organization or was asked too often at that moment; run this again"
    assert printed.startswith(
        f"""
identity failed (all of its output: .runs/x/identity.log)
  aws:iam/user:User ada: {throttled}
    AWS code  ThrottlingException
    to do     {retry}
  {throttled}
    AWS code  ThrottlingException

accounts/one failed (all of its output: .runs/x/accounts/one.log)
  {email}: operation error Organizations: CreateAccount, api error InvalidInputException: no
    AWS code  InvalidInputException
    look in   stacks/accounts/Pulumi.sandbox.one.yaml, stacks/accounts/member_account.py

accounts/two failed (all of its output: .runs/x/accounts/two.log)
  the program says it all

"""
    )


def test_a_line_a_stack_with_what_became_of_it() -> None:
    printed = shown(
        Outcome(ORG, Status.DONE, Record(same_inputs=True)),
        failed(IDENTITY, Problem("no")),
        Outcome(ONE, Status.SKIPPED, because=IDENTITY),
        Outcome(TWO, Status.CANCELLED),
    )
    table = printed[printed.index("  stack ") :]
    results = [
        line.strip().split("  ", 1) for line in table.splitlines() if line.startswith(("  org", "  id", "  acc"))
    ]
    assert [(label, " ".join(told.split())) for label, told in results] == [
        ("org", "unchanged (inputs)"),
        ("identity", "failed 1.0"),
        ("accounts/one", "skipped (identity failed)"),
        ("accounts/two", "cancelled"),
    ]
    assert "1 of 4 done" in table


def test_hundreds_of_stacks_that_were_not_run_get_one_line() -> None:
    accounts = [StackId("accounts", "sandbox", f"a{number:03}") for number in range(summary.SHOWN_SAME + 1)]
    same = [Outcome(stack, Status.DONE, Record(same_inputs=True)) for stack in accounts]
    assert "accounts/a000" in shown(*same[:-1])
    printed = shown(failed(ORG, Problem("no")), *same)
    assert "accounts/a000" not in printed
    assert f"{len(same)} stacks" in printed
    assert f"{len(same)} of {len(same) + 1} done" in printed
    assert [line for line in printed.splitlines() if line.startswith("  org ")]


def test_what_is_kept_in_aws_has_a_column_only_where_something_is() -> None:
    record = Record()
    kept = {"urn": "urn:1", "retainOnDelete": True}
    record.take(step("resOutputsEvent", "delete", "urn:1", old=kept))
    printed = shown(Outcome(ORG, Status.DONE, record), Outcome(ONE, Status.DONE, Record()))
    header, org, one, everything = (
        next(line.split() for line in printed.splitlines() if line.startswith(f"  {first} "))
        for first in ("stack", "org", "accounts/one", "all")
    )
    assert (header[-3:], org[1:], one[1:]) == (["kept", "unchanged", "seconds"], ["deployed", "1"], ["unchanged"])
    assert everything[-3:] == ["1", "0", "2.0"]
    assert "kept" not in shown(Outcome(ONE, Status.DONE, Record()))


def test_rules_that_only_warn_have_a_line_each_with_all_stacks() -> None:
    said = "aws:iam/role:Role x: permissionsBoundary is not set; allowed: the ARN of a boundary policy (rule boundary)"
    mine = Record(warnings=[said, said, "the engine warns of something else"])
    printed = shown(Outcome(ONE, Status.DONE, mine), Outcome(TWO, Status.DONE, Record(warnings=[said])))
    assert f"\nRules that only warn (policy_pack/settings.json)\n  {ONE.label}, {TWO.label}: {said}\n" in printed
    assert "something else" not in printed
    many = [StackId("accounts", "sandbox", f"a{number}") for number in range(5)]
    printed = shown(*(Outcome(each, Status.DONE, Record(warnings=[said])) for each in many))
    assert f"\n  accounts/a0, accounts/a1, accounts/a2 and 2 more: {said}\n" in printed
    assert "Rules that only warn" not in shown(Outcome(ONE, Status.DONE, Record()))
