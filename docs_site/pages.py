"""The documents as the site has them: with those that lie beside the code, and with links that lead somewhere.

On the site a link to a file of the repository leads to where the repository is published, as git's remote `origin`
says. Where that is nowhere, the words stay and the link goes.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
from pathlib import Path

from docs_site.links import with_links

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "stacks/org/README.md": "layers/org.md",
    "stacks/identity/README.md": "layers/identity.md",
    "stacks/policies/README.md": "layers/policies.md",
    "stacks/accounts/README.md": "layers/accounts.md",
    "sandbox/README.md": "layers/sandbox.md",
}
"""Documents outside of docs/ → their pages."""

_REMOTE = re.compile(r"(?:https://(?:[^@/]+@)?|(?:ssh://)?git@)(?P<host>[\w.-]+)[:/](?P<path>[\w./~-]+?)(?:\.git)?/?")


def page_of(file: str) -> str | None:
    """The page of a document of the repository, or the file of docs/ as it is on the site; None for other files."""
    return file.removeprefix("docs/") if file.startswith("docs/") else PAGES.get(file)


def repository(root: Path) -> str | None:
    """The address of the repository in a browser, without any credentials; None if nobody published it."""
    asked = ["git", "-C", str(root), "config", "--get", "remote.origin.url"]
    remote = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    found = _REMOTE.fullmatch(remote)
    return f"https://{found['host']}/{found['path']}" if found else None


def write(root: Path, to: Path, published: str | None) -> None:
    """Write the pages of the repository at `root` into the folder `to`, anew."""
    shutil.rmtree(to, ignore_errors=True)
    for source in sorted((root / "docs").rglob("*")):
        if source.is_file() and source.suffix != ".md":
            target = to / source.relative_to(root / "docs")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    documents = [*PAGES, *(str(file.relative_to(root)) for file in (root / "docs").rglob("*.md"))]
    for file in documents:
        target = to / str(page_of(file))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page(root, file, published))


def page(root: Path, file: str, published: str | None) -> str:
    """A document with its links as they are on the site."""
    here = posixpath.dirname(str(page_of(file)))

    def changed(link: str) -> str | None:
        if "://" in link or link.startswith(("#", "mailto:")):
            return link
        path, mark, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        there = page_of(target)
        if there is not None and (root / target).is_file():
            return f"{posixpath.relpath(there, here or '.')}{mark}{anchor}"
        if published is None:
            return None
        kind = "tree" if (root / target).is_dir() else "blob"
        return f"{published}/{kind}/main/{target}{mark}{anchor}"

    return with_links((root / file).read_text(), changed)
