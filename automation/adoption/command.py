"""`invoke adopt --env NAME`: reads an organization, says what it would write and import, and does it once agreed to.

In AWS nothing is changed. It can be stopped and repeated: files that are there stay, and so does what is imported.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from rich.console import Console

from automation import aws, operations
from automation.adoption import naming, placing
from automation.adoption.access import read_access
from automation.adoption.drafts import Adoption, Drafting, known_accounts
from automation.adoption.files import Target
from automation.adoption.importing import import_all
from automation.adoption.part import choose_part
from automation.adoption.snapshot import Snapshot, read_snapshot
from automation.adoption.staying import staying
from automation.asking import answer
from automation.environments import environment as environment_of
from automation.results import RunResult
from automation.runs import open_run, ready_engine
from automation.stack_files import organization_file
from shared.errors import UsageError
from shared.layers import ROOT, StackId, check_name
from shared.policy_documents.roles import DEVELOPERS_GROUP
from shared.settings.checks import check_region, counted


def adopt(
    name: str,
    console: Console,
    *,
    account: str | None = None,
    unit: str | None = None,
    region: str | None = None,
    profile: str | None = None,
    secrets_provider: str | None = None,
    yes: bool = False,
    interactive: bool = False,
    wait: bool = False,
    root: Path = ROOT,
) -> int:
    """Adopt the organization of the credentials as the environment `name`; returns the exit code.

    `account` or `unit` name a part of it. `profile` is the AWS profile of the stacks, `region` their region and
    `secrets_provider` Pulumi's, those of the organization's file unless given, or else the region of the credentials.
    Without `yes` or an answer of the user, nothing is written. Raises `shared.errors.UserError`.
    """
    check_name("environment", name)
    where = environment_of(name, root)
    ready_engine(where, root, partial(print, file=sys.stderr, flush=True))
    of_org, there_provider = organization_file(name, root)
    there_region, there_profile = of_org.get("aws:region"), of_org.get("aws:profile")
    if profile and of_org and there_profile != profile:
        raise UsageError(
            f"--profile is {profile!r}, and aws:profile in {StackId('org', name).config_label} is {there_profile!r}; "
            "allowed: the same, or no --profile"
        )
    with aws.with_profile(profile):
        found = read_snapshot(name, root, DEVELOPERS_GROUP)
    profile = profile or (there_profile if isinstance(there_profile, str) else None)
    target = Target(
        name,
        region or (there_region if isinstance(there_region, str) else None) or found.region,
        found.management,
        f"`invoke adopt --env {name}` from organization {found.organization.id}",
        secrets_provider or there_provider,
        profile,
    )
    check_region(target.region, "--region")
    with aws.with_profile(profile):
        adoption = _plan(name, root, target, found, account=account, unit=unit)
    show(console, name, found, adoption)
    if not yes and not (
        interactive and answer(f"Write these files and import this into {name}? [y/N] ") in {"y", "yes"}
    ):
        console.print(
            "Nothing was written or imported. To do it: the same with --yes, or in a terminal. AWS is only read.",
            markup=False,
        )
        return 0
    for draft in (*adoption.write, *adoption.change):
        placing.write(root, draft)
    code, stacks = _import(name, console, root, found, adoption, wait=wait)
    if code:
        console.print(f"What was imported stays. To go on: invoke adopt --env {name} again", markup=False)
        return code
    run, chosen = open_run(name, partial(_those, stacks), console, root)
    preview = operations.previewed(run, chosen, force=True)
    _list(console, "This project would change of what exists", _changes(preview))
    return preview.exit_code


def _plan(name: str, root: Path, target: Target, found: Snapshot, *, account: str | None, unit: str | None) -> Adoption:
    keys = naming.unit_keys(found.organization)
    known = known_accounts(name, root)
    names = naming.stack_names(found.members, {email: stack for email, (stack, _) in known.items()})
    part = choose_part(found, keys, names, account=account, unit=unit)
    emails = {each.id: each.email.lower() for each in part.members}
    roles = {id_: role for id_, email in emails.items() if (role := known.get(email, ("", None))[1])}
    access = read_access(name, part.members, root, roles)
    return Drafting(root, target, found, keys, names).adoption(part, access)


def show(console: Console, name: str, found: Snapshot, adoption: Adoption) -> None:
    """Print what an adoption would write and import, what it leaves out, and what stays as it is."""
    say = partial(console.print, markup=False)
    part = adoption.part
    say(
        f"Organization {found.organization.id} of management account {found.management}: "
        f"{counted(len(found.organization.units), 'OU')}, {counted(len(found.organization.members), 'account')}, "
        f"{len(found.policies)} {'policy' if len(found.policies) == 1 else 'policies'} that AWS does not manage"
    )
    if not part.whole:
        units, accounts = counted(len(part.units), "OU"), counted(len(part.members), "account")
        say(f"Of that: {units}, with those above, and {accounts}")
    _list(console, "To write", (each.label for each in adoption.write))
    _list(console, "To be given what it lacks, of OUs or IAM Identity Center", (each.label for each in adoption.change))
    _list(console, "There already, as it would be written", adoption.there)
    _list(console, "There already and different: it is not written again, and goes", adoption.kept)
    _list(console, "Left out", dict.fromkeys(adoption.left))
    _list(console, "Closed, and left out", (f"account {each.name} ({each.id}), {each.state}" for each in found.closed))
    _list(
        console,
        "Stays as it is: in no stack, and nothing of this project touches it",
        [*staying(found), *adoption.staying],
    )
    _list(console, "To know", dict.fromkeys(adoption.notes))
    stacks = [*(layer.label for layer in _layers(name)), *sorted(each.label for each in adoption.members)]
    _list(console, f"To import, of what is in AWS, into {len(stacks)} stacks", [", ".join(stacks)])


def _list(console: Console, title: str, lines: Iterable[str]) -> None:
    found = list(lines)
    if found:
        console.print(f"{title}:", markup=False)
    for line in found:
        console.print(f"  {line}", markup=False)


def _layers(name: str) -> list[StackId]:
    return [StackId(layer, name) for layer in ("org", "identity", "policies")]


def _those(wanted: Iterable[StackId], stacks: Iterable[StackId]) -> list[StackId]:
    return [each for each in stacks if each in set(wanted)]


def _import(
    name: str, console: Console, root: Path, found: Snapshot, adoption: Adoption, *, wait: bool
) -> tuple[int, set[StackId]]:
    wanted = {*_layers(name), *adoption.members}
    run, chosen = open_run(name, partial(_those, wanted), console, root, wait=wait)
    differing = [each for each in chosen if each.config_label in adoption.kept]
    return import_all(run, chosen, found, adoption.members, differing), wanted


def _changes(preview: RunResult) -> list[str]:
    """What a deployment would do to what is there."""
    return [
        f"{result.stack.label}: {each.what} {each.resource}: {', '.join(each.properties)}"
        for result in preview.stacks
        for each in result.record.changes
        if each.what != "created"
    ]
