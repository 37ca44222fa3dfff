"""A company's clone with settings of its own takes a release by the commands that docs/upgrading.md prints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bench.copies import copy_repository, user_environment
from shared.layers import ROOT

ONCE = ["git remote add upstream <url>", "git config merge.ours.driver true"]
RELEASE = [
    "git fetch upstream --tags",
    "git checkout -b update-v0.2.0",
    "git merge --no-edit v0.2.0",
    "make install",
    "invoke validate",
    "invoke workflows --env prod",
    "git add --all",
    'git commit --allow-empty --message "Workflows of v0.2.0"',
]
POLICY = "stacks/policies/environments/prod/teams.yaml"
MINE = ["CODEOWNERS", "README.md", "stacks/org/Pulumi.sandbox.yaml", "stacks/org/Pulumi.prod.yaml", POLICY]
DEFAULT = "stacks/accounts/config.py"
GENERATOR = "automation/vending/form.py"
FORM = ".github/ISSUE_TEMPLATE/new-account.yml"


def run(folder: Path, *command: str) -> str:
    """What a command prints, for a user of the folder who has no settings of git."""
    git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = {f"GIT_{role}_{what}": "me@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    if command[0] == "invoke":
        command = (sys.executable, "-m", *command)
    done = subprocess.run(
        command, cwd=folder, env={**user_environment(folder), **git, **who}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{file} has no {old!r}"
    file.write_text(text.replace(old, new))


def commit(folder: Path, message: str) -> None:
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository as its first release."""
    folder = tmp_path_factory.mktemp("upstream")
    copy_repository(folder)
    run(folder, "git", "init", "--quiet", "--initial-branch=main")
    commit(folder, "A release")
    run(folder, "git", "tag", "v0.1.0")
    return folder


@pytest.fixture(scope="module")
def company(upstream: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company's clone: an environment, a policy, workflows, teams, a README and a sandbox of its own."""
    folder = tmp_path_factory.mktemp("company") / "organization"
    run(upstream, "git", "clone", "--quiet", str(upstream), str(folder))
    run(folder, "git", "remote", "remove", "origin")
    options = ["--region", "eu-central-1", "--ou", "Workloads", "--account", "web-shop=aws-web-shop@example.com"]
    run(folder, "invoke", "new-environment", "prod", "--management-account", "210987654321", *options)
    (folder / POLICY).parent.mkdir()
    content = "{tags: {Team: {tag_key: {'@@assign': Team}}}}"
    (folder / POLICY).write_text(f"type: tag\ndescription: Teams\ncontent: {content}\ntargets: [Workloads]\n")
    (folder / "policy_pack/settings.json").write_text('{"tags": "advisory"}\n')
    run(folder, "invoke", "workflows", "--env", "prod")
    edit(folder / "CODEOWNERS", "@acme/", "@initech/")
    edit(folder / "README.md", "# An AWS organization, ready to run", "# The AWS organization of Initech")
    edit(folder / "stacks/org/Pulumi.sandbox.yaml", "config:\n", "config:\n  # Initech's sandbox\n")
    commit(folder, "Ours")
    return folder


def release(upstream: Path) -> None:
    """The next release: code, a default, a document, and the very lines that the company has changed."""
    edit(upstream / GENERATOR, "Where in the organization it belongs.", "Where it belongs.")
    edit(upstream / DEFAULT, "encrypt_ebs: Switch = Field(default=True", "encrypt_ebs: Switch = Field(default=False")
    (upstream / "docs/news.md").write_text("# News\n")
    edit(upstream / "CODEOWNERS", "@acme/", "@example/")
    edit(upstream / "README.md", "# An AWS organization, ready to run", "# An AWS organization")
    edit(upstream / "stacks/org/Pulumi.sandbox.yaml", "config:\n", "config:\n  # what make sandbox deploys\n")
    edit(upstream / "stacks/identity/Pulumi.sandbox.yaml", "config:\n", "config:\n  # who there is\n")
    run(upstream, "invoke", "workflows")
    commit(upstream, "The next release")
    run(upstream, "git", "tag", "v0.2.0")


def test_the_page_prints_these_commands() -> None:
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "docs/upgrading.md").read_text(), re.DOTALL)
    assert [block.replace("$ ", "").splitlines() for block in blocks] == [ONCE, RELEASE]


def test_a_release_is_taken_without_a_conflict(upstream: Path, company: Path) -> None:
    release(upstream)
    mine = {name: (company / name).read_text() for name in MINE}
    for command in [*ONCE, *RELEASE]:
        # tests/engine/test_packages.py installs.
        if command != "make install":
            run(company, *shlex.split(command.replace("<url>", shlex.quote(str(upstream)))))
    assert {name: (company / name).read_text() for name in MINE} == mine
    assert run(company, "git", "status", "--short") == ""
    # What the company has not touched is the release's, and so is what is written from its code.
    for name in ("docs/news.md", DEFAULT, GENERATOR, "stacks/identity/Pulumi.sandbox.yaml"):
        assert (company / name).read_text() == (upstream / name).read_text(), name
    form = (company / FORM).read_text()
    assert "Where it belongs." in form, "by the release's code"
    assert "- Workloads" in form, "of the company's files"


def test_every_file_of_the_attributes_is_there_and_in_the_page() -> None:
    lines = [line.split() for line in (ROOT / ".gitattributes").read_text().splitlines() if not line.startswith("#")]
    assert all(list(ROOT.glob(pattern.lstrip("/"))) and rest == ["merge=ours"] for pattern, *rest in lines)
    page = (ROOT / "docs/upgrading.md").read_text()
    assert all(f"`{pattern.lstrip('/')}`" in page for pattern, _ in lines if ".github" not in pattern)
