"""The Pulumi Kubernetes Operator (2.x): a `Stack` for each stack, with the graph as prerequisites.

The operator makes the `Workspace` of a Stack, the pod in which its program runs, from the template in it.
https://github.com/pulumi/pulumi-kubernetes-operator/blob/v2.9.0/docs/stacks.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from automation.workflows import steps
from automation.workflows.source import Source
from automation.workflows.targets import Target
from automation.workflows.yaml_text import text
from engine.install import ENGINE_VERSION
from shared.errors import UsageError
from shared.layers import StackId

Resource = dict[str, Any]

IMAGE = f"pulumi/pulumi:{ENGINE_VERSION}-nonroot"
"""The engine that this project is tested with, and Python. https://hub.docker.com/r/pulumi/pulumi"""

WITHIN = "1h"
"""Without a commit: when a prerequisite was last updated longer ago, it is updated first."""

_LONGEST = 63 - len("-workspace")
"""The operator names a service after each Stack, and a service's name has 63 characters at most."""


def files(environments: Mapping[str, Sequence[Target]], source: Source) -> dict[str, str]:
    """Path → text: one file an environment, its resources in the graph's order. Raises `UsageError`."""
    source.check("url", "states", "kubernetes_namespace", "pinned")
    _check_names([target.stack for targets in environments.values() for target in targets])
    return {f"{name}.yaml": _document(targets, source) for name, targets in environments.items()}


def resource_name(stack: StackId) -> str:
    """The name of a stack's `Stack` resource."""
    parts = [stack.layer, stack.environment, *([stack.account] if stack.account else [])]
    return "-".join(parts).replace("_", "-")


def _check_names(stacks: Sequence[StackId]) -> None:
    named: dict[str, StackId] = {}
    for stack in stacks:
        name = resource_name(stack)
        other = named.setdefault(name, stack)
        if other != stack:
            raise UsageError(
                f"{stack.config_label} and {other.config_label} would both be the resource {name}; "
                "allowed: names that differ in more than '-' and '_'"
            )
        if len(name) > _LONGEST:
            raise UsageError(
                f"{stack.config_label}: the resource {name} has {len(name)} characters; allowed: {_LONGEST}, "
                "so that the name of its service has 63"
            )


def _document(targets: Sequence[Target], source: Source) -> str:
    layers = {target.stack.layer: target for target in targets}
    resources = [
        *(made for target in layers.values() for made in _identity(target, source)),
        *(_stack(target, source) for target in targets),
    ]
    return steps.GENERATED.replace("pull-requests", "deployments-and-operator") + "---\n".join(map(text, resources))


def account_name(stack: StackId) -> str:
    """The name of the service account of a stack's layer: the identity that its deploy role trusts."""
    return f"{stack.layer}-{stack.environment}".replace("_", "-")


def _identity(target: Target, source: Source) -> list[Resource]:
    """The service account of a layer, with its deploy role, and what the operator's agent needs of it.

    https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
    """
    name, namespace = account_name(target.stack), source.kubernetes_namespace
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "annotations": {"eks.amazonaws.com/role-arn": target.role_arn},
            },
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            # The agent asks the API server whether it is the operator that calls it, and for nothing else.
            "metadata": {"name": f"{namespace}:{name}:system:auth-delegator"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "system:auth-delegator",
            },
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        },
    ]


def _stack(target: Target, source: Source) -> Resource:
    stack, commit = target.stack, source.pinned
    # With a commit, a prerequisite must have succeeded as it is in the same file: the operator compares generations.
    requirement = {} if commit else {"requirement": {"succeededWithinDuration": WITHIN}}
    secrets = _secrets(target, source)
    return {
        "apiVersion": "pulumi.com/v1",
        "kind": "Stack",
        "metadata": {"name": resource_name(stack), "namespace": source.kubernetes_namespace},
        "spec": {
            "stack": f"{source.organization or 'organization'}/{stack.project}/{stack.name}",
            "backend": source.states,
            **({"secretsProvider": target.key_service} if target.key_service else {}),
            **({"envRefs": secrets} if secrets else {}),
            "projectRepo": source.url,
            "repoDir": f"stacks/{stack.layer}",
            **({"commit": commit} if commit else {"branch": "main", "resyncFrequencySeconds": 300}),
            "prerequisites": [{"name": resource_name(each), **requirement} for each in target.reads],
            "serviceAccountName": account_name(stack),
            # Whoever deletes this resource deletes nothing in AWS.
            "destroyOnFinalize": False,
            "retryOnUpdateConflict": False,
            # No pod stays that has the deploy role.
            "workspaceReclaimPolicy": "Delete",
            "workspaceTemplate": {"spec": _workspace()},
        },
    }


def _secrets(target: Target, source: Source) -> Resource:
    """What the engine needs besides the role, from the Secret `pulumi-ENVIRONMENT`."""
    if source.states.startswith("https:"):
        wanted = {"PULUMI_ACCESS_TOKEN": "accessToken"}
    elif target.key_service:
        wanted = {}
    else:
        wanted = {"PULUMI_CONFIG_PASSPHRASE": "passphrase"}
    secret = f"pulumi-{target.stack.environment}".replace("_", "-")
    return {name: {"type": "Secret", "secret": {"name": secret, "key": key}} for name, key in wanted.items()}


def _workspace() -> Resource:
    share = [{"name": "share", "mountPath": "/share"}]
    return {
        "image": IMAGE,
        "securityProfile": "restricted",
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
        "podTemplate": {
            "spec": {
                # Behind the operator's own, which has put the repository there.
                "initContainers": [
                    {
                        "name": "packages",
                        "image": IMAGE,
                        "command": ["make", "-C", "/share/source", steps.PACKAGES],
                        "volumeMounts": share,
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "capabilities": {"drop": ["ALL"]},
                        },
                    }
                ],
                # The operator's own container. The schema wants the key, and merges by name.
                "containers": [{"name": "pulumi"}],
            }
        },
    }
