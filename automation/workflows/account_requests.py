"""The workflow that makes a pull request of an issue which asks for an account, and the form of such issues.

What is in the issue is never part of a script: it is read from the event's file, by a program that trusts nothing of
it. Only who may write to the repository starts that, with the issue or with the label that says so.
https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#issues
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from automation.vending.form import APPROVED, REQUESTED, form
from automation.vending.rules import read_rules
from automation.workflows import github, github_scripts, steps
from automation.workflows.steps import PROD, Place
from automation.workflows.yaml_text import text
from shared.layers import ROOT, SANDBOX, environments

WORKFLOW = "new-account"

READ = f"""\
jq -r '.issue.body // ""' "$GITHUB_EVENT_PATH" > issue.md
invoke account-request --env {steps.ENV} --issue issue.md --comment comment.md"""


def workflows(place: Place = PROD) -> dict[str, str]:
    """Path → text of an environment's workflow."""
    return {f".github/workflows/{place.name(WORKFLOW)}.yml": github.written(_workflow(place), place)}


def forms(place: Place = PROD, root: Path = ROOT) -> dict[str, str]:
    """Path → text of an environment's form. Raises `ConfigError` for files that it cannot follow."""
    there = environments(root)
    # Before there is an environment, the sandbox's files show what the form is like.
    shown = next((each for each in (place.environment, SANDBOX) if each in there), None)
    if shown is None:
        return {}
    made = form(read_rules(shown, root), label=place.name(REQUESTED))
    head = f"{steps.GENERATED}# Its choices are from the files of environment {shown}.\n"
    return {f".github/ISSUE_TEMPLATE/{place.name(WORKFLOW)}.yml": head + text(made)}


def _workflow(place: Place) -> dict[str, Any]:
    requested = f"contains(github.event.issue.labels.*.name, '{place.name(REQUESTED)}')"
    # The form's own label comes as an event, too.
    labeled = f"(github.event.action != 'labeled' || github.event.label.name == '{APPROVED}')"
    return {
        "name": "New account",
        "on": {"issues": {"types": ["opened", "reopened", "edited", "labeled"]}},
        "permissions": {},
        "defaults": {"run": {"shell": "bash"}},
        "jobs": {
            "inactive": github.inactive(place),
            "who": {
                "if": f"{github.on(place)} && github.event.issue.state == 'open' && {requested} && {labeled}",
                "runs-on": github.RUNNER,
                "timeout-minutes": 5,
                "permissions": {},
                "outputs": {"may": "${{ steps.who.outputs.may }}"},
                "steps": [
                    github.run("Who asks", github_scripts.MAY_WRITE, GH_TOKEN=github.TOKEN, LABEL=APPROVED)
                    | {"id": "who"}
                ],
            },
            "request": {
                "if": "needs.who.outputs.may == 'true'",
                "needs": ["who"],
                "runs-on": github.RUNNER,
                "timeout-minutes": 15,
                "permissions": {"contents": "write", "issues": "write", "pull-requests": "write"},
                # An issue that is edited twice is read in that order, and at last as it is.
                "concurrency": {
                    "group": f"{place.name(WORKFLOW)}-${{{{ github.event.issue.number }}}}",
                    "cancel-in-progress": False,
                },
                "env": {"NUMBER": "${{ github.event.issue.number }}"},
                "steps": [
                    github.use("actions/checkout", {"ref": "main", "persist-credentials": False}),
                    github.use("actions/setup-python", {"python-version": "3.12"}),
                    github.run("Install", f'make {steps.PACKAGES}\necho "$PWD/.venv/bin" >> "$GITHUB_PATH"'),
                    github.run("Read the request", READ),
                    github.run("Bring the pull request up to date", github_scripts.REQUEST, GH_TOKEN=github.TOKEN),
                    github.run("Post the comment", github_scripts.POST, GH_TOKEN=github.TOKEN)
                    | {"if": "${{ !cancelled() }}"},
                ],
            },
        },
    }
