"""A layer's team can merge its layer and nothing else: `CODEOWNERS`, and the ruleset that makes it binding.

Whatever the teams are called: the owner of `*` is the one that everything belongs to which serves several layers.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from automation.workflows import github
from shared.layers import LAYERS, ROOT
from tests.docs.codeowners import Owners

RULESET = ROOT / ".github/rulesets/main.json"
EVERYBODY_S = [
    "CODEOWNERS",
    "Makefile",
    "automation/workflows/github.py",
    "engine/install.py",
    "pyproject.toml",
    "requirements.lock",
    "shared/contracts.json",
    "shared/stack_outputs.py",
    "tasks.py",
    "tests/conftest.py",
    ".github/ISSUE_TEMPLATE/new-account.yml",
    ".github/rulesets/main.json",
    ".github/workflows/deploy.yml",
    ".gitlab-ci.yml",
]
"""What every layer depends on. Whoever could change it alone could do any layer's work."""

OF_LAYERS = {
    "org": ["stacks/org/__main__.py", "stacks/org/Pulumi.prod.yaml"],
    "identity": ["stacks/identity/Pulumi.prod.yaml", "stacks/identity/deploy_policies/accounts.json"],
    "policies": ["stacks/policies/Pulumi.prod.yaml", "stacks/policies/environments/prod/own.json"],
    "accounts": [
        "stacks/accounts/Pulumi.prod.web-shop.yaml",
        "stacks/accounts/Pulumi.sandbox.developer.yaml",
        "stacks/accounts/profiles/prod.yaml",
    ],
}
"""Files that are there or will be, by layer."""


@pytest.fixture(scope="module")
def owners() -> Owners:
    return Owners.read((ROOT / "CODEOWNERS").read_text())


@pytest.fixture(scope="module")
def platform(owners: Owners) -> str:
    """The team that has what serves several layers."""
    (team,) = owners.lines["*"]
    return team


@pytest.fixture(scope="module")
def teams(owners: Owners) -> dict[str, str]:
    """Layer → its team."""
    return {layer: owners.lines[f"/stacks/{layer}/"][0] for layer in LAYERS}


@pytest.fixture(scope="module")
def files() -> list[str]:
    """Every file of the repository, as git has it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return list(filter(None, found.split("\0")))


def test_every_file_has_exactly_one_owner(owners: Owners, files: list[str]) -> None:
    assert "tasks.py" in files
    assert {file: owners.of(file) for file in files if len(owners.of(file)) != 1} == {}, "with several, one is enough"


def test_each_layer_is_its_team_s_and_nothing_else_is(
    owners: Owners, files: list[str], teams: dict[str, str], platform: str
) -> None:
    known = [*files, *(file for several in OF_LAYERS.values() for file in several)]
    for layer, team in teams.items():
        own = [file for file in known if file.startswith((f"stacks/{layer}/", f"tests/stacks/{layer}/"))]
        assert own
        assert {owners.of(file) for file in own} == {(team,)}, layer
    for team in set(teams.values()) - {platform}:
        folders = [
            f"{above}/{layer}/" for layer in teams if teams[layer] == team for above in ("stacks", "tests/stacks")
        ]
        if team == teams["policies"]:
            folders.append("policy_pack/")
        others = [file for file in known if owners.of(file) == (team,) and not file.startswith(tuple(folders))]
        assert others == [], team


@pytest.mark.parametrize("file", EVERYBODY_S)
def test_what_every_layer_depends_on_is_the_platform_team_s(owners: Owners, platform: str, file: str) -> None:
    assert (ROOT / file).exists()
    assert owners.of(file) == (platform,)


def test_what_is_named_is_there(owners: Owners) -> None:
    for pattern, names in owners.lines.items():
        assert pattern == "*" or (ROOT / pattern.strip("/")).is_dir(), pattern
        assert all(name.startswith("@") for name in names), pattern


@pytest.mark.parametrize(
    ("text", "file", "expected"),
    [
        ("* @a\n/x/ @b", "x/y/z", "@b"),
        ("/x/ @b\n* @a", "x/y", "@a"),
        ("* @a\n/x/ @b\n/x/y/ @c # why", "x/y/z", "@c"),
        ("* @a\n/x/ @b", "other/x/y", "@a"),
        ("* @a\n/x/ @b", "x", "@a"),
        ("* @a\n/x/P.*.yaml @b", "x/P.prod.yaml", "@b"),
        ("* @a\n/x/P.*.yaml @b", "x/y/P.prod.yaml", "@a"),
        ("* @a\n/x/P.*.yaml @b", "x/P.prod.yaml.old", "@a"),
        ("* @a\n/x/", "x/y", ""),
    ],
)
def test_the_last_line_that_fits_counts(text: str, file: str, expected: str) -> None:
    assert "".join(Owners.read(text).of(file)[:1]) == expected


@pytest.mark.parametrize("pattern", ["docs/", "*.py", "/x/**/y", "!/x/", "[Section]", "/x\\ y/"])
def test_a_pattern_that_is_read_differently_somewhere_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="the pattern"):
        Owners.read(f"* @a\n{pattern} @b")


def test_the_ruleset_is_one_and_makes_the_owners_binding(tmp_path: Path) -> None:
    schema = Path(__file__).with_name("ruleset.schema.json")

    def accepted(file: Path) -> bool:
        command = [str(Path(sys.executable).with_name("check-jsonschema")), "--schemafile", str(schema), str(file)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    assert accepted(RULESET)
    ruleset = json.loads(RULESET.read_text())
    assert ruleset["enforcement"] == "active"
    assert ruleset["bypass_actors"] == []
    rules = {each["type"]: each.get("parameters", {}) for each in ruleset["rules"]}
    review = rules["pull_request"]
    assert review["require_code_owner_review"]
    assert review["dismiss_stale_reviews_on_push"]
    assert review["require_last_push_approval"]
    assert review["required_approving_review_count"] >= 1
    jobs = yaml.safe_load(github.files()[".github/workflows/pull-request.yml"])["jobs"]
    required = {each["context"] for each in rules["required_status_checks"]["required_status_checks"]}
    assert required == jobs.keys() - {"inactive"}
    wrong = tmp_path / "main.json"
    wrong.write_text(RULESET.read_text().replace("require_code_owner_review", "require_code_owners_review"))
    assert not accepted(wrong)
