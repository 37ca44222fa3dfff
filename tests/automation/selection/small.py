"""A small git repository of the same shape as this one, and which of its stacks are affected."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from automation.selection.choose import NothingChosen, choose
from shared.layers import LAYERS, discover

Git = Callable[..., None]

ACCOUNTS = ["accounts/one", "accounts/two"]
ALL = ["org", "identity", "policies", *ACCOUNTS]

PROGRAMS = {
    "org": "import shared.common\n",
    "identity": "def main():\n    from shared.people import people\n",
    "policies": "import shared.common\n",
    "accounts": "from shared import common, people\n",
}


def make(root: Path) -> Git:
    """git in a new repository at `root` with one commit on `main`, on a branch `work`."""

    def run(*arguments: str) -> None:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)

    files = {
        ".gitignore": "ignored/\n",
        "requirements.lock": "x==1\n",
        "shared/__init__.py": "",
        "shared/common.py": "import shared.deep\n",
        "shared/deep.py": "",
        "shared/people.py": "",
        "shared/unused.py": "",
        "shared/regions.json": "[]",
        "docs/notes.md": "",
    }
    for layer, program in PROGRAMS.items():
        files[f"stacks/{layer}/__main__.py"] = program
        files[f"stacks/{layer}/Pulumi.yaml"] = f"name: {layer}\n"
        files[f"stacks/{layer}/README.md"] = ""
        if not LAYERS[layer].per_account:
            files[f"stacks/{layer}/Pulumi.sandbox.yaml"] = "config: {}\n"
    for account in ("one", "two"):
        files[f"stacks/accounts/Pulumi.sandbox.{account}.yaml"] = "config: {}\n"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    run("init", "--initial-branch", "main")
    commit(run)
    run("switch", "--create", "work")
    return run


def commit(git: Git) -> None:
    """Commit everything there is."""
    git("add", "--all")
    git("commit", "--message", "work")


def edit(root: Path, *names: str) -> None:
    """Add a line to each file, which may be new. In a module it is more than a comment."""
    for name in names:
        with (root / name).open("a") as file:
            file.write("changed = True\n" if name.endswith(".py") else "# changed\n")


def affected(
    root: Path, since: str | bool = True, *, with_dependents: bool = False, with_dependencies: bool = False
) -> list[str]:
    """The labels of the stacks that are chosen; none is no error here."""
    try:
        found = choose(
            discover("sandbox", root),
            affected=since,
            with_dependents=with_dependents,
            with_dependencies=with_dependencies,
            root=root,
        )
    except NothingChosen:
        return []
    return [stack.label for stack in found]
