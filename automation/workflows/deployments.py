"""Pulumi Deployments: the settings of each stack, and the webhooks that bring the stacks into the graph's order.

A deployment is one stack alone. A webhook starts a stack when *one* other was updated, and cannot wait for two; so the
layers are one chain in the graph's order, and its last stack starts all accounts. Only the first is started by a push.
https://www.pulumi.com/docs/deployments/guides/dependent-stack-updates/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from automation.workflows import steps
from automation.workflows.source import Source
from automation.workflows.targets import Target
from shared.layers import StackId

PATHS = ["stacks/**", "shared/**", "requirements.lock"]
"""What a push must have changed to start the chain: what programs are made of."""

UPDATED = "update_succeeded"
"""The one event that is the end of an update. Others would start a stack more than once."""


def files(environments: Mapping[str, Sequence[Target]], source: Source) -> dict[str, str]:
    """Path → body of each request to Pulumi Cloud's REST API; the path is that of the request. Raises `UsageError`.

    https://www.pulumi.com/docs/reference/cloud-rest-api/deployments/
    """
    source.check("cloud_organization", "github")
    made: dict[str, Any] = {}
    for targets in environments.values():
        starters = chain([target.stack for target in targets])
        for target in targets:
            stack = target.stack
            pushed = stack not in starters
            made[f"{_path(stack, source)}/deployments/settings.json"] = _settings(target, source, pushed=pushed)
        for started, starter in starters.items():
            webhook = _webhook(starter, started, source)
            made[f"{_path(starter, source)}/hooks/{webhook['name']}.json"] = webhook
    return {name: json.dumps(body, indent=2) + "\n" for name, body in made.items()}


def chain(stacks: Sequence[StackId]) -> dict[StackId, StackId]:
    """Each stack but the first, with the one whose update starts it. `stacks` are in the graph's order.

    When a stack is started, every stack that it reads has been updated: those are before it in the chain.
    """
    shared = [stack for stack in stacks if not stack.account]
    starters = dict(zip(shared[1:], shared, strict=False))
    return {**starters, **{stack: shared[-1] for stack in stacks if stack.account}}


def _path(stack: StackId, source: Source) -> str:
    return f"api/stacks/{source.cloud_organization}/{stack.project}/{stack.name}"


def _settings(target: Target, source: Source, *, pushed: bool) -> dict[str, Any]:
    """The body of `PUT …/deployments/settings`, DeploymentSettingsRequest.

    https://www.pulumi.com/docs/reference/cloud-rest-api/schema/deploymentsettingsrequest/
    """
    return {
        "sourceContext": {"git": {"branch": "main", "repoDir": f"stacks/{target.stack.layer}"}},
        "gitHub": {
            "repository": source.github,
            "deployCommits": pushed,
            # A preview would run the branch's code with the one role that these settings have: that which deploys.
            "previewPullRequests": False,
            "pullRequestTemplate": False,
            "paths": PATHS if pushed else [],
        },
        "operationContext": {
            "oidc": {
                "aws": {
                    "roleArn": target.role_arn,
                    "sessionName": "pulumi-${deployment.version}",
                    "duration": "1h0m0s",
                }
            },
            # Programs run in the environment that the lock file describes, which is that of the whole repository.
            "preRunCommands": [f'make -C "$(git rev-parse --show-toplevel)" {steps.PACKAGES}'],
            "options": {
                "skipInstallDependencies": True,
                # What waits is started once, with the newest commit.
                "skipIntermediateDeployments": True,
                "deleteAfterDestroy": False,
                "remediateIfDriftDetected": False,
            },
        },
    }


def _webhook(starter: StackId, started: StackId, source: Source) -> dict[str, Any]:
    """The body of `POST …/hooks`. https://www.pulumi.com/docs/reference/cloud-rest-api/schema/webhook/"""
    return {
        "organizationName": source.cloud_organization,
        "projectName": starter.project,
        "stackName": starter.name,
        "name": f"{started.project}-{started.name}".replace(".", "-"),
        "displayName": f"then deploy {started.project}/{started.name}",
        "payloadUrl": f"{started.project}/{started.name}",
        "format": "pulumi_deployments",
        "active": True,
        "filters": [UPDATED],
    }
