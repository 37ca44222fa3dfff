"""Tags that an account need not have."""

import pytest

from stacks.accounts.checks import tag_problems


@pytest.mark.parametrize(
    ("tags", "problems"),
    [
        ({}, []),
        ({"Team": "Web", "Other": "x"}, []),
        ({"Team": "Data-1"}, []),
        ({"Team": "web"}, ["accounts:tags.Team is 'web'; the OU allows: Web, Data*"]),
        ({"team": "Web"}, ["accounts:tags.team is spelled wrongly; allowed: Team"]),
        ({"Old": "x"}, ["accounts:tags.Old is 'x'; the OU allows: no value"]),
    ],
)
def test_what_is_there_has_to_be_right(tags: dict[str, str], problems: list[str]) -> None:
    assert tag_problems(tags, {"Team": ["Web", "Data*"], "Old": []}, required=False) == problems
