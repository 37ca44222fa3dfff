"""The page in headless Chromium: seen, used by keyboard, and checked for people who hear it (axe-core).

`CHROMIUM=/usr/bin/chromium` takes that browser instead of npm's. With `SCREENSHOTS=docs` (`make screenshots`) the
pictures of the documents are made anew.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from automation.page.render import write
from tests.automation.page.pages import page
from tests.npm import installed

FOLDER = Path(__file__).parent / "browser"
TIMEOUT = 240
PICTURED = {(5, 1280), (200, 1280)}
CASES = [(5, "light", 1280), (5, "dark", 400), (200, "light", 400), (200, "dark", 1280)]


@pytest.fixture(scope="module")
def node() -> str:
    return installed(FOLDER, "nobody looks at the access page")


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(map(str, case)))
def seen(request: pytest.FixtureRequest, node: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    accounts, scheme, width = request.param
    folder = tmp_path_factory.mktemp("page")
    write(folder / "page.html", page(accounts))
    done = subprocess.run(
        [
            node,
            "look.mjs",
            str(folder / "page.html"),
            str(folder / "page.png"),
            scheme,
            str(width),
            "team-003",
            "Perimeter",
        ],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    if (pictures := os.environ.get("SCREENSHOTS")) and (accounts, width) in PICTURED:
        for name in ("page", "page-found"):
            shutil.copy(folder / f"{name}.png", Path(pictures) / f"access-{name}-{accounts}-{scheme}.png")
    return found | {"accounts": accounts, "scheme": scheme, "folder": folder}


def test_nobody_is_kept_out(seen: dict[str, Any]) -> None:
    assert seen["violations"] == []
    assert seen["passes"] > 30


def test_it_is_whole_in_itself(seen: dict[str, Any]) -> None:
    assert [url for url in seen["requests"] if not url.startswith(("file:", "data:"))] == []
    assert seen["errors"] == []


def test_it_fits_the_window_and_the_scheme(seen: dict[str, Any]) -> None:
    assert seen["overflow"] <= 0
    light = seen["colors"]["page"] == "rgb(255, 255, 255)"
    assert light == (seen["scheme"] == "light")
    for name in ("page.png", "page-found.png"):
        assert (seen["folder"] / name).read_bytes()[:4] == b"\x89PNG"


def test_the_keyboard_reaches_everything_in_order(seen: dict[str, Any]) -> None:
    assert seen["tab"][:10] == [
        "Skip to the organization",
        "Search accounts, roles, people, policies",
        "Organization",
        "Who assumes what",
        "Policies",
        "Changes",
        "Last run",
        "Drift",
        "Open all",
        "Close all",
    ]
    assert seen["tab"][10].startswith("Root")


def test_it_can_be_searched(seen: dict[str, Any]) -> None:
    found = seen["found"]
    assert found["accounts"] == ["team-003"]
    assert found["said"] == "1 account, 0 policies, 3 lines of the tables"
    assert len(found["rows"]) == 3
    # Many accounts are closed at first, and again when the search is over.
    assert len(seen["before"]) == (5 if seen["accounts"] == 5 else 0)
    assert seen["after"] == seen["before"]


def test_an_account_opens_by_keyboard_and_says_its_roles(seen: dict[str, Any]) -> None:
    automation, developer = seen["found"]["opened"]
    assert automation.startswith("AutomationRole")
    assert "cicd-automation" in automation
    assert "ada with MFA" in developer
    assert 'table "Roles in team-003"' in seen["found"]["accessibility"]
    assert 'link "Switch to DeveloperRole in team-003"' in seen["found"]["accessibility"]


def test_a_policy_is_one_step_from_where_it_holds(seen: dict[str, Any]) -> None:
    assert seen["policy"] == ['{"Statement": []}']
    assert seen["focus"].startswith("Perimeter")


def test_names_for_those_who_hear_it(seen: dict[str, Any]) -> None:
    assert {name: count for name, count in seen["roles"].items() if name != "headings"} == {
        "search": 1,
        "navigation": 1,
        "tables": 1,
    }
    assert seen["roles"]["headings"] == [
        "Organization",
        "Who assumes what",
        "Policies",
        "What the next deployment changes",
        "Last run",
        "Drift",
    ]
