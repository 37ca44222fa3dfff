"""The tables of docs/policies.md say what there is. `python -m tests.stacks.policies.test_docs` writes them."""

import re

import yaml

from shared.layers import ROOT
from shared.organization_policies.limits import LIMITS
from shared.organization_policies.types import POLICY_TYPES
from shared.settings.base import parse
from stacks.policies.config import PoliciesConfig
from stacks.policies.documents import BUILT_IN
from stacks.policies.files import library, library_paths
from stacks.policies.parameters import TYPES

DOCUMENT = ROOT / "docs/policies.md"


def library_table() -> str:
    """A row for each policy of the library."""
    rows = ["| file | what it does | parameters (default) |", "| --- | --- | --- |"]
    for path in library_paths():
        policy = library(path)
        given = [
            f"`{name}`: {each.type}{'' if each.default is None else f' ({_shown(each.default)})'}"
            for name, each in policy.parameters.items()
        ]
        link = f"[`{path.removeprefix('library/')}`](../stacks/policies/{path}.yaml)"
        rows.append(f"| {link} | {policy.description} | {'; '.join(given) or 'none'} |")
    return "\n".join(rows)


def _shown(default: object) -> str:
    if isinstance(default, list) and len(default) > 2:
        return f"{len(default)} of them"
    return f"`{default}`"


def types_table() -> str:
    """A row for each policy type."""
    rows = [
        "| type | what AWS calls it | characters | on one target | trusted access |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, each in POLICY_TYPES.items():
        limit = LIMITS[name]
        rows.append(
            f"| `{each.key}` | [{each.title}]({each.page}) | {limit.max_characters:,} | {limit.max_attached} | "
            f"{f'`{each.trusted_service}`' if each.trusted_service else ''} |"
        )
    return "\n".join(rows)


def whole(text: str) -> str:
    """The document with its tables."""
    for name, table in (("library", library_table()), ("types", types_table())):
        begin = f"<!-- {name}: made by tests/stacks/policies/test_docs.py -->\n"
        before, rest = text.split(begin)
        text = before + begin + table + "\n<!-- end -->" + rest.split("<!-- end -->", 1)[1]
    return text


def test_the_tables_are_those_of_the_files() -> None:
    assert whole(DOCUMENT.read_text()) == DOCUMENT.read_text()


def test_every_place_and_every_type_of_parameter_is_named() -> None:
    text = DOCUMENT.read_text()
    assert {name for name in re.findall(r"`\$\{([a-zA-Z]+)\}`", text) if name != "name"} == BUILT_IN
    assert {each for each in TYPES if not each.endswith("s")} <= set(re.findall(r"`([a-z-]+)`", text))


def test_the_examples_are_yaml() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    *files, vaults = [yaml.safe_load(block) for block in blocks]
    assert len(files) == 2
    assert all("targets" in file for file in files)
    given = {key.removeprefix("policies:"): value for key, value in vaults.items()}
    assert parse(PoliciesConfig, "policies", given, "policies.md").vaults.keys() == {"Daily", "Default", "Vaulted"}


if __name__ == "__main__":
    DOCUMENT.write_text(whole(DOCUMENT.read_text()))
