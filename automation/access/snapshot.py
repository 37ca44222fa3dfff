"""The documents of an organization as plain data, at one moment: deployed, or planned.

A reader (such as a page over it) takes `Snapshot.accounts`, the management account first; `Snapshot.levels` has the
policies in force on the way to an account; `Account.roles` and `Account.users` have what decides on the caller's side.
Everything is frozen and can be compared; `Snapshot.to_json` makes JSON of all of it.

    before, after = documents.snapshot_of(deployed), documents.snapshot_of(planned)
    for account in after.accounts:
        print(account.name, [policy.name for level in after.levels(account, SERVICE_CONTROL) for policy in level])
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from shared.policy_evaluation import evaluation
from shared.policy_evaluation.statements import Document, parsed

ROOT = ""
"""The path of the organization's root, as a place of accounts and as a target of policies."""

SERVICE_CONTROL, RESOURCE_CONTROL = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
TAG, BACKUP = "TAG_POLICY", "BACKUP_POLICY"
IDENTITY, BOUNDARY, TRUST = evaluation.IDENTITY, evaluation.BOUNDARY, evaluation.TRUST
KINDS = {SERVICE_CONTROL: evaluation.SERVICE_CONTROL, RESOURCE_CONTROL: evaluation.RESOURCE_CONTROL}


@dataclass(frozen=True)
class Policy:
    """A policy document. `kind` is AWS's type of an organization's policy, else `IDENTITY`, `BOUNDARY` or `TRUST`.

    `text` is its JSON with sorted keys, so that equal documents are equal. `source` is the stack that has it.
    """

    name: str
    kind: str
    text: str
    source: str = ""

    @classmethod
    def of(cls, name: str, kind: str, document: Mapping[str, Any] | str, source: str = "") -> Policy:
        """A policy from a document or its JSON. Raises `ValueError`."""
        found = json.loads(document) if isinstance(document, str) else document
        return cls(name, kind, json.dumps(found, sort_keys=True), source)

    @property
    def document(self) -> Document:
        """The document, parsed; not to be changed."""
        return parsed(self.text)


@dataclass(frozen=True)
class Role:
    """A role of an account. `session` says in seconds how long its sessions may last, None for AWS's default.

    `groups` are those of IAM Identity Center that have it, if it is the role of a permission set.
    """

    name: str
    arn: str
    trust: Policy
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: int | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class User:
    """An IAM user; `policies` are its own and those of its groups."""

    name: str
    arn: str
    groups: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None


@dataclass(frozen=True)
class Account:
    """An account. `name` is what it is called here, `title` what AWS calls it, `unit` the path of its OU."""

    name: str
    id: str
    title: str = ""
    unit: str = ROOT
    management: bool = False
    access_role: str | None = None
    """The administrator's role that AWS made with the account."""
    roles: tuple[Role, ...] = ()
    users: tuple[User, ...] = ()

    def role(self, name: str) -> Role | None:
        """The role of that name, in whatever case."""
        return next((each for each in self.roles if each.name.lower() == name.lower()), None)

    def user(self, name: str) -> User | None:
        """The user of that name, in whatever case."""
        return next((each for each in self.users if each.name.lower() == name.lower()), None)


@dataclass(frozen=True)
class Snapshot:
    """The documents of an organization.

    `units` maps the path of an OU to its id; what is not made yet has a placeholder as its id, the same each time.
    `attached` maps a target, which is `ROOT`, the path of an OU or the name of an account, to its policies. `unread`
    names what decides and is not in the documents, such as a policy of AWS that could not be read.
    """

    organization: str = ""
    root: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    accounts: tuple[Account, ...] = ()
    attached: Mapping[str, tuple[Policy, ...]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    without_full_access: frozenset[str] = frozenset()
    """The targets from which AWS's `FullAWSAccess` was detached."""

    @property
    def management(self) -> Account | None:
        """The management account; None while nothing is known of it."""
        return next((each for each in self.accounts if each.management), None)

    @property
    def members(self) -> tuple[Account, ...]:
        """The member accounts."""
        return tuple(each for each in self.accounts if not each.management)

    def account(self, name: str) -> Account | None:
        """The account with that name here, in AWS, or with that id."""
        return self._by_name.get(name)

    @property
    def targets(self) -> Mapping[str, str]:
        """The id of each target of policies by its name: the root, the OUs and the member accounts."""
        root = {ROOT: self.root} if self.root else {}
        return {**root, **self.units, **{each.name: each.id for each in self.members}}

    def path(self, account: Account) -> tuple[str, ...]:
        """The targets on the way to an account: the root, each OU, the account."""
        parts = account.unit.split("/") if account.unit else []
        return (ROOT, *("/".join(parts[: n + 1]) for n in range(len(parts))), account.name)

    def levels(self, account: Account, kind: str) -> tuple[tuple[Policy, ...], ...]:
        """The policies of one type on the way to an account, a tuple for each level."""
        return tuple(
            tuple(policy for policy in self.attached.get(target, ()) if policy.kind == kind)
            for target in self.path(account)
        )

    def org_path(self, account: Account) -> str:
        """The account's path as the condition key aws:PrincipalOrgPaths has it."""
        return "/".join(
            [self.organization, self.root, *(self.units.get(each, each) for each in self.path(account)[1:-1]), ""]
        )

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON has it; documents as objects."""
        found: dict[str, Any] = _plain(asdict(self))
        return found

    @cached_property
    def _by_name(self) -> Mapping[str, Account]:
        found: dict[str, Account] = {}
        for key in ("title", "id", "name"):
            found |= {str(getattr(each, key)): each for each in self.accounts}
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        found = {key: _plain(inner) for key, inner in value.items()}
        if "text" in found and "kind" in found:
            found["document"] = json.loads(found.pop("text"))
        return found
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(each) for each in value] if isinstance(value, Sequence) and not isinstance(value, str) else value
