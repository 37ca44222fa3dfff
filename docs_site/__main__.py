"""`make docs`: build the site into site/. A warning of the generator is an error."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from docs_site.pages import repository, write
from shared.layers import ROOT

FOLDER = ROOT / "docs_site"
WORK = ROOT / ".docs"
SITE = ROOT / "site"

LONGEST = 300
"""Seconds that the generator may take. It takes some; on a loaded machine it once did not end."""

_LOADED = re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?:https?:)?//[^\s"'>]+|<link\b[^>]+>""")
_RELATION = re.compile(r"""\brel=["']?(?:stylesheet|icon|preload|preconnect|modulepreload)\b""")
_ELSEWHERE = re.compile(r"""\bhref=["']?(?:https?:)?//""")


def main() -> int:
    """Write the pages, build the site, and look whether it would ask another host for anything."""
    published = repository(ROOT)
    write(ROOT, WORK / "pages", published)
    settings = (FOLDER / "zensical.toml").read_text()
    if published:
        settings = settings.replace("[project]\n", f'[project]\nrepo_url = "{published}"\n', 1)
    (WORK / "zensical.toml").write_text(settings)
    shutil.rmtree(WORK / "site", ignore_errors=True)
    generator = FOLDER / "venv" / "bin" / "zensical"
    command = [str(generator), "build", "--strict", "--clean", "--config-file", str(WORK / "zensical.toml")]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        print(f"docs: the generator has not ended within {LONGEST} s and was stopped: run this again", file=sys.stderr)
        return 1
    if done.returncode:
        # After its warnings the generator prints a stack trace of its own.
        print(done.stdout.partition("Traceback")[0], file=sys.stderr)
        print("docs: the site was not built: see the warnings above", file=sys.stderr)
        return 1
    if asked := asks_others(WORK / "site"):
        print("docs: these pages load something from another host:", *asked, sep="\n  ", file=sys.stderr)
        return 1
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.move(WORK / "site", SITE)
    print(f"wrote {len(list(SITE.rglob('*.html')))} pages; open site/index.html")
    return 0


def asks_others(site: Path) -> list[str]:
    """What the pages in a folder load from other hosts when they are opened: page and tag. Links are not loaded."""
    found = []
    for page in sorted(site.rglob("*.html")):
        for tag in _LOADED.findall(page.read_text()):
            if not tag.startswith("<link") or (_RELATION.search(tag) and _ELSEWHERE.search(tag)):
                found.append(f"{page.relative_to(site)}: {tag}")
    return found


if __name__ == "__main__":
    sys.exit(main())
