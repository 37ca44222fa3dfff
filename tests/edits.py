"""Random edits of an organization's configuration, as its platform team makes them, each valid."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import yaml

from automation import configuration
from shared.errors import ConfigError
from shared.layers import SANDBOX, discover
from stacks.policies.config import GUARDRAILS
from tests.configuration import SALT

REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-west-1")
COST_CENTERS = ("Development", "Testing", "Shared")
USERS = ("ada", "grace", "zoe", "linus", "radia", "barbara")


@dataclass
class Organization:
    """The configuration of every layer. `accounts` are the account files' keys without their prefix."""

    units: dict[str, str] = field(default_factory=lambda: {"Development": "Development"})
    users: list[str] = field(default_factory=lambda: ["ada", "grace"])
    backup: dict[str, Any] | None = None
    tags: dict[str, Any] = field(default_factory=dict)
    service_control: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0

    def files(self) -> dict[str, dict[str, Any]]:
        """Keys by file, relative to `stacks/`."""
        units = [
            key if name == key.rpartition("/")[2] else {"key": key, "name": name} for key, name in self.units.items()
        ]
        found: dict[str, dict[str, Any]] = {
            "org/Pulumi.sandbox.yaml": {"org:mode": "create", "org:organizationalUnits": units},
            "identity/Pulumi.sandbox.yaml": {"identity:users": self.users, "identity:forceDestroyUsers": True},
            "policies/Pulumi.sandbox.yaml": {
                "policies:backup": self.backup,
                "policies:tags": self.tags,
                "policies:serviceControl": self.service_control,
            },
        }
        for name, keys in self.accounts.items():
            found[f"accounts/Pulumi.sandbox.{name}.yaml"] = {f"accounts:{key}": keys[key] for key in keys}
        return found

    def write(self, root: Path) -> None:
        """Write the files of the environment `sandbox` that are not there yet or differ."""
        for name, keys in self.files().items():
            file = root / "stacks" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            document = {"config": {"aws:region": "us-west-2", **keys}, "encryptionsalt": SALT}
            # Through YAML once, so that no list is written as an alias of another.
            text = yaml.safe_dump(copy.deepcopy(document), sort_keys=False)
            if not file.exists() or file.read_text() != text:
                file.write_text(text)

    def children(self, unit: str) -> list[str]:
        """The OUs directly in `unit`; "" is the root."""
        return [key for key in self.units if key.rpartition("/")[0] == unit]

    def inside(self, unit: str) -> list[str]:
        """The accounts directly in `unit`."""
        return [name for name, keys in self.accounts.items() if keys["organizationalUnit"] == unit]


Edit = Callable[[Organization, Organization, Random], str | None]
"""Changes the first organization, of which the second is what is deployed; says what it did, or None if it cannot."""


def add_unit(now: Organization, before: Organization, pick: Random) -> str | None:
    if set(before.units) - set(now.units):  # a path in place of another is refused: it may be meant as a new name
        return None
    parents = ["", *(key for key in now.units if key.count("/") < 2)]
    parent = pick.choice(parents)
    now.made += 1
    key = f"{parent}/Unit{now.made}".removeprefix("/")
    now.units[key] = key.rpartition("/")[2]
    return f"OU {key} added"


def rename_unit(now: Organization, before: Organization, pick: Random) -> str | None:  # noqa: ARG001
    key = pick.choice(list(now.units))
    now.made += 1
    now.units[key] = pick.choice([f"Renamed {now.made}", key.rpartition("/")[2]])
    siblings = [now.units[other] for other in now.children(key.rpartition("/")[0])]
    return f"OU {key} named {now.units[key]}" if len(set(siblings)) == len(siblings) else None


def remove_unit(now: Organization, before: Organization, pick: Random) -> str | None:
    empty = [
        key
        for key in before.units
        if key in now.units and not now.children(key) and not now.inside(key) + before.inside(key)
    ]
    if not empty or len(now.units) == 1 or set(now.units) - set(before.units):
        return None
    key = pick.choice(empty)
    if before.children(key):
        return None
    del now.units[key]
    now.tags.pop(key, None)
    now.service_control.pop(key, None)
    if now.backup and key in now.backup["organizationalUnits"]:
        now.backup["organizationalUnits"].remove(key)
        if not now.backup["organizationalUnits"]:
            now.backup = None
    return f"OU {key} removed"


def add_account(now: Organization, before: Organization, pick: Random) -> str | None:  # noqa: ARG001
    if len(now.accounts) >= 6:  # each round runs all of them
        return None
    now.made += 1
    name = f"account-{now.made}"
    now.accounts[name] = {
        "name": f"Account{now.made}",
        "email": f"{name}@example.com",
        "organizationalUnit": pick.choice(list(now.units)),
        "tags": {"CostCenter": pick.choice(COST_CENTERS), "Owner": "a-team"},
    }
    return f"account {name} added"


def move_account(now: Organization, before: Organization, pick: Random) -> str | None:  # noqa: ARG001
    name = pick.choice(list(now.accounts))
    now.accounts[name]["organizationalUnit"] = unit = pick.choice(list(now.units))
    return f"account {name} moved to {unit}"


def tag_account(now: Organization, before: Organization, pick: Random) -> str | None:  # noqa: ARG001
    name = pick.choice(list(now.accounts))
    now.made += 1
    tags = {
        "CostCenter": pick.choice(COST_CENTERS),
        "Owner": f"team-{now.made}",
        "Stage": "one",
        "BackupType": "MONTHLY",
    }
    kept = pick.sample(["Stage", "BackupType"], pick.randint(0, 2))
    now.accounts[name]["tags"] = {key: tags[key] for key in ("CostCenter", "Owner", *kept)}
    return f"tags of account {name} are {now.accounts[name]['tags']}"


def set_account(now: Organization, before: Organization, pick: Random) -> str | None:  # noqa: ARG001
    name = pick.choice(list(now.accounts))
    now.made += 1
    contact = {"name": "Ada", "title": "Owner", "email": f"ada-{now.made}@example.com", "phone": "+1 555 0100"}
    settings: list[tuple[str, list[Any]]] = [
        ("encryptEbs", [True, False]),
        ("alias", [f"alias-{now.made}", None]),
        ("alternateContacts", [{"security": contact}, {"billing": contact, "operations": contact}, {}]),
        ("resourceNamesPrefix", [f"p{now.made}-", ""]),
    ]
    key, values = pick.choice(settings)
    now.accounts[name][key] = pick.choice(values)
    return f"{key} of account {name} is {now.accounts[name][key]}"


def change_users(now: Organization, before: Organization, pick: Random) -> str | None:  # noqa: ARG001
    now.users = pick.sample(USERS, pick.randint(1, len(USERS)))
    return f"users are {', '.join(now.users)}"


def change_backup(now: Organization, before: Organization, pick: Random) -> str | None:  # noqa: ARG001
    regions = pick.sample(REGIONS, pick.randint(2, 3))
    units = pick.sample(list(now.units), pick.randint(1, min(2, len(now.units))))
    on = {"organizationalUnits": units, "primaryRegions": regions[1:], "copyRegion": regions[0]}
    now.backup = pick.choice([on, on, None])
    return f"backup is {now.backup}"


def change_guardrails(now: Organization, before: Organization, pick: Random) -> str | None:  # noqa: ARG001
    unit = pick.choice(list(now.units))
    regions = pick.choice([None, list(REGIONS), list(REGIONS[:3])])
    rules = {"guardrails": pick.sample(GUARDRAILS, pick.randint(1, len(GUARDRAILS))), "allowedRegions": regions}
    if unit in now.service_control and pick.random() < 0.4:
        del now.service_control[unit]
    else:
        now.service_control[unit] = rules
    return f"guardrails of {unit} are {now.service_control.get(unit)}"


def change_tag_rules(now: Organization, before: Organization, pick: Random) -> str | None:  # noqa: ARG001
    unit = pick.choice(list(now.units))
    if unit in now.tags and pick.random() < 0.4:
        del now.tags[unit]
    else:
        now.tags[unit] = {"costCenters": pick.sample(COST_CENTERS, pick.randint(1, len(COST_CENTERS)))}
    return f"tag rules of {unit} are {now.tags.get(unit)}"


EDITS: tuple[Edit, ...] = (
    add_unit,
    rename_unit,
    remove_unit,
    add_account,
    move_account,
    tag_account,
    set_account,
    change_users,
    change_backup,
    change_guardrails,
    change_tag_rules,
)


def start() -> Organization:
    """The organization that the first deployment makes."""
    first = Organization(units={"Development": "Development", "Shared": "Shared"})
    first.backup = {"organizationalUnits": ["Development"], "primaryRegions": ["us-west-2"], "copyRegion": "us-east-1"}
    first.tags = {"Development": {"costCenters": ["Development", "Testing"]}}
    first.service_control = {"Development": {"allowedRegions": list(REGIONS)}}
    for name, unit, center in (("developer", "Development", "Development"), ("shared-test", "Shared", "Testing")):
        first.accounts[name] = {
            "name": f"{name.title().replace('-', '')}Account",
            "email": f"{name}@example.com",
            "organizationalUnit": unit,
            "tags": {"CostCenter": center, "Owner": "platform-team"},
        }
    return first


def edited(before: Organization, edits: list[tuple[Edit, int]], scratch: Path) -> tuple[Organization, list[str]]:
    """`before` after those of the edits that lead to a valid configuration, and what they did.

    The number of each edit decides about its details. The files are written to `scratch` to be checked.
    """
    now, said = before, []
    for edit, number in edits:
        after = copy.deepcopy(now)
        what = edit(after, before, Random(number))  # noqa: S311 - no secret
        if what is None:
            now.made = after.made
            continue
        after.write(scratch)
        try:
            configuration.check(discover(SANDBOX, scratch), scratch)
        except ConfigError:
            now.write(scratch)
            continue
        now = after
        said.append(what)
    return now, said
