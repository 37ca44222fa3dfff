"""The example policies of every type: the good ones are accepted, the bad ones are refused for their reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.organization_policies.limits import LIMITS
from shared.organization_policies.syntax import SCHEMAS, MalformedPolicy, check_content
from shared.organization_policies.types import BY_KEY, POLICY_TYPES
from tests.shared.organization_policies.examples import examples, name, of_type, reason


def type_of(path: Path) -> str:
    return BY_KEY[path.parent.name].name


@pytest.mark.parametrize("key", BY_KEY)
def test_every_type_has_examples(key: str) -> None:
    assert len(of_type(key, "good")) >= 3
    assert len(of_type(key, "bad")) >= 5


@pytest.mark.parametrize("path", examples("good"), ids=name)
def test_a_good_one(path: Path) -> None:
    check_content(type_of(path), path.read_text())
    assert len(path.read_text()) <= LIMITS[type_of(path)].max_characters


@pytest.mark.parametrize("path", examples("bad"), ids=name)
def test_a_bad_one_says_where_and_what_is_allowed(path: Path) -> None:
    with pytest.raises(MalformedPolicy) as error:
        check_content(type_of(path), path.read_text())
    assert reason(path) in str(error.value)
    assert "; allowed: " in str(error.value)


@pytest.mark.parametrize("path", [path for path in examples("good") if POLICY_TYPES[type_of(path)].inherits], ids=name)
def test_an_element_that_no_type_has_is_refused_wherever_it_is(path: Path) -> None:
    document = json.loads(path.read_text())
    for where in groups(document, ()):
        changed = json.loads(path.read_text())
        element = changed
        for step in where:
            element = element[step]
        element["not/an element"] = {"@@set": "value"}
        with pytest.raises(MalformedPolicy) as error:
            check_content(type_of(path), json.dumps(changed))
        assert str(error.value).startswith("the policy has" if not where and checked(path) else "/".join((*where, "")))


def checked(path: Path) -> bool:
    return POLICY_TYPES[type_of(path)].checked


def groups(element: dict[str, Any], where: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The paths of the elements that have elements of their own."""
    inner = {key: value for key, value in element.items() if isinstance(value, dict)}
    below = [found for key, value in inner.items() for found in groups(value, (*where, key))]
    return [where, *below] if inner or not where else below


def test_the_types_that_are_checked_are_those_with_a_schema() -> None:
    assert set(SCHEMAS) == {name for name, each in POLICY_TYPES.items() if each.inherits and each.checked}
