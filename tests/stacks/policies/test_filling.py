"""Places for parameters in the content of a policy."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.policies.filling import UnknownPlace, fill, places

VALUES: dict[str, Any] = {"one": "a", "two": ["x", "y"], "none": [], "single": ["z"]}


@pytest.mark.parametrize(
    ("content", "filled"),
    [
        ("${one}", "a"),
        ("-${one}-${one}", "-a-a"),
        ({"k": "${two}"}, {"k": ["x", "y"]}),
        ({"k": "arn:${two}:${one}"}, {"k": ["arn:x:a", "arn:y:a"]}),
        ({"k": "${single}"}, {"k": ["z"]}),
        (["b", "${two}", "${one}"], ["b", "x", "y", "a"]),
        ([["${two}"]], [["x", "y"]]),
        ({"${two}:aud": "true"}, {"x:aud": "true", "y:aud": "true"}),
        ({"k": "${two}${single}"}, {"k": ["xz", "yz"]}),
        # What only an empty list leaves empty is left out; what is empty by itself stays.
        ({"a": {"b": "${none}"}, "c": 1}, {"c": 1}),
        ({"a": {"${none}:aud": "true"}, "c": 1}, {"c": 1}),
        ({"a": ["${none}"], "b": [], "c": {}}, {"b": [], "c": {}}),
        (["${none}", "b"], ["b"]),
        # AWS's own variables.
        ("${aws:PrincipalOrgID} $account ${*} ${?} ${$}", "${aws:PrincipalOrgID} $account ${*} ${?} ${$}"),
        ("${organizationId}", "${organizationId}"),
        ({"k": True, "n": 5, "x": None}, {"k": True, "n": 5, "x": None}),
    ],
)
def test_every_place_is_filled(content: Any, filled: Any) -> None:
    assert fill(content, VALUES) == filled


def test_an_unknown_place_is_named_with_where_it_is() -> None:
    with pytest.raises(UnknownPlace) as error:
        fill({"a": [{"b": "x${other}"}]}, VALUES)
    assert (error.value.path, error.value.name) == ("a.0.b", "other")


def test_places_are_found_in_keys_and_values() -> None:
    assert places({"${a}": ["${b}", {"c": "${d}${aws:x}"}]}) == {"a", "b", "d"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab:*$", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=3), inner, max_size=3),
)


@given(JSON)
def test_content_without_places_stays_as_it_is(content: Any) -> None:
    assert fill(content, {}) == content
