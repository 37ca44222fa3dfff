"""The file: whole in itself, and nothing in it can run or send anything."""

import re
import stat
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from automation.page.model import Unit
from automation.page.render import page_file, render, write
from shared.errors import UsageError
from tests.automation.page.pages import HOSTILE, MADE, page


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_nothing_is_loaded_from_anywhere() -> None:
    for tag, attributes in _Elements(render(page(5))).found:
        assert not (attributes.get("src") or "").strip()
        if tag == "link":
            assert attributes["href"] == "data:,"


def test_what_aws_allows_in_a_description_is_text_here() -> None:
    text = render(page(5))
    assert HOSTILE not in text
    assert [tag for tag, _ in _Elements(text).found].count("script") == 1
    assert not any(tag == "img" for tag, _ in _Elements(text).found)
    assert not any(name.startswith("on") for _, attributes in _Elements(text).found for name in attributes)


def test_every_policy_that_is_named_can_be_gone_to() -> None:
    elements = _Elements(render(page(5))).found
    ids = {attributes["id"] for _, attributes in elements if "id" in attributes}
    targets = {(attributes.get("href") or "")[1:] for tag, attributes in elements if tag == "a"}
    assert {target for target in targets if target.startswith("policy-")} <= ids
    assert len([name for name in ids if name and name.startswith("policy-")]) == 3


def test_ids_are_there_once() -> None:
    ids = re.findall(r'\sid="([^"]+)"', render(page(200)))
    assert len(ids) == len(set(ids))


def test_an_empty_organization() -> None:
    empty = replace(
        page(0), root=Unit("/", "Root"), policies=[], last_run=None, drift=None, changes=None, environment="sandbox"
    )
    text = render(empty)
    for said in ("0 accounts in 0 OUs", "Nobody", "Not asked for", "No run of this environment", "invoke drift --env"):
        assert said in text


def test_the_matrix_tells_all_accounts_from_some() -> None:
    rows = {(row.principal, row.role): row for row in page(4).matrix}
    assert rows["ada", "DeveloperRole"].everywhere
    assert rows["ada", "DeveloperRole"].accounts == ("team-000", "team-001", "team-002", "team-003")
    fewer = page(4)
    workloads = fewer.root.units[1]
    first = workloads.units[0].accounts[0]
    without = replace(first, roles=tuple(replace(role, reached_by=role.reached_by[:1]) for role in first.roles))
    unit = replace(workloads.units[0], accounts=(without, *workloads.units[0].accounts[1:]))
    root = replace(fewer.root, units=(replace(workloads, units=(unit, workloads.units[1])),))
    rows = {(row.principal, row.role): row for row in replace(fewer, root=root).matrix}
    assert rows["ada", "DeveloperRole"].everywhere
    assert not rows["grace", "DeveloperRole"].everywhere
    assert rows["grace", "DeveloperRole"].accounts == ("team-001", "team-002", "team-003")


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    file = page_file(str(tmp_path / "access.html"))
    file.write_text("of before")
    write(file, page(1))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "2026-11-28 08:30 UTC" in file.read_text()
    assert list(tmp_path.iterdir()) == [file]
    assert MADE.isoformat() in file.read_text()


@pytest.mark.parametrize("name", ["access.txt", "access", "nowhere/access.html", "folder.html"])
def test_a_file_that_cannot_be(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UsageError, match=r"--html is .*; allowed: a file"):
        page_file(name)
