"""`invoke access --html`: the page of a deployed organization, opened in a browser."""

import json
import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.automation.page.test_browser import FOLDER
from tests.e2e.project import Project
from tests.npm import installed

pytestmark = pytest.mark.e2e


def test_the_page_of_a_deployed_organization(deployed: Project, tmp_path: Path) -> None:
    node = installed(FOLDER, "nobody looks at the access page")
    deployed.invoke("drift")
    output = deployed.invoke("access", "--html", "access.html").output
    assert "written: access.html" in output
    file = deployed.root / "access.html"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    words = [node, "look.mjs", str(file), str(tmp_path / "page.png"), "light", "1280", "shared-test", "Perimeter"]
    done = subprocess.run(words, cwd=FOLDER, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["violations"] == []
    assert seen["errors"] == []
    assert seen["found"]["accounts"] == ["shared-test"]
    opened = {row.split("arn:")[0].strip(): row for row in seen["found"]["opened"]}
    assert "ada with MFA" in opened["DeveloperRole"]
    assert "cicd-automation" not in opened["DeveloperRole"]
    assert "cicd-automation" in opened["AutomationRole"]
    assert "ada" not in opened["AutomationRole"]
    # People can switch to their role in the console, and nobody to automation's.
    assert 'link "Switch to DeveloperRole in shared-test"' in seen["found"]["accessibility"]
    assert "Switch to AutomationRole" not in file.read_text()
    text = file.read_text()
    for said in (
        "Deploy of",
        "Compared with AWS",
        "accounts/shared-test",
        "20 changes",
        "Guardrails-1",
        "from /",
        "Development",
    ):
        assert said in text, said
    assert re.search(r"<h2 id=\"changes-title\">[^<]*</h2>\s*<p class=\"none\">Not asked for", text)


def test_with_the_changes(deployed: Project) -> None:
    file = deployed.root / "stacks/policies/Pulumi.sandbox.yaml"
    before = file.read_text()
    file.write_text(before.replace("      - us-east-1\n", "      - us-east-1\n      - eu-west-1\n"))
    assert file.read_text() != before
    try:
        deployed.invoke("access", "--html", "changes.html", "--diff", expect=2)
    finally:
        file.write_text(before)
    text = (deployed.root / "changes.html").read_text()
    assert re.search(r'<li data-search="[^"]*DeveloperRole[^"]*gains?[^"]*eu-west-1[^"]*"', text)


def test_a_file_that_cannot_be_is_said_before_anything_is_read(deployed: Project) -> None:
    output = deployed.invoke("access", "--html", "access.txt", expect=1).output
    assert output.strip() == "--html is 'access.txt'; allowed: a file that ends in .html"
