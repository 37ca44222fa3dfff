"""All files of an adoption together: which of them can be written, and what is left out and why."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from automation.adoption import files, naming, placing
from automation.adoption.access import Access, without_role
from automation.adoption.center_settings import KEY, as_it_is
from automation.adoption.existing_files import missing_units, with_key, with_units
from automation.adoption.files import Draft, Target
from automation.adoption.part import Part
from automation.adoption.policy_texts import as_json, policy_draft, reads_as
from automation.adoption.snapshot import FoundPolicy, Snapshot
from automation.adoption.texts import same_keys
from automation.inventory.organization import Member
from shared.errors import ConfigError
from shared.layers import StackId
from shared.policy_files import FOLDER, PolicyFile
from shared.units import ROOT_UNIT


@dataclass
class Adoption:
    """What is written and imported.

    `members` are the accounts by their stack. `write` are the files that are not there yet, `change` those that get
    further OUs, `there` the labels of those that say the same already, and `kept` of those that say something else.
    `left` are lines about what is left out, and why, `staying` about what of IAM Identity Center is in no file; `notes`
    are what else a person should know.
    """

    part: Part
    members: dict[StackId, Member] = field(default_factory=dict)
    write: list[Draft] = field(default_factory=list)
    change: list[Draft] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    staying: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Policy:
    found: FoundPolicy
    name: str
    targets: list[str]
    may_break: bool = False


class Drafting:
    """Makes the files of `target`, and leaves out what this project cannot describe as it is.

    `keys` are those of the OUs, and `names` those of the accounts' stacks, by id.
    """

    def __init__(
        self, root: Path, target: Target, found: Snapshot, keys: Mapping[str, str], names: Mapping[str, str]
    ) -> None:
        self._root, self._target, self._found = root, target, found
        self._keys, self._names = keys, names

    def adoption(self, part: Part, access: Mapping[str, Access]) -> Adoption:
        """The files for the part. Raises `ConfigError` for what is wrong with files that are there."""
        made = Adoption(part)
        roles = sorted({each.role for each in access.values() if each.role})
        wanted = {unit: key for unit, key in self._keys.items() if unit in part.units}
        accounts: dict[str, tuple[Draft, Member]] = {}
        for member in part.members:
            if draft := self._account(made, member, access[member.id]):
                accounts[draft.label] = draft, member
        policies = self._policies(made, part)
        with tempfile.TemporaryDirectory() as folder:
            self._settle(made, Path(folder), roles, accounts, policies, wanted)
        for _draft, member in accounts.values():
            made.members[StackId("accounts", self._target.environment, self._names[member.id])] = member
        return made

    def _layers(
        self,
        made: Adoption,
        roles: list[str],
        accounts: Mapping[str, tuple[Draft, Member]],
        wanted: Mapping[str, str],
        why_not: str | None,
    ) -> list[Draft]:
        """The files of the layers that have one each, IAM Identity Center with the `accounts` unless `why_not`."""
        names = {member.id: self._names[member.id] for _, member in accounts.values()}
        center = as_it_is(self._found, names, self._target.region, why_not)
        made.staying = center.staying
        return [
            files.org_file(self._target, self._found, wanted),
            files.identity_file(self._target, self._found, roles, center.setting),
            files.policies_file(self._target, roles),
        ]

    def _account(self, made: Adoption, member: Member, access: Access) -> Draft | None:
        called = f"account {member.name} ({member.id})"
        if access.role is None:
            made.left.append(f"{called}: {without_role(self._found.management)}")
            return None
        if member.name != member.name.strip():
            made.left.append(f"{called}: its name begins or ends with a space, which no file can say")
            return None
        if access.taken:
            made.notes.append(
                f"{called} has {' and '.join(access.taken)} already, which this project makes: its deployment will "
                "stop there and say how to import them"
            )
        name, unit = self._names[member.id], self._keys.get(member.unit.id, ROOT_UNIT)
        return files.account_file(self._target, name, member, self._found, unit, access.role)

    def _policies(self, made: Adoption, part: Part) -> dict[str, _Policy]:
        """The policies of the part, by id. Those that are attached elsewhere, too, wait for the whole."""
        inside = {*part.units, *(each.id for each in part.members)}
        root = self._found.organization.root.id
        called = naming.policy_files(self._found.policies)
        found: dict[str, _Policy] = {}
        names: dict[str, FoundPolicy] = {}
        for policy in sorted(self._found.policies, key=lambda each: (each.name, each.type, each.id)):
            if not part.whole and not (policy.targets and inside.issuperset(policy.targets)):
                continue
            first = names.setdefault(policy.name, policy)
            if first is not policy:
                made.left.append(
                    f"policy {policy.name} ({policy.id}), {policy.type}, has the name of {first.id}, {first.type}: "
                    "allowed here: a name that no other policy has"
                )
            elif policy.description != policy.description.strip() or policy.name != policy.name.strip():
                made.left.append(
                    f"policy {policy.name} ({policy.id}): its name or description begins or ends with white space, "
                    "which no file can say"
                )
            else:
                ids = [*self._keys, *(each for each in policy.targets if each not in self._keys)]
                ordered = [each for each in ids if each in policy.targets]
                targets = [ROOT_UNIT if each == root else self._keys.get(each, each) for each in ordered]
                name = called[policy.id]
                found[policy.id] = _Policy(policy, name, sorted(targets), self._may_break(name))
        return found

    def _may_break(self, name: str) -> bool:
        """Whether an earlier adoption, or a person, has let the policy be."""
        folder = self._root / FOLDER / self._target.environment
        try:
            found = [PolicyFile(file, file.name).read() for file in folder.glob(f"{name}.*")]
        except ConfigError:
            return False  # the check of the files reports it
        return any(each.get("mayBreakDeployment") is True for each in found)

    def _settle(
        self,
        made: Adoption,
        place: Path,
        roles: list[str],
        accounts: dict[str, tuple[Draft, Member]],
        policies: dict[str, _Policy],
        wanted: Mapping[str, str],
    ) -> None:
        """Leave out accounts and policies until the checks of a run have nothing against the files in `place`."""
        why_not = None if made.part.whole else "it is adopted with the whole organization"
        while True:
            by_label = self._policy_drafts(made, policies, place)
            layers = self._layers(made, roles, accounts, wanted, why_not)
            drafts = [*layers, *(draft for draft, _ in accounts.values()), *(draft for draft, _ in by_label.values())]
            made.write, made.change, made.there, made.kept = [], [], [], []
            for draft in drafts:
                self._place(made, draft, wanted)
            placing.copy_configuration(self._root, place, self._target.environment)
            for draft in (*made.write, *made.change):
                placing.try_out(place, draft)
            problems = placing.problems(self._target.environment, place)
            if not problems:
                return
            if self._left_out(made, problems, accounts, policies, by_label):
                continue
            wrong = next((each for each in problems if KEY in each), None)
            if why_not or not wrong:
                raise ConfigError(problems)
            why_not = wrong

    def _policy_drafts(self, made: Adoption, policies: dict[str, _Policy], place: Path) -> dict[str, tuple[Draft, str]]:
        """Label → the draft of each policy and its id."""
        found = {}
        for identity, each in list(policies.items()):
            arguments = (each.found, each.name, each.targets)
            try:
                draft = policy_draft(self._target.environment, *arguments, may_break=each.may_break)
            except ValueError as problem:
                made.left.append(f"policy {each.found.name} ({identity}): {problem}")
                del policies[identity]
                continue
            if not reads_as(placing.try_out(place, draft), each.found):
                draft = as_json(draft, *arguments, may_break=each.may_break)
            found[draft.label] = draft, identity
        return found

    def _place(self, made: Adoption, draft: Draft, wanted: Mapping[str, str]) -> None:
        """Whether a draft is written, or is there."""
        file = self._root / draft.path
        if not file.exists():
            made.write.append(draft)
            return
        text = file.read_text()
        if same_keys(text, draft.text):
            made.there.append(draft.label)
            return
        more = (
            missing_units(text, files.units_entries(self._found, wanted))
            if draft.label.startswith("stacks/org/")
            else []
        )
        setting = (yaml.safe_load(draft.text).get("config") or {}).get(KEY)
        added = with_key(text, KEY, files.center_key(setting)) if setting else None
        if more:
            made.change.append(Draft(draft.path, with_units(draft.label, text, more)))
        elif added:
            made.change.append(Draft(draft.path, added))
        else:
            made.kept.append(draft.label)

    def _left_out(
        self,
        made: Adoption,
        problems: list[str],
        accounts: dict[str, tuple[Draft, Member]],
        policies: dict[str, _Policy],
        drafts: Mapping[str, tuple[Draft, str]],
    ) -> bool:
        """Leave out what there are problems with; whether that was anything. A file that is kept is not left out."""
        written = {each.label for each in made.write}
        changed = False
        for problem in problems:
            label, _, why = problem.partition(": ")
            if label not in written:
                continue
            if label in accounts:
                _, member = accounts.pop(label)
                made.left.append(f"account {member.name} ({member.id}): {why}")
                changed = True
            elif label in drafts and (identity := drafts[label][1]) in policies:
                policy = policies[identity]
                if "mayBreakDeployment" in why and not policy.may_break:
                    policy.may_break = True
                    made.notes.append(f"{label} has mayBreakDeployment: true, because {why.partition('; allowed')[0]}")
                else:
                    made.left.append(f"policy {policy.found.name} ({identity}): {why}")
                    del policies[identity]
                changed = True
        return changed


def known_accounts(environment: str, root: Path) -> dict[str, tuple[str, str | None]]:
    """Address in lower case → the name and the access role of each account that has a file."""
    found: dict[str, tuple[str, str | None]] = {}
    prefix = f"Pulumi.{environment}."
    for file in sorted(root.glob(f"stacks/accounts/{prefix}*.yaml")):
        try:
            config = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
        except (yaml.YAMLError, AttributeError):
            continue  # the check of the files reports it
        email, role = config.get("accounts:email"), config.get("accounts:accessRoleName")
        if isinstance(email, str):
            name = file.name.removeprefix(prefix).removesuffix(".yaml")
            found[email.lower()] = name, role if isinstance(role, str) else None
    return found
