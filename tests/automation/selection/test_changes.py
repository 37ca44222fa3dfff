"""Which stacks a change touches: in a small git repository, and in this one."""

import json
import subprocess
from pathlib import Path

import pytest

from automation.selection.changes import touched
from automation.selection.choose import NothingChosen, choose
from automation.selection.reading import Reading
from automation.skipping.sources import Sources
from shared.errors import UsageError
from shared.layers import LAYERS, ROOT, StackId, discover
from tests.automation.selection.small import ACCOUNTS, ALL, Git, affected, commit, edit
from tests.e2e.project import Project


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("stacks/identity/Pulumi.sandbox.yaml", ["identity"]),
        ("stacks/accounts/Pulumi.sandbox.two.yaml", ["accounts/two"]),
        ("stacks/policies/__main__.py", ["policies"]),
        ("stacks/accounts/Pulumi.yaml", ACCOUNTS),
        ("shared/people.py", ["identity", *ACCOUNTS]),
        ("shared/deep.py", ["org", "policies", *ACCOUNTS]),
        # What a program may read without importing it.
        ("shared/regions.json", ALL),
        ("shared/__init__.py", ALL),
        ("requirements.lock", ALL),
        ("shared/unused.py", []),
        ("stacks/org/README.md", []),
        ("docs/notes.md", []),
        # New files.
        ("stacks/accounts/Pulumi.sandbox.three.yaml", ["accounts/three"]),
        ("stacks/org/data.json", ["org"]),
        ("stacks/org/Pulumi.prod.yaml", []),
        ("ignored/requirements.lock", []),
        # Which policy types there are follows from the policy files of the environment.
        ("stacks/policies/environments/sandbox/mine.yaml", ["org", "policies"]),
        ("stacks/policies/environments/sandbox/README.md", []),
        ("stacks/policies/environments/prod/mine.yaml", []),
        ("stacks/policies/library/tag/mine.yaml", ["policies"]),
    ],
)
@pytest.mark.parametrize("how", ["edited", "staged", "committed"])
def test_what_a_change_affects(git: Git, tmp_path: Path, how: str, changed: str, expected: list[str]) -> None:
    (tmp_path / changed).parent.mkdir(exist_ok=True, parents=True)
    edit(tmp_path, changed)
    if how == "staged":
        git("add", "--all")
    if how == "committed":
        edit(tmp_path, "docs/notes.md")
        commit(git)
    assert affected(tmp_path) == expected


@pytest.mark.parametrize(
    ("deleted", "expected"),
    [
        ("stacks/accounts/Pulumi.sandbox.two.yaml", []),
        # Who imported it cannot be seen any more.
        ("shared/people.py", ALL),
        ("stacks/policies/Pulumi.yaml", ["policies"]),
        ("stacks/policies/README.md", []),
        ("docs/notes.md", []),
    ],
)
@pytest.mark.parametrize("committed", [False, True])
def test_what_a_deletion_affects(git: Git, tmp_path: Path, committed: bool, deleted: str, expected: list[str]) -> None:
    (tmp_path / deleted).unlink()
    if committed:
        commit(git)
    assert affected(tmp_path) == expected


@pytest.mark.parametrize(("environment", "expected"), [("sandbox", ["org", "policies"]), ("prod", [])])
def test_a_policy_file_that_is_gone_was_read_in_its_environment(
    git: Git, tmp_path: Path, environment: str, expected: list[str]
) -> None:
    file = tmp_path / f"stacks/policies/environments/{environment}/mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("type: tag\n")
    commit(git)
    git("branch", "--force", "main")
    file.unlink()
    assert affected(tmp_path) == expected


def test_a_renamed_module_counts_as_deleted(git: Git, tmp_path: Path) -> None:
    git("mv", "shared/unused.py", "shared/new.py")
    assert affected(tmp_path) == ALL


def test_only_what_the_branch_itself_changed_counts(git: Git, tmp_path: Path) -> None:
    edit(tmp_path, "stacks/identity/Pulumi.sandbox.yaml")
    commit(git)
    git("switch", "main")
    edit(tmp_path, "stacks/org/Pulumi.sandbox.yaml")
    commit(git)
    git("switch", "work")
    # As in `git diff main...`: what happened on main meanwhile is not this branch's.
    assert affected(tmp_path) == affected(tmp_path, "main") == ["identity"]
    edit(tmp_path, "stacks/policies/Pulumi.sandbox.yaml")
    assert affected(tmp_path, "HEAD") == ["policies"]
    assert affected(tmp_path) == ["identity", "policies"]


def test_the_remote_s_default_branch_comes_first(git: Git, tmp_path: Path) -> None:
    edit(tmp_path, "stacks/org/Pulumi.sandbox.yaml")
    commit(git)
    git("update-ref", "refs/remotes/origin/trunk", "HEAD")
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert affected(tmp_path) == []
    assert affected(tmp_path, "main") == ["org"]


def test_with_dependents_and_dependencies(git: Git, tmp_path: Path) -> None:
    edit(tmp_path, "stacks/identity/Pulumi.sandbox.yaml")
    commit(git)
    assert affected(tmp_path, with_dependents=True) == ["identity", *ACCOUNTS]
    assert affected(tmp_path, with_dependencies=True) == ["org", "identity"]
    assert affected(tmp_path, with_dependents=True, with_dependencies=True) == ["org", "identity", *ACCOUNTS]


def test_affected_and_a_pattern_both_have_to_fit(git: Git, tmp_path: Path) -> None:
    edit(tmp_path, "requirements.lock")
    commit(git)
    stacks = discover("sandbox", tmp_path)
    assert [each.label for each in choose(stacks, only=["*one"], affected=True, root=tmp_path)] == ["accounts/one"]
    edit(tmp_path, "stacks/org/Pulumi.sandbox.yaml")
    with pytest.raises(NothingChosen, match="no stack is affected by what has changed since HEAD"):
        choose(stacks, only=["*one"], affected="HEAD", root=tmp_path)


@pytest.mark.parametrize("since", ["nope", "--all", "-h"])
def test_a_revision_that_is_none_is_said_so(git: Git, tmp_path: Path, since: str) -> None:  # noqa: ARG001
    with pytest.raises(UsageError, match=f"--affected is '{since}'; allowed: a git revision"):
        affected(tmp_path, since)


def test_without_a_default_branch_a_revision_is_asked_for(git: Git, tmp_path: Path) -> None:
    git("branch", "--delete", "--force", "main")
    with pytest.raises(UsageError, match="no default branch to compare with; allowed: --affected=REF"):
        affected(tmp_path)


def test_without_git_there_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "stacks" / "org").mkdir(parents=True)
    (tmp_path / "stacks" / "org" / "Pulumi.sandbox.yaml").touch()
    with pytest.raises(UsageError, match="not a git repository"):
        affected(tmp_path)


SANDBOX_STACKS = [
    *(StackId(layer, "sandbox") for layer in ("org", "identity", "policies")),
    StackId("accounts", "sandbox", "developer"),
    StackId("accounts", "sandbox", "shared-test"),
]
PROD_STACKS = [
    *(StackId(layer, "prod") for layer in ("org", "identity", "policies")),
    StackId("accounts", "prod", "web"),
]


@pytest.mark.parametrize(
    ("changed", "sandbox", "prod"),
    [
        ("stacks/policies/backup_policy.py", {"policies"}, {"policies"}),
        ("stacks/identity/developers.py", {"identity"}, {"identity"}),
        ("shared/layers.py", set(LAYERS), set(LAYERS)),
        ("requirements.lock", set(LAYERS), set(LAYERS)),
        ("stacks/org/README.md", set(), set()),
        ("stacks/org/Pulumi.prod.yaml.example", set(), set()),
        ("sandbox/provider/aws.py", set(LAYERS), set()),
        ("sandbox/provider/resources/accounts.py", set(LAYERS), set()),
        ("sandbox/emulator/iam/models.py", set(), set()),
        ("tests/conftest.py", set(), set()),
        ("README.md", set(), set()),
    ],
)
def test_what_a_change_of_this_repository_touches(changed: str, sandbox: set[str], prod: set[str]) -> None:
    assert (ROOT / changed).exists()
    check_touched(changed, sandbox, prod)


def test_a_change_of_an_accounts_configuration_touches_that_account() -> None:
    check_touched("stacks/accounts/Pulumi.sandbox.developer.yaml", {"accounts/developer"}, set())


def check_touched(changed: str, sandbox: set[str], prod: set[str]) -> None:
    """`accounts` stands for every account."""
    for stacks, expected in ((SANDBOX_STACKS, sandbox), (PROD_STACKS, prod)):
        found = touched([ROOT / changed], stacks, Reading(stacks[0].environment, ROOT))
        labels = {stack.label for those in found.values() for stack in those}
        assert labels == {stack.label for stack in stacks if {stack.label, stack.layer} & expected}


@pytest.mark.parametrize("layer", LAYERS)
def test_the_files_of_a_program(layer: str) -> None:
    files = {file.relative_to(ROOT).as_posix() for file in Sources(ROOT).of(layer)}
    assert {f"stacks/{layer}/__main__.py", f"stacks/{layer}/Pulumi.yaml", "shared/layers.py"} <= files
    assert ("shared/stack_references.py" in files) == bool(LAYERS[layer].reads)
    assert not any(name.startswith(("sandbox/", "automation/", "tests/", ".venv/")) for name in files)
    assert not any("Pulumi.sandbox" in name or name.endswith(("README.md", ".example")) for name in files)


def test_a_program_that_cannot_be_parsed_may_read_all_of_shared(git: Git, tmp_path: Path) -> None:  # noqa: ARG001
    edit(tmp_path, "shared/unused.py")
    (tmp_path / "stacks" / "org" / "__main__.py").write_text("import (\n")
    assert tmp_path / "shared" / "unused.py" in Sources(tmp_path).of("org")


def test_nothing_to_do_is_no_error(tmp_path: Path) -> None:
    project = Project.copy_to(tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "--all"], cwd=tmp_path, check=True)
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", *who, "commit", "--quiet", "--message", "all"], cwd=tmp_path, check=True)
    done = project.invoke("deploy-all", "--affected=HEAD")
    assert done.output == "nothing to do: no stack is affected by what has changed since HEAD\n"
    assert project.invoke("graph", "--affected=HEAD").output == done.output
    assert json.loads(project.invoke("graph", "--affected=HEAD", "--json").output) == []
    with (tmp_path / "stacks/policies/Pulumi.sandbox.yaml").open("a") as file:
        file.write("# reviewed\n")
    affected = json.loads(project.invoke("graph", "--affected=HEAD", "--with-dependents", "--json").output)
    assert [each["label"] for each in affected] == ["policies", "accounts/developer", "accounts/shared-test"]
    # Not even the sandbox was started.
    assert not (tmp_path / ".sandbox").exists()
