"""What git is asked, and what it does not show, in small repositories with links, submodules and odd settings."""

import os
import subprocess
from pathlib import Path

import pytest

from automation.selection.choose import choose
from shared.errors import UsageError
from shared.layers import discover
from tests.automation.selection import small
from tests.automation.selection.small import ACCOUNTS, ALL, Git, affected, commit, edit

SHOWN_NOT = "git does not show changes of these files, so they count as changed"


def test_a_git_that_fails_is_one_message(git: Git, tmp_path: Path) -> None:
    git("config", "filter.x.clean", "cat")
    (tmp_path / ".gitattributes").write_text("*.json filter=x\n")
    commit(git)
    git("config", "filter.x.clean", "nonexistent-filter")
    git("config", "filter.x.required", "true")
    edit(tmp_path, "shared/regions.json")
    with pytest.raises(UsageError) as caught:
        affected(tmp_path)
    assert str(caught.value) == "--affected: git diff failed: shared/regions.json: clean filter 'x' failed"


def test_a_damaged_repository_is_one_message(git: Git, tmp_path: Path) -> None:
    (tmp_path / ".git" / "index").write_bytes(b"nonsense")
    with pytest.raises(UsageError, match=r"\A--affected: git \S+ failed: .*index.*\Z"):
        affected(tmp_path, "HEAD")
    git("--version")


def test_no_git_is_one_message(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("--version")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="needs git, which cannot be started: No such file"):
        affected(tmp_path)


@pytest.mark.parametrize(
    "name", ["shared/\udcff.json", "shared/two\nlines.json", 'shared/"a" ü.json', "shared/a b.json"]
)
@pytest.mark.parametrize("committed", [False, True])
def test_a_file_may_have_any_name(git: Git, tmp_path: Path, name: str, committed: bool) -> None:
    (tmp_path / name).touch()
    if committed:
        commit(git)
    assert affected(tmp_path) == ALL


@pytest.mark.parametrize(
    "settings",
    [
        {"color.ui": "always", "color.diff": "always"},
        {"diff.noprefix": "true", "core.quotePath": "true", "diff.renames": "copies", "diff.relative": "true"},
        {"diff.ignoreSubmodules": "all", "status.showUntrackedFiles": "no", "status.relativePaths": "true"},
        {"diff.external": "false", "diff.orderFile": "nonexistent", "diff.autoRefreshIndex": "false"},
        {"core.fsmonitor": "false", "core.untrackedCache": "true", "diff.submodule": "log"},
        {"core.excludesFile": "{root}/../ignored"},
    ],
)
def test_the_user_s_settings_change_nothing(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    root = tmp_path / "inner"
    git = small.make(root)
    (tmp_path / "ignored").write_text("*.new.json\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    for name, value in settings.items():
        git("config", "--global", name, value.replace("{root}", str(root)))
    (root / "stacks/policies/__main__.py").touch()
    assert affected(root) == []
    git("mv", "stacks/org/Pulumi.sandbox.yaml", "stacks/org/moved.json")
    git("mv", "stacks/org/moved.json", "stacks/org/Pulumi.sandbox.yaml")
    edit(root, "stacks/identity/Pulumi.sandbox.yaml")
    (root / "stacks/org/a.new.json").touch()
    assert affected(root) == ["org", "identity"]


def test_the_variables_of_git_change_nothing(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "docs" / "other"
    small.make(other)
    edit(tmp_path, "stacks/identity/Pulumi.sandbox.yaml")
    commit(git)
    for name, value in {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(tmp_path / "none"),
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_NAMESPACE": "other",
    }.items():
        monkeypatch.setenv(name, value)
    assert affected(tmp_path) == ["identity"]


def test_only_comments_and_formatting_affect_nothing(git: Git, tmp_path: Path) -> None:
    file = tmp_path / "shared" / "common.py"
    file.write_text("# changed\nimport   shared.deep  # changed\n")
    assert affected(tmp_path) == []
    commit(git)
    assert affected(tmp_path) == []
    file.write_text('"""Documented."""\nimport shared.deep\n')
    assert affected(tmp_path) == ["org", "policies", *ACCOUNTS]
    file.write_text("import (\n")
    assert affected(tmp_path) == ["org", "policies", *ACCOUNTS]
    # Only a module's text is read so; that of a new file counts, however little it says.
    file.write_text("import shared.deep\n")
    edit(tmp_path, "shared/regions.json")
    assert affected(tmp_path) == ALL


def test_a_rollback_to_a_tag_is_seen(git: Git, tmp_path: Path) -> None:
    git("tag", "v1")
    edit(tmp_path, "stacks/identity/Pulumi.sandbox.yaml")
    commit(git)
    git("tag", "v2")
    git("switch", "--detach", "v1")
    assert affected(tmp_path, "v2") == ["identity"]
    assert affected(tmp_path, "work") == ["identity"]
    assert affected(tmp_path, "v1") == []


def test_of_a_tag_the_whole_difference_counts(git: Git, tmp_path: Path) -> None:
    git("switch", "main")
    edit(tmp_path, "stacks/org/Pulumi.sandbox.yaml")
    commit(git)
    git("tag", "v1")
    git("switch", "work")
    edit(tmp_path, "stacks/identity/Pulumi.sandbox.yaml")
    commit(git)
    assert affected(tmp_path, "v1") == ["org", "identity"]
    assert affected(tmp_path, "main") == ["identity"]


@pytest.mark.parametrize("where", ["main", "--detach"])
def test_on_the_default_branch_it_is_said_what_to_pass(git: Git, tmp_path: Path, where: str) -> None:
    edit(tmp_path, "stacks/identity/Pulumi.sandbox.yaml")
    commit(git)
    git("switch", "main")
    git("merge", "work")
    git("switch", where)
    with pytest.raises(UsageError) as caught:
        affected(tmp_path)
    for value in ("deployed", "HEAD~1", "HEAD"):
        assert f"invoke deploy-all --affected={value} --env sandbox" in str(caught.value)
    assert affected(tmp_path, "HEAD~1") == ["identity"]
    assert affected(tmp_path, "HEAD") == []


def test_in_a_clone_too(git: Git, tmp_path: Path) -> None:
    git("switch", "main")
    clone = tmp_path.parent / f"{tmp_path.name}-clone"
    git("clone", ".", str(clone))
    edit(clone, "stacks/identity/Pulumi.sandbox.yaml")
    with pytest.raises(UsageError, match="with the default branch, origin/HEAD, and this is it"):
        affected(clone)
    subprocess.run(["git", "switch", "-q", "-c", "mine"], cwd=clone, check=True)
    assert affected(clone) == ["identity"]
    subprocess.run(["git", "update-ref", "-d", "refs/heads/main"], cwd=clone, check=True)
    subprocess.run(["git", "symbolic-ref", "--delete", "refs/remotes/origin/HEAD"], cwd=clone, check=True)
    assert affected(clone) == ["identity"]


def test_a_shallow_clone_lacks_the_base(git: Git, tmp_path: Path) -> None:
    first = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tmp_path, capture_output=True, text=True, check=True)
    for _ in range(2):
        edit(tmp_path, "stacks/identity/Pulumi.sandbox.yaml")
        commit(git)
    git("switch", "main")
    edit(tmp_path, "docs/notes.md")
    commit(git)
    clone = tmp_path.parent / f"{tmp_path.name}-clone"
    git("clone", "--depth", "1", "--no-single-branch", "--branch", "work", tmp_path.as_uri(), str(clone))
    for since in (True, "origin/main", first.stdout.strip(), "v1"):
        with pytest.raises(UsageError, match="a shallow clone lacks it: git fetch --unshallow"):
            affected(clone, since)


def test_a_project_in_a_folder_of_its_repository(git: Git, tmp_path: Path) -> None:
    root = tmp_path / "cloud"
    root.mkdir()
    for name in ("shared", "stacks", "requirements.lock"):
        git("mv", name, "cloud")
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs" / "regions.json").write_text("[]")
    (root / "shared" / "linked.json").symlink_to("../../libs/regions.json")
    (root / "stacks" / "org" / "libs").symlink_to("../../../libs")
    commit(git)
    assert affected(root, "HEAD") == []
    edit(root, "stacks/identity/Pulumi.sandbox.yaml")
    edit(tmp_path, "docs/notes.md")
    assert affected(root, "HEAD") == ["identity"]
    (tmp_path / "libs" / "other.json").touch()
    assert affected(root, "HEAD") == ["org", "identity"]
    commit(git)
    (tmp_path / "libs" / "other.json").unlink()
    assert affected(root, "HEAD") == ["org"]
    edit(tmp_path, "libs/regions.json")
    assert affected(root, "HEAD") == ALL


def test_links(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs" / "data").mkdir()
    (tmp_path / "docs" / "data" / "names.json").write_text("[]")
    (tmp_path / "docs" / "middle").symlink_to("data")
    (tmp_path / "stacks" / "org" / "data").symlink_to("../../docs/middle")
    (tmp_path / "stacks" / "org" / "loop").symlink_to(".")
    (tmp_path / "stacks" / "org" / "self").symlink_to("self")
    (tmp_path / "stacks" / "identity" / "nowhere").symlink_to("../../docs/later.json")
    commit(git)
    assert affected(tmp_path, "HEAD") == []
    edit(tmp_path, "docs/later.json")
    assert affected(tmp_path, "HEAD") == ["identity"]
    edit(tmp_path, "docs/data/names.json")
    assert affected(tmp_path, "HEAD") == ["org", "identity"]
    commit(git)
    (tmp_path / "docs" / "middle").unlink()
    (tmp_path / "docs" / "middle").symlink_to(".")
    assert affected(tmp_path, "HEAD") == ["org"]
    git("checkout", "docs/middle")
    assert affected(tmp_path, "HEAD") == []
    assert capsys.readouterr().err == ""
    outside = tmp_path.parent / f"{tmp_path.name}-outside.json"
    outside.write_text("[]")
    (tmp_path / "stacks" / "policies" / "outside.json").symlink_to(outside)
    commit(git)
    assert affected(tmp_path, "HEAD") == ["policies"]
    assert capsys.readouterr().err == f"{SHOWN_NOT}: {outside}\n"


def test_a_submodule(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = tmp_path.parent / f"{tmp_path.name}-library"
    small.make(library)
    git("-c", "protocol.file.allow=always", "submodule", "add", str(library), "libs")
    git("config", "--file", ".gitmodules", "submodule.libs.ignore", "all")
    (tmp_path / "stacks" / "org" / "docs").symlink_to("../../libs/docs")
    commit(git)
    assert affected(tmp_path, "HEAD") == []
    edit(tmp_path, "libs/docs/notes.md")
    assert affected(tmp_path, "HEAD") == ["org"]
    inside = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*inside, "commit", "-qam", "x"], cwd=tmp_path / "libs", check=True)
    assert affected(tmp_path, "HEAD") == ["org"]
    commit(git)
    assert affected(tmp_path, "HEAD") == []
    edit(tmp_path, "libs/docs/new.md")
    assert affected(tmp_path, "HEAD") == ["org"]
    assert capsys.readouterr().err == ""
    subprocess.run([*inside, "update-index", "--assume-unchanged", "docs/notes.md"], cwd=tmp_path / "libs", check=True)
    (tmp_path / "libs" / "docs" / "new.md").unlink()
    edit(tmp_path, "libs/docs/notes.md")
    assert affected(tmp_path, "HEAD") == ["org"]
    assert capsys.readouterr().err == f"{SHOWN_NOT}: libs/docs/notes.md\n"


def test_a_repository_inside(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small.make(tmp_path / "stacks" / "org" / "inner")
    assert affected(tmp_path, "HEAD") == ["org"]
    assert capsys.readouterr().err == ""
    (tmp_path / ".gitignore").write_text("inner/\n")
    commit(git)
    assert affected(tmp_path, "HEAD") == ["org"]
    assert capsys.readouterr().err.startswith(f"{SHOWN_NOT}: stacks/org/inner/.gitignore, ")


@pytest.mark.parametrize("layer", ["shared", "stacks/org"])
def test_what_git_ignores_counts(git: Git, tmp_path: Path, layer: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / layer / "ignored").mkdir()
    edit(tmp_path, f"{layer}/ignored/data.json")
    for name in ("__pycache__", ".venv"):
        (tmp_path / layer / name).mkdir()
        edit(tmp_path, f"{layer}/{name}/x.json")
    (tmp_path / ".gitignore").write_text("ignored\n__pycache__\n.venv\n")
    commit(git)
    assert affected(tmp_path, "HEAD") == (ALL if layer == "shared" else ["org"])
    assert capsys.readouterr().err == f"{SHOWN_NOT}: {layer}/ignored/data.json\n"


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
@pytest.mark.parametrize(
    ("file", "expected"),
    [("shared/people.py", ["identity", *ACCOUNTS]), ("stacks/accounts/Pulumi.sandbox.two.yaml", ["accounts/two"])],
)
def test_what_git_was_told_not_to_look_at_counts(
    git: Git, tmp_path: Path, mark: str, file: str, expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    git("update-index", mark, file)
    edit(tmp_path, file)
    assert affected(tmp_path, "HEAD") == expected
    assert capsys.readouterr().err == f"{SHOWN_NOT}: {file}\n"


def test_a_sparse_checkout(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("sparse-checkout", "set", "stacks", "shared")
    assert not (tmp_path / "docs").exists()
    assert affected(tmp_path, "HEAD") == []
    edit(tmp_path, "stacks/org/Pulumi.sandbox.yaml")
    assert affected(tmp_path) == ["org"]
    assert capsys.readouterr().err == ""


def test_a_removed_stack_is_named(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("rm", "stacks/accounts/Pulumi.sandbox.two.yaml")
    edit(tmp_path, "stacks/accounts/Pulumi.prod.three.yaml", "stacks/org/Pulumi.sandbox.yaml")
    commit(git)
    git("rm", "stacks/accounts/Pulumi.prod.three.yaml")
    assert affected(tmp_path) == ["org"]
    said = capsys.readouterr().err
    assert said.startswith("accounts/two has no file any more, since main: restore stacks/accounts/Pulumi.sandbox.two")
    assert "invoke forget-account two --env sandbox" in said
    assert len(said.splitlines()) == 1


def test_a_module_that_became_a_folder_s_link(git: Git, tmp_path: Path) -> None:
    (tmp_path / "shared" / "people.py").unlink()
    (tmp_path / "shared" / "people.py").symlink_to("common.py")
    commit(git)
    stacks = discover("sandbox", tmp_path)
    assert "identity" in [stack.label for stack in choose(stacks, affected="main", root=tmp_path)]
    assert os.path.lexists(tmp_path / "shared" / "people.py")
