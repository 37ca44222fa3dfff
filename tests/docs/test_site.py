"""The site of the documents: every link and anchor leads somewhere, every page has its place, nothing is loaded."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs_site.__main__ import asks_others
from docs_site.links import anchors, links, with_links
from docs_site.pages import PAGES, page, page_of, repository, write
from shared.layers import ROOT
from tests.docs.test_documents import DOCUMENTS

NAMES = [str(file.relative_to(ROOT)) for file in DOCUMENTS]
OF_THE_SITE = [name for name in NAMES if page_of(name)]


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_every_anchor_is_there(name: str) -> None:
    file = ROOT / name
    missing = []
    for link in links(file.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        there = target.is_relative_to(ROOT) and target.exists()
        if not there or (anchor and (target.suffix != ".md" or anchor not in anchors(target.read_text()))):
            missing.append(link)
    assert missing == [], f"{name} links to what is not there"


@pytest.mark.parametrize("published", [None, "https://github.com/acme/organization"])
@pytest.mark.parametrize("name", OF_THE_SITE)
def test_no_link_of_the_site_leads_out_of_it(name: str, published: str | None) -> None:
    pages = {page_of(each) for each in NAMES}
    here = Path(str(page_of(name))).parent
    for link in links(page(ROOT, name, published)):
        if "://" in link or link.startswith(("#", "mailto:")):
            assert published or "acme/organization" not in link
            continue
        target = (ROOT / "pages" / here / link.partition("#")[0]).resolve().relative_to(ROOT / "pages")
        assert str(target) in pages or (ROOT / "docs" / target).is_file(), link


TEXT = (
    "# The *first* `one`: [a](c.md)\n\n"
    "[`a.py`](../shared/a.py), [b](../shared), [home](../README.md#a), [c](c.md#d), [d](#e),"
    "\n`[x](../no.py)`, [w](https://w.example)\n\n```text\n# no heading\n[y](../no.py)\n```\n\n## One\n## One\n"
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    for folder in ("docs", "shared"):
        (tmp_path / folder).mkdir()
    for name, text in {"README.md": "# A\n", "docs/b.md": TEXT, "docs/c.md": "# D\n", "docs/d.svg": "<svg/>"}.items():
        (tmp_path / name).write_text(text)
    for name in PAGES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# A\n")
    return tmp_path


def test_a_link_to_a_file_leads_to_the_repository_or_is_none(small: Path) -> None:
    changed = page(small, "docs/b.md", "https://git.example/x")
    expected = TEXT.replace("../shared/a.py", "https://git.example/x/blob/main/shared/a.py")
    expected = expected.replace("(../shared)", "(https://git.example/x/tree/main/shared)")
    assert changed == expected.replace("../README.md", "index.md")
    alone = page(small, "docs/b.md", None)
    assert "\n\n`a.py`, b, [home](index.md#a), [c](c.md#d), [d](#e),\n`[x](../no.py)`, [w](" in alone
    assert "[y](../no.py)" in alone


def test_headings_have_the_anchors_of_github() -> None:
    assert anchors(TEXT) == ["the-first-one-a", "one"]
    assert list(links(TEXT))[1:4] == ["../shared/a.py", "../shared", "../README.md#a"]
    assert with_links("[a `b` [c]](d)", lambda _link: None) == "a `b` [c]"


def test_the_pages_are_written_anew(small: Path) -> None:
    pages = small / "pages"
    (pages / "old.md").parent.mkdir()
    (pages / "old.md").touch()
    write(small, pages, None)
    written = {str(file.relative_to(pages)) for file in pages.rglob("*") if file.is_file()}
    assert written == {"b.md", "c.md", "d.svg", *PAGES.values()}


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/acme/organization.git", "https://github.com/acme/organization"),
        ("https://user:secret@git.example/group/sub/x", "https://git.example/group/sub/x"),
        ("git@github.com:acme/organization.git", "https://github.com/acme/organization"),
        ("ssh://git@git.example/acme/x.git", "https://git.example/acme/x"),
        ("/srv/git/x", None),
        ("", None),
    ],
)
def test_the_repository_is_where_git_says(tmp_path: Path, remote: str, address: str | None) -> None:
    (tmp_path / ".git").mkdir()
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    if remote:
        subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", remote], check=True)
    assert repository(tmp_path) == address


def test_every_page_is_in_the_navigation_once() -> None:
    settings = tomllib.loads((ROOT / "docs_site/zensical.toml").read_text())
    named = list(_named(settings["project"]["nav"]))
    assert sorted(named) == sorted(str(page_of(name)) for name in OF_THE_SITE), "see nav in docs_site/zensical.toml"
    assert [next(iter(part)) for part in settings["project"]["nav"]] == [
        "Start",
        "Tutorial",
        "How to",
        "Reference",
        "Explanation",
    ]


def _named(nav: list[Any]) -> Iterator[str]:
    for item in nav:
        if isinstance(item, str):
            yield item
        else:
            for below in item.values():
                yield from _named(below if isinstance(below, list) else [below])


@pytest.mark.parametrize("name", OF_THE_SITE)
def test_no_diagram_needs_code_of_another_host(name: str) -> None:
    assert "```mermaid" not in (ROOT / name).read_text(), (
        "the site has no Mermaid, which is loaded from a CDN: a picture"
    )


@pytest.mark.parametrize(
    ("tag", "loads"),
    [
        ('<script src="https://cdn.example/x.js"></script>', True),
        ("<img alt=x src=//cdn.example/x.png>", True),
        ('<link rel="stylesheet" href="https://fonts.example/x.css">', True),
        ('<link href="x.css" rel="stylesheet">', False),
        ('<link rel="canonical" href="https://docs.example/">', False),
        ('<a href="https://aws.amazon.com/">x</a><script src="assets/x.js"></script>', False),
    ],
)
def test_what_a_page_loads_from_another_host_is_found(tmp_path: Path, tag: str, loads: bool) -> None:
    (tmp_path / "a.html").write_text(f"<html>{tag}</html>")
    assert bool(asks_others(tmp_path)) == loads
