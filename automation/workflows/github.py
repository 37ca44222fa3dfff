"""The workflows for GitHub Actions. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from automation.workflows import github_scripts as scripts
from automation.workflows import steps
from automation.workflows.steps import PROD, Place
from automation.workflows.yaml_text import text
from shared.layers import LAYERS

Step = dict[str, Any]

ACTIONS = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/cache": ("27d5ce7f107fe9357f9df03efb73ab90386fccae", "v5.0.5"),
    "actions/upload-artifact": ("bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
    "actions/download-artifact": ("3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
    "aws-actions/configure-aws-credentials": ("e6de054238d6b7531b4efff3b6587d9aade6a06c", "v6.2.3"),
}
"""Action → the commit of a release and its tag. A tag can be moved, a commit cannot."""

RUNNER = "ubuntu-24.04"
"""What the jobs run on."""

_MINUTES = 60
TOKEN = "${{ github.token }}"  # noqa: S105 - the expression, not a token
"""The job's own token. Each step that asks GitHub gets it, and no other."""


def files(place: Place = PROD) -> dict[str, str]:
    """Path → text of each workflow of an environment."""
    made = {"pull-request": _pull_request(place), "deploy": _deploy(place), "drift": _drift(place)}
    return {f".github/workflows/{place.name(name)}.yml": written(document, place) for name, document in made.items()}


def on(place: Place) -> str:
    """The condition of every job: a workflow is off until its variables are filled in."""
    return f"vars.{place.variable('AWS_MANAGEMENT_ACCOUNT')} != ''"


def written(document: Mapping[str, Any], place: Place) -> str:
    """The text of a workflow's file."""
    name = document["name"] if place.first else f"{document['name']} ({place.environment})"
    known = {**document, "name": name, "env": {"ENVIRONMENT": place.environment}}
    jobs = known.pop("jobs")
    found = text({**known, "jobs": jobs}).replace("'on':", "on:")
    return steps.GENERATED + re.sub(r"uses: (\S+)@\w{40}$", _with_release, found, flags=re.MULTILINE)


def _with_release(found: re.Match[str]) -> str:
    return f"{found[0]} # {ACTIONS[found[1].removesuffix('/restore')][1]}"


def _pull_request(place: Place) -> dict[str, Any]:
    same = "github.event.pull_request.head.repo.full_name == github.repository"
    return {
        "name": "Pull request",
        "on": {"pull_request": {"branches": ["main"]}},
        "permissions": {},
        "defaults": {"run": {"shell": "bash"}},
        "concurrency": {
            "group": f"{place.name('pull-request')}-${{{{ github.event.pull_request.number }}}}",
            "cancel-in-progress": True,
        },
        "jobs": {
            "inactive": inactive(place),
            place.name("preview"): {
                # A fork's job gets no token, and so no role.
                "if": f"{on(place)} && {same}",
                **_job({"contents": "read", "id-token": "write", "pull-requests": "write"}, place=place),
                "steps": [
                    *_begin(history=True),
                    *[_restore(place.name(layer)) for layer in LAYERS if not LAYERS[layer].per_account],
                    *_previewing(place),
                    run("Preview", steps.PREVIEW, BASE="${{ github.base_ref }}"),
                    run("Write the comment", steps.COMMENT) | {"if": "${{ !cancelled() }}"},
                    run(
                        "Post the comment",
                        scripts.POST,
                        GH_TOKEN=TOKEN,
                        NUMBER="${{ github.event.pull_request.number }}",
                    )
                    | {"if": "${{ !cancelled() }}"},
                    _upload("plan", "plan.json"),
                ],
            },
        },
    }


def _deploy(place: Place) -> dict[str, Any]:
    by_hand = "github.event_name == 'workflow_dispatch'"
    jobs: dict[str, Any] = {
        "inactive": inactive(place),
        "plan": {
            "if": on(place),
            **_job({"contents": "read", "actions": "read", "pull-requests": "read", "id-token": "write"}, place=place),
            "outputs": {name: f"${{{{ steps.jobs.outputs.{name} }}}}" for name in ("layers", "shards")},
            "steps": [
                *_begin(),
                *_previewing(place),
                run(
                    "Find the approved plan",
                    scripts.FIND,
                    GH_TOKEN=TOKEN,
                    WORKFLOW=f"{place.name('pull-request')}.yml",
                )
                | {"if": "github.event_name == 'push'"},
                # Without a pull request, or after a refused plan: who approves the environments approves this one.
                run("Preview", steps.PREVIEW_ALL) | {"if": by_hand},
                run("Show the plan to who approves", f'{steps.COMMENT}\ncat comment.md >> "$GITHUB_STEP_SUMMARY"'),
                run("Which jobs", f"{steps.JOBS_OF_PLAN}\n{scripts.OUTPUTS}", MOST=str(steps.SHARDS)) | {"id": "jobs"},
                _upload("plan", "plan.json"),
            ],
        },
    }
    for layer in LAYERS.values():
        jobs[layer.name] = _layer(layer.name, ["plan", *layer.reads], place)
    jobs["report"] = {
        "if": f"{on(place)} && always() && needs.plan.result == 'success'",
        "needs": ["plan", *LAYERS],
        **_job({"contents": "read"}, minutes=5, place=place),
        "steps": [
            use("actions/download-artifact", {"pattern": "report-*", "path": "reports", "merge-multiple": True}),
            run("One report", f'{steps.REPORT}\ncat report.md >> "$GITHUB_STEP_SUMMARY"'),
            _upload("report", "report.json"),
        ],
    }
    return {
        "name": "Deploy",
        "on": {"push": {"branches": ["main"]}, "workflow_dispatch": {}},
        "permissions": {},
        "defaults": {"run": {"shell": "bash"}},
        "concurrency": {"group": place.name("deploy"), "cancel-in-progress": False},
        "jobs": jobs,
    }


def _layer(layer: str, needs: Sequence[str], place: Place) -> dict[str, Any]:
    wanted = f"contains(fromJSON(needs.plan.outputs.layers), '{layer}')"
    job: dict[str, Any] = {
        # A layer that is not in the plan is skipped, and must not take along those that read it.
        "if": f"${{{{ !cancelled() && !failure() && needs.plan.result == 'success' && {wanted} }}}}",
        "needs": list(needs),
        # Who must approve is a setting of the environment, and so is who may change it.
        "environment": place.name(layer),
    }
    name = layer
    variables = {}
    if LAYERS[layer].per_account:
        job["strategy"] = {
            "fail-fast": False,
            "max-parallel": steps.SHARDS,
            "matrix": {"shard": "${{ fromJSON(needs.plan.outputs.shards) }}"},
        }
        name = f"{layer}-${{{{ matrix.shard }}}}"
        variables = {"SHARD": "${{ matrix.shard }}/${{ strategy.job-total }}"}
    return {
        **job,
        **_job({"contents": "read", "id-token": "write"}, place=place),
        "steps": [
            *_begin(),
            use(
                "actions/cache",
                {
                    "path": ".inputs",
                    "key": f"inputs-{place.name(name)}-${{{{ github.run_id }}}}",
                    "restore-keys": f"inputs-{place.name(name)}-\n",
                },
            ),
            use("actions/download-artifact", {"name": "plan"}),
            *_sign_in(steps.role("Deploy", layer), dict.fromkeys(LAYERS, steps.role("Deploy", layer)), place),
            run("Deploy", steps.deploy(layer), **variables),
            _upload(f"report-{name}", f"report-{layer}*.json") | {"if": "${{ !cancelled() }}"},
        ],
    }


def _drift(place: Place) -> dict[str, Any]:
    return {
        "name": "Drift",
        "on": {"schedule": [{"cron": "17 3 * * *"}], "workflow_dispatch": {}},
        "permissions": {},
        "defaults": {"run": {"shell": "bash"}},
        "concurrency": {"group": place.name("drift"), "cancel-in-progress": False},
        "jobs": {
            "inactive": inactive(place),
            "drift": {
                "if": on(place),
                **_job({"contents": "read", "id-token": "write", "issues": "write"}, place=place),
                "steps": [
                    *_begin(),
                    *_previewing(place),
                    run("Compare", steps.DRIFT),
                    run("Open, update or close the issue", scripts.ISSUE, GH_TOKEN=TOKEN),
                ],
            },
        },
    }


def inactive(place: Place = PROD) -> dict[str, Any]:
    """The job that says which variables are missing."""
    return {
        "if": on(place).replace("!=", "=="),
        "runs-on": RUNNER,
        "timeout-minutes": 1,
        "steps": [run("Say what is missing", f"echo '::notice::{place.off}'")],
    }


def _job(permissions: Mapping[str, str], minutes: int = _MINUTES, place: Place = PROD) -> dict[str, Any]:
    return {
        "runs-on": RUNNER,
        "timeout-minutes": minutes,
        "permissions": dict(permissions),
        "env": {name: _variable(place, name) for name in steps.VARIABLES if name != "AWS_MANAGEMENT_ACCOUNT"},
    }


def _begin(*, history: bool = False) -> list[Step]:
    checkout = {"persist-credentials": False, **({"fetch-depth": 0} if history else {})}
    return [
        use("actions/checkout", checkout),
        use("actions/setup-python", {"python-version": "3.12"}),
        run("Install", f'{steps.INSTALL}\necho "$PWD/.venv/bin" >> "$GITHUB_PATH"'),
    ]


def _previewing(place: Place = PROD) -> list[Step]:
    return _sign_in(
        steps.role("Preview", steps.last_layer()), {layer: steps.role("Preview", layer) for layer in LAYERS}, place
    )


def _sign_in(own: str, profiles: Mapping[str, str], place: Place = PROD) -> list[Step]:
    """Take a role for the states and for what names no profile, and one for each profile that files may name; and a
    token of Pulumi Cloud if the states are there."""
    action = "aws-actions/configure-aws-credentials"

    def step(name: str, **more: str) -> Step:
        account, region = (_variable(place, each) for each in ("AWS_MANAGEMENT_ACCOUNT", "AWS_REGION"))
        return use(action, {"role-to-assume": f"arn:aws:iam::{account}:role/{name}", "aws-region": region, **more})

    organization = place.variable(steps.ORGANIZATION)
    cloud = run(
        "Sign in to Pulumi Cloud", scripts.PULUMI_CLOUD, **{steps.ORGANIZATION: f"${{{{ vars.{organization} }}}}"}
    )
    roles = [step(own), *(step(name, **{"aws-profile": profile}) for profile, name in profiles.items())]
    return [*roles, {"if": f"vars.{organization} != ''", **cloud}]


def _variable(place: Place, name: str) -> str:
    return f"${{{{ vars.{place.variable(name)} }}}}"


def _restore(layer: str) -> Step:
    given = {"path": ".inputs", "key": f"inputs-{layer}-none", "restore-keys": f"inputs-{layer}-\n"}
    return use("actions/cache/restore", given)


def _upload(name: str, path: str) -> Step:
    return use("actions/upload-artifact", {"name": name, "path": path, "if-no-files-found": "ignore"})


def use(action: str, given: Mapping[str, Any]) -> Step:
    """A step that is an action of `ACTIONS`."""
    return {"uses": f"{action}@{ACTIONS[action.removesuffix('/restore')][0]}", "with": dict(given)}


def run(name: str, script: str, **variables: str) -> Step:
    """A step that is a script, with variables of its own."""
    return {"name": name, **({"env": variables} if variables else {}), "run": script}
