"""The pipeline for GitLab CI. https://docs.gitlab.com/ci/yaml/"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from automation.workflows import gitlab_scripts as scripts
from automation.workflows import steps
from automation.workflows.steps import PROD, Place
from automation.workflows.yaml_text import text
from shared.layers import LAYERS

_MERGE_REQUEST = '$CI_PIPELINE_SOURCE == "merge_request_event"'
_MERGED = '$CI_COMMIT_BRANCH == "main" && $CI_PIPELINE_SOURCE == "push"'
_BY_HAND = '$CI_COMMIT_BRANCH == "main" && $CI_PIPELINE_SOURCE == "web"'
_NIGHTLY = '$CI_PIPELINE_SOURCE == "schedule"'
_BEFORE = [
    "apt-get update -qq && apt-get install -qq --yes jq",
    steps.INSTALL,
    'export PATH="$PWD/.venv/bin:$PATH"',
    scripts.SIGN_IN,
]


def files(places: Sequence[Place] = (PROD,)) -> dict[str, str]:
    """Path → text of the pipeline, which is one for all environments."""
    return {".gitlab-ci.yml": steps.GENERATED + text(_pipeline(places))}


def _pipeline(places: Sequence[Place]) -> dict[str, Any]:
    jobs = {name: job for place in places for name, job in _jobs(place).items()}
    return {
        "workflow": {
            "rules": [{"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}, {"if": '$CI_COMMIT_BRANCH == "main"'}]
        },
        "stages": ["plan", *LAYERS, "report"],
        "default": {"image": "python:3.12", "timeout": "1 hour", "before_script": _BEFORE},
        **jobs,
    }


def _jobs(place: Place) -> dict[str, Any]:
    account = f"${place.variable('AWS_MANAGEMENT_ACCOUNT')}"
    jobs: dict[str, Any] = {
        "inactive": {
            "stage": "plan",
            "rules": [{"if": f'{account} == null || {account} == ""'}],
            "before_script": [],
            "script": [f'echo "{place.off}"'],
        },
        "preview": {
            **_job(place, "plan", _MERGE_REQUEST, preview=True),
            "script": [
                'git fetch --quiet origin "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"',
                'export BASE="$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"',
                # The comment says why there is no plan; the job fails all the same.
                f"code=0; {steps.PREVIEW} || code=$?",
                f"{steps.COMMENT} --host gitlab || code=1",
                scripts.POST,
                'exit "$code"',
            ],
            "artifacts": {"paths": ["plan.json", "comment.md"], "when": "always", "expire_in": "30 days"},
        },
        "plan": {
            **_job(place, "plan", _MERGED, _BY_HAND, preview=True),
            "script": [
                scripts.FIND,
                f'if [ "$CI_PIPELINE_SOURCE" = web ]; then {steps.PREVIEW_ALL}; fi',
                steps.COMMENT,
            ],
            "artifacts": {"paths": ["plan.json", "comment.md"]},
        },
    }
    for layer in LAYERS.values():
        jobs[layer.name] = _layer(place, layer.name, ["plan", *layer.reads])
    jobs["report"] = {
        "stage": "report",
        "rules": [{"if": f"{rule} && {account}", "when": "always"} for rule in (_MERGED, _BY_HAND)],
        "dependencies": [place.name(layer) for layer in LAYERS],
        "before_script": ["mkdir reports && mv report-*.json reports"],
        "script": [steps.REPORT, "cat report.md"],
        "artifacts": {"paths": ["report.json", "report.md"]},
    }
    jobs["drift"] = {
        **_job(place, "plan", _NIGHTLY, preview=True),
        "script": [steps.DRIFT, scripts.ISSUE],
        "artifacts": {"paths": ["drift.txt"], "when": "always"},
    }
    return {place.name(name): job for name, job in jobs.items()}


def _layer(place: Place, layer: str, needs: Sequence[str]) -> dict[str, Any]:
    script = steps.deploy(layer)
    job = {
        **_job(place, layer, _MERGED, _BY_HAND),
        "needs": [{"job": place.name(name), "artifacts": name == "plan"} for name in needs],
        # Who must approve is a setting of the protected environment.
        "environment": {"name": place.name(layer), "action": "start"},
        "resource_group": place.name(layer),
        "variables": {
            "ENVIRONMENT": place.environment,
            **dict.fromkeys(scripts.ROLES, steps.role("Deploy", layer)),
        },
        "cache": {"key": f"inputs-{place.name(layer)}", "paths": [".inputs"]},
        "script": [script],
        "artifacts": {"paths": [f"report-{layer}*.json"], "when": "always"},
    }
    if LAYERS[layer].per_account:
        del job["resource_group"]  # its parts run side by side
        job["parallel"] = steps.SHARDS
        job["cache"] = {"key": f"inputs-{place.name(layer)}-$CI_NODE_INDEX", "paths": [".inputs"]}
        job["script"] = ['export SHARD="$CI_NODE_INDEX/$CI_NODE_TOTAL"', script]
    return job


def _job(place: Place, stage: str, *rules: str, preview: bool = False) -> dict[str, Any]:
    variables = {
        name: steps.role("Preview", layer)
        for name, layer in zip(scripts.ROLES, [steps.last_layer(), *LAYERS], strict=True)
    }
    found: dict[str, Any] = {"variables": {"ENVIRONMENT": place.environment}}
    if preview:
        found["variables"] |= {**variables, "GIT_DEPTH": "0"}
    if not place.first:
        # A variable of the project has precedence over one of a job.
        own = [f'export {name}="${place.variable(name)}"' for name in steps.VARIABLES]
        own.append(f'export {steps.ORGANIZATION}="${{{place.variable(steps.ORGANIZATION)}:-}}"')
        found["before_script"] = [*own, *_BEFORE]
    return {
        "stage": stage,
        "rules": [{"if": f"{rule} && ${place.variable('AWS_MANAGEMENT_ACCOUNT')}"} for rule in rules],
        "id_tokens": {
            "AWS_TOKEN": {"aud": "sts.amazonaws.com"},
            "ID_TOKEN": {"aud": f"{steps.AUDIENCE}${place.variable(steps.ORGANIZATION)}"},
        },
        **found,
    }
