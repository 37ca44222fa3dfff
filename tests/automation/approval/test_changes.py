"""What may differ between the approved operations and those that would be carried out."""

import pytest

from automation.approval.changes import differences, planned
from automation.events import Change, Resource
from automation.values import SECRET, UNKNOWN, PropertyChange

URN = "urn:pulumi:prod::accounts::aws:iam/role:Role::DeveloperRole"
NAME = "aws:iam/role:Role DeveloperRole"


def change(what: str, *, keeps_old: bool = False, **values: object) -> Change:
    found = tuple(PropertyChange(name.replace("_", "."), "old", new) for name, new in values.items())
    return Change(Resource(URN), what, (), found, keeps_old)


UPDATE = change("updated", tags_Owner="web", path="/")

CASES: dict[str, tuple[Change | None, Change | None, list[str]]] = {
    "the same": (UPDATE, UPDATE, []),
    "another value": (
        UPDATE,
        change("updated", tags_Owner="shop", path="/"),
        [f"{NAME}: tags.Owner would get another value than was approved"],
    ),
    "a property more": (
        UPDATE,
        change("updated", tags_Owner="web", path="/", description="x"),
        [f"{NAME}: description would change, which was not approved"],
    ),
    "a property less": (UPDATE, change("updated", path="/"), [f"{NAME}: tags.Owner was to change, and would not"]),
    "not any more": (UPDATE, None, [f"{NAME} was to be updated, and would not be"]),
    "something new": (None, change("deleted"), [f"{NAME} would be deleted, which was not approved"]),
    "another kind": (
        UPDATE,
        change("replaced", tags_Owner="web", path="/"),
        [f"{NAME} was to be updated, and would be replaced"],
    ),
    "the old one goes": (
        change("replaced", keeps_old=True, name="x"),
        change("replaced", name="x"),
        [f"{NAME} was to be replaced, and would be replaced"],
    ),
    "unknown, now known": (change("updated", policy=UNKNOWN), change("updated", policy="{}"), []),
    "unknown inside, now known": (change("updated", users=["ada", UNKNOWN]), change("updated", users=["eve"]), []),
    "unknown, now a part of it": (change("updated", tags=UNKNOWN), change("updated", tags_Owner="web"), []),
    "unknown, and nothing new": (change("updated", policy=UNKNOWN), None, []),
    "unknown, and only updated": (change("replaced", name=UNKNOWN), change("updated", name="x"), []),
    "unknown, and replaced": (
        change("updated", name=UNKNOWN),
        change("replaced", name="x"),
        [f"{NAME} was to be updated, and would be replaced"],
    ),
    "unknown, and another one": (
        change("updated", policy=UNKNOWN, path="/"),
        change("updated", policy="{}", path="/x/"),
        [f"{NAME}: path would get another value than was approved"],
    ),
    "unknown, and created no more": (
        change("created", policy=UNKNOWN),
        None,
        [f"{NAME} was to be created, and would not be"],
    ),
    "a longer name is no part": (
        change("updated", tags=UNKNOWN),
        change("updated", tagsAll="x"),
        [f"{NAME}: tagsAll would change, which was not approved"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_differences(case: str) -> None:
    before, now, expected = CASES[case]
    approved, found = (planned([each] if each else []) for each in (before, now))
    assert differences(approved, found) == expected


def test_no_value_is_in_a_plan() -> None:
    (found,) = planned([change("updated", email="ada@example.com", alias=SECRET)])
    assert "ada@example.com" not in found.model_dump_json()
