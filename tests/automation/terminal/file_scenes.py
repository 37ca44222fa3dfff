"""What is printed about configuration files: those with mistakes, what a key means, what an adoption would write."""

import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from rich.console import Console

from automation import validation
from automation.adoption import command as adoption
from automation.adoption import naming
from automation.adoption.access import Access
from automation.adoption.drafts import Drafting
from automation.adoption.files import Target
from automation.adoption.part import choose_part
from automation.adoption.snapshot import FoundPolicy, Snapshot
from automation.inventory.identities import Identities, Principal
from automation.inventory.organization import Member, Organization, Unit
from automation.schemas.explain import explain
from tests.configuration import MANAGEMENT_ACCOUNT, write_production, write_sandbox

_MISTAKES = {
    "org/Pulumi.sandbox.yaml": ("org:mode: create", "org:mode: creat\n  org:mode: create"),
    "accounts/Pulumi.prod.developer.yaml": (
        "accounts:email: developer-account@example.com",
        "accounts:emial: developer-account@example.com\n  accounts:allowedRegions: [eu-central-1, eu-west-9]",
    ),
    "identity/Pulumi.prod.yaml": ("identity:forceDestroyUsers: true", "identity:forceDestroyUsers: 'yes'"),
}


@cache
def _problems() -> dict[str, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        root = write_production(write_sandbox(Path(folder)))
        for name, (old, new) in _MISTAKES.items():
            file = root / "stacks" / name
            text = file.read_text()
            assert old in text
            file.write_text(text.replace(old, new))
        return {name: validation.problems_of(name, root) for name in ("prod", "sandbox")}


def _validated(console: Console) -> None:
    validation.show(console, _problems())
    with tempfile.TemporaryDirectory() as folder:
        validation.show(console, {"sandbox": []}, write_sandbox(Path(folder)))


def _found() -> Snapshot:
    root = Unit("r-ab12", "")
    workloads = Unit("ou-ab12-workload", "Workloads", root.within)
    europe = Unit("ou-ab12-wleurope", "Workloads/Production Europe", workloads.within)
    members = (
        Member("111122223333", "Payments Platform Production Europe", "payments-prod@example.com", europe),
        Member("444455556666", "Web Shop", "web-shop@example.com", workloads),
        Member("777788889999", "Acquired Company", "root@acquired.example", root),
        Member("222233334444", "Old Trial", "trial@example.com", root, "SUSPENDED"),
    )
    statement = {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
    content = json.dumps({"Version": "2012-10-17", "Statement": statement})
    policy = FoundPolicy("p-ab12cd34", "no-leaving", "SERVICE_CONTROL_POLICY", "", content, (root.id,))
    organization = Organization(
        "o-tcggw5r0dn",
        root,
        (workloads, europe),
        members,
        (),
        ("cloudtrail.amazonaws.com", "sso.amazonaws.com"),
        (("111122223333", "securityhub.amazonaws.com"),),
    )
    return Snapshot(
        organization,
        MANAGEMENT_ACCOUNT,
        "eu-central-1",
        types=("SERVICE_CONTROL_POLICY",),
        policies=(policy,),
        identities=Identities(users=(Principal("bob"), Principal("eve"))),
    )


def _adopted(console: Console) -> None:
    found = _found()
    keys, names = naming.unit_keys(found.organization), naming.stack_names(found.members, {})
    roles = {"777788889999": Access(None)}
    access = {each.id: roles.get(each.id, Access("OrganizationAccountAccessRole")) for each in found.members}
    target = Target("prod", found.region, MANAGEMENT_ACCOUNT, "`invoke adopt --env prod`")
    with tempfile.TemporaryDirectory() as folder:
        made = Drafting(Path(folder), target, found, keys, names).adoption(
            choose_part(found, keys, names, account=None, unit=None), access
        )
    adoption.show(console, "prod", found, made)


FILE_SCENES: dict[str, Callable[[Console], None]] = {
    "validate": _validated,
    "explain": lambda console: console.print(explain("accounts:budget.monthlyAmount"), markup=False),
    "explain-layer": lambda console: console.print(explain("accounts"), markup=False),
    "adopt": _adopted,
}
