"""What the operator's published schemas say of the fields that are generated, and whether they still do.

The facts are those of its CustomResourceDefinitions stacks.pulumi.com (v1) and workspaces.auto.pulumi.com (v1alpha1) of
release 2.9.0, https://github.com/pulumi/pulumi-kubernetes-operator/tree/v2.9.0/deploy/crds. They have 2.3 MB and are in
no package registry; with PULUMI_OPERATOR_CRDS, a folder that has both files, all is held against the files themselves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
SWITCH: Schema = {"type": "boolean"}
SIZES: Schema = {"type": "object", "additionalProperties": TEXT}


def fields(required: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    """An object with no other fields than these: the API server prunes or refuses what it does not know."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


CONTAINER = fields(
    ("name",),
    name=TEXT,
    image=TEXT,
    command=listed(TEXT),
    volumeMounts=listed(fields(("name", "mountPath"), name=TEXT, mountPath=TEXT)),
    securityContext=fields(allowPrivilegeEscalation=SWITCH, capabilities=fields(drop=listed(TEXT))),
)

WORKSPACE_SPEC = fields(
    image=TEXT,
    securityProfile=TEXT,
    resources=fields(requests=SIZES, limits=SIZES),
    podTemplate=fields(
        spec=fields(("containers",), initContainers=listed(CONTAINER), containers=listed(CONTAINER)),
    ),
)

SECRET = fields(
    ("type",),
    type=TEXT,
    secret=fields(("key", "name"), name=TEXT, key=TEXT),
)

STACK_SPEC = fields(
    ("stack",),
    stack=TEXT,
    backend=TEXT,
    secretsProvider=TEXT,
    envRefs={"type": "object", "additionalProperties": SECRET},
    projectRepo=TEXT,
    repoDir=TEXT,
    commit=TEXT,
    branch=TEXT,
    resyncFrequencySeconds={"type": "integer"},
    prerequisites=listed(fields(("name",), name=TEXT, requirement=fields(succeededWithinDuration=TEXT))),
    serviceAccountName=TEXT,
    destroyOnFinalize=SWITCH,
    retryOnUpdateConflict=SWITCH,
    workspaceReclaimPolicy={"type": "string", "enum": ["Retain", "Delete"]},
    workspaceTemplate=fields(spec=WORKSPACE_SPEC),
)


def resource(api: str, kind: str, spec: Schema) -> Schema:
    """The schema of a whole resource."""
    metadata = fields(("name", "namespace"), name=TEXT, namespace=TEXT)
    known = {"apiVersion": {"const": api}, "kind": {"const": kind}}
    return fields(("apiVersion", "kind", "metadata", "spec"), **known, metadata=metadata, spec=spec)


STACK = resource("pulumi.com/v1", "Stack", STACK_SPEC)
WORKSPACE = resource("auto.pulumi.com/v1alpha1", "Workspace", WORKSPACE_SPEC)


def published(file: str, version: str) -> Schema | None:
    """The schema of a resource's spec in a published file; None without the folder."""
    folder = os.environ.get("PULUMI_OPERATOR_CRDS")
    if not folder:
        return None
    document = yaml.load((Path(folder) / file).read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    (found,) = (each for each in document["spec"]["versions"] if each["name"] == version)
    spec: Schema = found["schema"]["openAPIV3Schema"]["properties"]["spec"]
    closed: Schema = _closed(spec)
    return closed


def differences(own: Schema, theirs: Mapping[str, Any], where: str = "spec") -> Iterator[str]:
    """What `own` says and the published schema does not."""
    if own.get("type") != theirs.get("type") and "x-kubernetes-int-or-string" not in theirs:
        yield f"{where}: {own.get('type')}, published {theirs.get('type')}"
    if sorted(own.get("enum", [])) != sorted(theirs.get("enum", [])):
        yield f"{where}: {own.get('enum')}, published {theirs.get('enum')}"
    if missing := {*theirs.get("required", [])} ^ {*own.get("required", [])}:
        yield f"{where}: one alone requires {sorted(missing)}"
    for name, schema in own.get("properties", {}).items():
        if name in theirs.get("properties", {}):
            yield from differences(schema, theirs["properties"][name], f"{where}.{name}")
        else:
            yield f"{where}.{name}: unknown"
    for key in ("items", "additionalProperties"):
        if isinstance(own.get(key), dict):
            yield from differences(own[key], theirs[key], f"{where}[]")


def _closed(schema: Any) -> Any:
    """The schema with what the API server does besides: it refuses fields that are not there."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _closed(value) for key, value in schema.items()}
    free = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and not free:
        made["additionalProperties"] = False
    return made
