"""Whatever is given as a policy: it is accepted or refused with a reason, and what is accepted can be merged."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.organization_policies.comparison import differences
from shared.organization_policies.completeness import effective_problems
from shared.organization_policies.inheritance import effective_policy
from shared.organization_policies.syntax import MalformedPolicy, check_content
from shared.organization_policies.types import BY_KEY, POLICY_TYPES
from tests.shared.organization_policies.examples import of_type

GOOD = {key: [json.loads(path.read_text()) for path in of_type(key, "good")] for key in BY_KEY}
CONTROL = "@@operators_allowed_for_child_policies"
NAMES = st.sampled_from(["@@assign", "@@append", "@@remove", CONTROL, "tags", "default", "us-east-1", "", "Sid", "é"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def places(element: Any, where: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything in a document."""
    if isinstance(element, dict):
        inner = list(element.items())
    else:
        inner = list(enumerate(element)) if isinstance(element, list) else []
    return [where, *(found for key, value in inner for found in places(value, (*where, key)))]


@st.composite
def changed(draw: Any) -> tuple[str, Any]:
    """A policy type, and a good example of it with some of its elements changed, added or taken away."""
    key = draw(st.sampled_from(sorted(BY_KEY)))
    document = copy.deepcopy(draw(st.sampled_from(GOOD[key])))
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.sampled_from(places(document)))
        if not where:
            continue
        parent = document
        for step in where[:-1]:
            parent = parent[step]
        how = draw(st.sampled_from(["change", "add", "remove"]))
        if how == "change":
            parent[where[-1]] = draw(VALUES)
        elif how == "add" and isinstance(parent, dict):
            parent[draw(NAMES)] = draw(VALUES)
        else:
            del parent[where[-1]]
    return BY_KEY[key].name, document


@settings(max_examples=400)
@given(changed(), st.data())
def test_a_changed_policy_is_refused_with_a_reason_or_can_be_merged(case: tuple[str, Any], data: Any) -> None:
    kind, document = case
    try:
        check_content(kind, json.dumps(document))
    except MalformedPolicy as error:
        assert "; allowed: " in str(error)  # noqa: PT017 - or nothing is raised
        return
    if POLICY_TYPES[kind].inherits:
        other = data.draw(st.sampled_from(GOOD[POLICY_TYPES[kind].key]))
        found = effective_policy([[document], [other, document]])
        assert not any(str(step).startswith("@@") for place in places(found) for step in place)
        effective_problems(kind, found)
        differences(effective_policy([[other]]), found)


@given(st.sampled_from(sorted(POLICY_TYPES)), VALUES)
def test_any_json_is_accepted_or_refused_with_a_reason(kind: str, document: Any) -> None:
    try:
        check_content(kind, json.dumps(document))
    except MalformedPolicy as error:
        assert "; allowed: " in str(error)  # noqa: PT017 - or nothing is raised
    else:
        assert not POLICY_TYPES[kind].checked


@pytest.mark.parametrize("kind", POLICY_TYPES)
@pytest.mark.parametrize(
    "text", ["[" * 9000, '{"a":' * 1900 + "1" + "}" * 1900, '{"a":' * 900 + "{}" + "}" * 900, "\ud800"]
)
def test_content_that_is_nested_too_deep(kind: str, text: str) -> None:
    with pytest.raises(MalformedPolicy):
        check_content(kind, text)
