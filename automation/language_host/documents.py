"""What a program registers in a preview, whole: its resources with placeholders for what AWS would only then choose.

In a preview the engine tells a program that the id of a new account or policy is unknown, and every document that
names it is unknown too. Here the program is told a placeholder, and the engine gets what it would get without: of the
program the documents are recorded with the placeholder, and on the way to the engine it is unknown again. It takes the
variable `FOLDER`, a folder in which each program leaves what it has registered, and what it was told.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2_grpc

FOLDER = "ORGANIZATION_PLANNED_DOCUMENTS"
STACK, _REFERENCE = "pulumi:pulumi:Stack", "pulumi:pulumi:StackReference"
_SERVICE = "/pulumirpc.ResourceMonitor/"
_RECORDED = ("aws:iam/", "aws:organizations/", "aws:ssoadmin/", "aws:identitystore/")
_WITHHELD = frozenset({"email"})
"""Properties that decide nothing, and may be confidential."""


class Planner:
    """Records what one program registers; `name` is the file's, such as `accounts.sandbox.developer`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / f"{name}.json"
        self._name = name
        self._resources: list[dict[str, Any]] = []
        self._outputs: dict[str, Any] = {}
        self._account = ""
        self._told: set[str] = set()
        # What other programs were told, this one may read from their outputs.
        self._known = {
            each for other in sorted(folder.glob("*.json")) for each in json.loads(other.read_text())["told"]
        }

    def install(self) -> None:
        """Look at the calls of the clients that the SDK makes from now on."""
        plain = resource_pb2_grpc.ResourceMonitorStub

        def looked_at(channel: grpc.Channel) -> Any:
            return plain(grpc.intercept_channel(channel, _Interceptor(self)))

        resource_pb2_grpc.ResourceMonitorStub = looked_at  # type: ignore[misc,assignment]

    def write(self) -> None:
        """Leave what was registered."""
        found = {"resources": self._resources, "outputs": self._outputs, "told": sorted(self._told | self._known)}
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(found))
        new.replace(self._file)

    def asked(self, request: Any) -> dict[str, Any]:
        """The inputs of a resource as the program gives them; the engine gets them without placeholders."""
        inputs: dict[str, Any] = MessageToDict(request.object)
        self._hide(request.object)
        return inputs

    def registered(self, request: Any, inputs: dict[str, Any], answer: Any) -> None:
        """Tell the program placeholders for what the engine's answer leaves unknown, and record the resource."""
        outputs: dict[str, Any] = MessageToDict(answer.object)
        if request.custom and request.type.startswith(_RECORDED):
            for name, value in self._placeholders(request, inputs).items():
                if name == "id" and answer.id in ("", rpc.UNKNOWN):
                    answer.id = value
                    self._told.add(value)
                elif name != "id" and _is_unknown(outputs.get(name)):
                    answer.object.update({name: value})
                    outputs[name] = value
                    self._told.update(_texts(value))
            if request.type == "aws:organizations/account:Account":
                self._account = answer.id
            known = {key: value for key, value in outputs.items() if not _is_unknown(value)}
            properties = {key: _plain(value) for key, value in {**known, **inputs}.items() if key not in _WITHHELD}
            self._resources.append(
                {
                    "type": request.type,
                    "name": request.name,
                    "id": answer.id,
                    "properties": properties,
                    "kept": bool(request.retainOnDelete),
                }
            )

    def referred(self, answer: Any) -> None:
        """Remember the management account, which an upstream stack exports."""
        outputs = MessageToDict(answer.properties).get("outputs") or {}
        found = _plain(outputs).get("managementAccountId")
        if isinstance(found, str) and not self._account:
            self._account = found

    def exported(self, request: Any) -> None:
        """Record a stack's outputs, with secrets unknown."""
        if f"::{STACK}::" in request.urn:
            self._outputs = {key: _plain(each, rpc.UNKNOWN) for key, each in MessageToDict(request.outputs).items()}
        self._hide(request.outputs)

    def _hide(self, struct: Any) -> None:
        placeholders = self._told | self._known
        for value in struct.fields.values():
            self._hide_in(value, placeholders)

    def _hide_in(self, value: Any, placeholders: set[str]) -> None:
        kind = value.WhichOneof("kind")
        if kind == "string_value":
            if any(each in value.string_value for each in placeholders):
                value.string_value = rpc.UNKNOWN
        elif kind == "struct_value":
            self._hide(value.struct_value)
        elif kind == "list_value":
            for each in value.list_value.values:
                self._hide_in(each, placeholders)

    def _placeholders(self, request: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What AWS would choose, in the form that it has there; the same in each preview."""
        key = f"{self._name} {request.type} {request.name}"
        kind = request.type.removeprefix("aws:").partition("/")
        name, path = inputs.get("name") or request.name, inputs.get("path") or "/"
        account = self._account or self._management() or _digits(f"{self._name} account")
        if kind[0] == "organizations":
            return _of_organizations(kind[2].partition(":")[0], key)
        if kind[0] in ("ssoadmin", "identitystore"):
            return _of_identity_center(kind[2].partition(":")[0], key, inputs)
        arn = {
            "role": f"arn:aws:iam::{account}:role{path}{name}",
            "user": f"arn:aws:iam::{account}:user{path}{name}",
            "policy": f"arn:aws:iam::{account}:policy{path}{name}",
            "openIdConnectProvider": f"arn:aws:iam::{account}:oidc-provider/"
            + str(inputs.get("url")).removeprefix("https://"),
        }.get(kind[2].partition(":")[0])
        if arn is None or kind[0] != "iam":
            return {}
        return {"arn": arn, **({"id": arn} if arn.partition(":policy/")[1] else {})}

    def _management(self) -> str:
        """The management account, from what the org layer's program has left."""
        for file in sorted(self._file.parent.glob("org.*.json")):
            found = json.loads(file.read_text())["outputs"].get("managementAccountId")
            if isinstance(found, str):
                return found
        return ""


class _Interceptor(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        method = details.method.removeprefix(_SERVICE)
        if method == "RegisterResource":
            inputs = self._planner.asked(request)
            call = continuation(details, request)
            if call.code() is grpc.StatusCode.OK:
                self._planner.registered(request, inputs, call.result())
            return call
        if method == "RegisterResourceOutputs":
            self._planner.exported(request)
        call = continuation(details, request)
        if method == "ReadResource" and request.type == _REFERENCE and call.code() is grpc.StatusCode.OK:
            self._planner.referred(call.result())
        return call


def of_arguments(arguments: Sequence[str]) -> Planner | None:
    """The planner of a program by the arguments of the SDK's script; None unless the variable asks for one, in a
    preview."""
    given = dict(zip(arguments[::2], arguments[1::2], strict=False))
    folder = os.environ.get(FOLDER)
    if not folder or given.get("--dry_run") != "true":
        return None
    return Planner(Path(folder), f"{given['--project']}.{given['--stack']}")


def _of_organizations(kind: str, key: str) -> dict[str, Any]:
    text = hashlib.sha256(key.encode()).hexdigest()
    found: dict[str, dict[str, Any]] = {
        "organization": {
            "id": f"o-{text[:10]}",
            "masterAccountId": _digits(key),
            "roots": [{"id": f"r-{text[:4]}", "name": "Root", "arn": "", "policyTypes": []}],
        },
        "organizationalUnit": {"id": f"ou-{text[:4]}-{text[4:12]}"},
        "account": {"id": _digits(key)},
        "policy": {"id": f"p-{text[:8]}"},
    }
    return found.get(kind, {})


def _digits(key: str) -> str:
    """Twelve digits, as an account's id has."""
    return f"0{int(hashlib.sha256(key.encode()).hexdigest(), 16) % 10**11:011}"


def _is_unknown(value: Any) -> bool:
    return value is None or value == rpc.UNKNOWN


def _plain(value: Any, secret: Any = None) -> Any:
    """A value without the wrapping of secrets; `secret` in the place of one, if that is given."""
    if isinstance(value, Mapping):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return _plain(value.get("value"), secret) if secret is None else secret
        return {key: _plain(inner, secret) for key, inner in value.items()}
    return [_plain(each, secret) for each in value] if isinstance(value, list) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value and value not in ("Root",):
            yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _of_identity_center(kind: str, key: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "permissionSet":
        arn = f"arn:aws:sso:::permissionSet/ssoins-{'0' * 16}/ps-{_digits(key)}"
        return {"arn": arn, "id": f"{arn},{inputs.get('instanceArn')}"}
    chosen = {"group": "groupId", "user": "userId"}.get(kind)
    return {chosen: _digits(key)} if chosen else {}
