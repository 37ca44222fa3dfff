"""Runs a layer's program as the language host does, with the engine replaced by Pulumi's mocks."""

import asyncio
import json
import runpy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi.runtime.stack
import pytest
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.rpc import deserialize_properties, is_rpc_secret, unwrap_rpc_secret
from pulumi.runtime.settings import ROOT as ROOT_RESOURCE
from pulumi.runtime.stack import run_in_stack

from shared.layers import ROOT

MANAGEMENT = "123456789012"


@dataclass
class Registered:
    """A resource that the program registered."""

    type: str
    name: str
    inputs: dict[str, Any]
    provider: str
    protect: bool
    ignored: list[str]
    kept: bool
    """Whether it stays in AWS when it leaves the stack."""
    secrets: set[str]
    """The inputs that are encrypted in the state."""
    parent: str = ""
    """The type and the name of the component that it belongs to; empty for the stack's own."""


@dataclass
class Run:
    """What a program did: the resources it registered and the outputs it returned."""

    resources: list[Registered] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, type_: str) -> dict[str, Registered]:
        """The resources of one type by name."""
        return {r.name: r for r in self.resources if r.type == type_}

    def aws(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The inputs of every resource of AWS by type and name."""
        return {(r.type, r.name): r.inputs for r in self.resources if r.type.startswith("aws:")}

    def one(self, type_: str) -> Registered:
        """The only resource of one type."""
        found = self.of(type_)
        assert len(found) == 1, f"{type_}: {sorted(found)}"
        return next(iter(found.values()))


class _AwsMocks(Mocks):
    def __init__(
        self,
        run: Run,
        upstream: Mapping[str, Mapping[str, Any]],
        calls: Mapping[str, Any],
        deployed: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.run, self.upstream, self.calls, self.deployed = run, upstream, calls, deployed

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            layer = args.name.split("/")[1]
            return args.name, {**args.inputs, "outputs": dict(self.upstream.get(layer, {}))}
        id_ = MANAGED_IDS.get(args.typ, f"{args.name}-id")
        outputs = {**args.inputs, "arn": f"arn:aws:test::{args.name}"}
        if args.typ == "aws:organizations/organization:Organization":
            outputs |= {"masterAccountId": MANAGEMENT, "roots": [{"id": "r-root", "name": "Root"}]}
        return id_, outputs | dict(self.deployed.get(args.typ, {}))

    def call(self, args: MockCallArgs) -> Any:
        return self.calls[args.token]


class _RecordingMonitor(MockMonitor):
    """Keeps the resource options too, which mocks do not pass on."""

    def __init__(self, mocks: _AwsMocks) -> None:
        super().__init__(mocks)
        self.run = mocks.run

    def RegisterResource(self, request: Any) -> Any:
        if request.type != "pulumi:pulumi:Stack":
            # Mocks know no secrets, so the engine's wrapping is looked for here.
            sent = deserialize_properties(request.object)
            inputs = {name: unwrap_rpc_secret(value) for name, value in sent.items()}
            self.run.resources.append(
                Registered(
                    request.type,
                    request.name,
                    inputs,
                    request.provider,
                    request.protect,
                    list(request.ignoreChanges),
                    request.retainOnDelete,
                    {name for name, value in sent.items() if is_rpc_secret(value)},
                    "::".join(request.parent.split("::")[2:]).removeprefix("pulumi:pulumi:Stack::"),
                )
            )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


MANAGED_IDS = {
    "aws:organizations/organization:Organization": "o-example",
    "aws:organizations/account:Account": "210987654321",
}


def run_program(
    layer: str,
    stack: str,
    config: Mapping[str, Any],
    *,
    upstream: Mapping[str, Mapping[str, Any]] | None = None,
    preview: bool = False,
    calls: Mapping[str, Any] | None = None,
    deployed: Mapping[str, Mapping[str, Any]] | None = None,
    secret_keys: tuple[str, ...] = (),
    region: str | None = "us-west-2",
    aws: Mapping[str, Any] | None = None,
    run: Run | None = None,
) -> Run:
    """Run `stacks/<layer>` with `config` (without its namespace), `aws` of the AWS provider, and the outputs of other
    layers.

    `deployed` are outputs of resources by type, where AWS has others than the program says.

    Raises what the program raises, `pulumi.RunError` for a user's mistake; `run` has what was registered until then.
    """
    run = Run() if run is None else run
    known_calls = {"aws:index/getCallerIdentity:getCallerIdentity": {"accountId": MANAGEMENT}, **(calls or {})}
    values = {f"{layer}:{key}": value for key, value in config.items()}
    if region is not None:
        values["aws:region"] = region
    values |= {f"aws:{key}": value for key, value in (aws or {}).items()}
    # As the engine passes them.
    texts = {key: value or "" if isinstance(value, str | None) else json.dumps(value) for key, value in values.items()}

    async def main() -> None:
        mocks = _AwsMocks(run, upstream or {}, known_calls, deployed or {})
        pulumi.runtime.set_mocks(mocks, layer, stack, preview, monitor=_RecordingMonitor(mocks))
        # Mocks bring a root stack along; the program gets its own, as from the language host.
        ROOT_RESOURCE.set(None)
        set_all_config(texts, [key if ":" in key else f"{layer}:{key}" for key in secret_keys])
        await run_in_stack(lambda: _start(layer, run))
        run.outputs = {name: await pulumi.Output.from_input(value).future() for name, value in run.outputs.items()}

    asyncio.run(main())
    return run


def refusal(layer: str, stack: str, config: Mapping[str, Any], **options: Any) -> str:
    """The error of a program that must stop before it registers a resource."""
    run = Run()
    with pytest.raises(pulumi.RunError) as error:
        run_program(layer, stack, config, run=run, **options)
    assert [r.name for r in run.resources if r.type != "pulumi:pulumi:StackReference"] == []
    return str(error.value)


def _start(layer: str, run: Run) -> None:
    runpy.run_path(str(ROOT / "stacks" / layer / "__main__.py"), run_name="__main__")
    root = pulumi.runtime.get_root_resource()
    assert isinstance(root, pulumi.runtime.stack.Stack)
    run.outputs = root.outputs
