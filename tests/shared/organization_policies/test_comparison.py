"""What differs between two effective policies."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.organization_policies.comparison import Difference, differences

TAGS = {"tags": {"costcenter": {"tag_key": "CostCenter", "tag_value": ["A", "B"]}}}


def test_each_setting_that_differs_is_there_once_by_its_path() -> None:
    after = {
        "tags": {
            "costcenter": {"tag_key": "CostCenter", "tag_value": ["A"], "enforced_for": ["ec2:instance"]},
            "owner": {"tag_key": "Owner"},
        }
    }
    assert differences(TAGS, after) == [
        Difference("tags/costcenter/enforced_for", None, ["ec2:instance"]),
        Difference("tags/costcenter/tag_value", ["A", "B"], ["A"]),
        Difference("tags/owner/tag_key", None, "Owner"),
    ]


def test_the_order_of_values_is_no_difference() -> None:
    turned = {"tags": {"costcenter": {"tag_key": "CostCenter", "tag_value": ["B", "A"]}}}
    assert differences(TAGS, turned) == []


def test_a_list_without_values_is_not_the_same_as_no_list() -> None:
    before: dict[str, Any] = {"tags": {"key": {"tag_value": []}}}
    assert differences(before, {"tags": {"key": {}}}) == [
        Difference("tags/key", None, {}),
        Difference("tags/key/tag_value", [], None),
    ]


def test_a_plan_that_goes_is_there_setting_by_setting() -> None:
    plan = {"plans": {"Daily": {"regions": ["us-east-1"], "rules": {"daily": {"target_backup_vault_name": "V"}}}}}
    assert [(each.path, each.after) for each in differences(plan, {})] == [
        ("plans/Daily/regions", None),
        ("plans/Daily/rules/daily/target_backup_vault_name", None),
    ]


VALUES = st.text("abc", max_size=2) | st.lists(st.text("abc", max_size=2), max_size=3, unique=True)
DOCUMENTS = st.recursive(
    st.dictionaries(st.sampled_from("wxyz"), VALUES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("wxyz"), inner | VALUES, max_size=3),
    max_leaves=8,
)


@given(DOCUMENTS)
def test_nothing_differs_from_itself(document: dict[str, Any]) -> None:
    assert differences(document, document) == []


@given(DOCUMENTS, DOCUMENTS)
def test_the_way_back_is_the_way_turned_round(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = differences(before, after)
    assert differences(after, before) == [Difference(each.path, each.after, each.before) for each in found]
    assert [each.path for each in found] == sorted({each.path for each in found})
