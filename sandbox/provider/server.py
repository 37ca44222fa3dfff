"""The gRPC service that the Pulumi engine talks to: one for all resource types.

https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/providers.html
"""

# ruff: noqa: ARG002 - the names and parameters of the service are the engine's

from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.provider import check, config, state
from sandbox.provider.aws import Aws, Connection, RetryPolicy
from sandbox.provider.diff import difference, with_defaults
from sandbox.provider.errors import AwsError, CreatedInPart, ProviderError
from sandbox.provider.rpc import InitFailed, rpc
from sandbox.provider.schema import ResourceType
from sandbox.provider.table import function, package_schema, plugin_version, resource_type
from sandbox.provider.wire import Properties, Values, decode, encode, has_unknown


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider of the engine. `retry_policy` bounds all waiting."""

    def __init__(self, retry_policy: RetryPolicy | None = None) -> None:
        self._retry_policy = retry_policy or RetryPolicy()
        self._connection: Connection | None = None

    # What the engine asks of any plugin.

    @rpc
    def Handshake(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    @rpc
    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=plugin_version())

    @rpc
    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema=package_schema())

    @rpc
    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        return empty_pb2.Empty()

    @rpc
    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        if self._connection:
            self._connection.cancelled.set()
        return empty_pb2.Empty()

    # The provider's own configuration.

    @rpc
    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        news = decode(request.news)
        return _checked(news, news.values, config.problems(news.values))

    @rpc
    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        olds, news = decode(request.old_inputs).values, decode(request.news).values
        changed = [key for key in sorted(olds.keys() | news.keys()) if olds.get(key) != news.get(key)]
        # Never a replacement: that would replace everything the provider has made.
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=some if changed else none, diffs=changed)

    @rpc
    def Configure(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ConfigureResponse:
        values = decode(request.args).values
        found = config.problems(values)
        if found:
            raise ProviderError("; ".join(reason for _, reason in found))
        self._connection = Connection(config.parse(values), self._retry_policy)
        if not has_unknown(values):
            self._connection.validate()
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @rpc
    def Invoke(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        entry = function(request.tok)
        arguments = decode(request.args).values
        unknown = sorted(set(arguments) - entry.arguments)
        if unknown:
            raise ProviderError(
                f"{request.tok} has no argument '{unknown[0]}'; allowed are: {', '.join(sorted(entry.arguments))}"
            )
        try:
            results = entry.call(self._configured().aws(arguments.get("region")), arguments)
        except AwsError as error:
            raise ProviderError(f"reading {entry.token.rpartition(':')[2]}: {error}") from error
        return provider_pb2.InvokeResponse(**{"return": encode(results)})

    # Resources.

    @rpc
    def Check(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        kind, name = _kind_and_name(request.urn)
        olds, news = decode(request.olds).values, decode(request.news)
        found = check.problems(kind, news.values)
        if found:
            return _checked(news, news.values, found)
        # An engine that says nothing of it gets the same as with the first mode, PROPOSE, and no proposal.
        mode = provider_pb2.CheckRequest.AutonamingOptions.Mode.Name(request.autonaming.mode)
        naming = check.Naming(name, request.randomSeed, request.autonaming.proposed_name, mode)
        values, reason = check.complete(kind, olds, news.values, naming, self._configured().config.default_tags)
        return _checked(news, values, [("name", reason)] if reason else [])

    @rpc
    def Diff(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        kind, _ = _kind_and_name(request.urn)
        olds, news = decode(request.olds).values, decode(request.news).values
        found = difference(kind, olds, news, request.ignoreChanges, self._configured().config.region)
        detailed = {}
        for change in found.changes:
            sort = f"{change.kind}_REPLACE" if change.replaces else change.kind
            detailed[change.name] = provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(sort))
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some if found.changes else none,
            diffs=list(detailed),
            replaces=[change.name for change in found.changes if change.replaces],
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=found.delete_first,
        )

    @rpc
    def Create(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        kind, _ = _kind_and_name(request.urn)
        given = decode(request.properties)
        new = with_defaults(kind.properties, given.values)
        region = self._region(kind, new)
        if request.preview:
            return provider_pb2.CreateResponse(
                properties=encode(state.planned(kind, new, region), _secrets(kind, given))
            )
        aws = self._configured().aws(region, request.timeout)
        what = kind.describe(str(new.get("name") or ""))
        try:
            id_ = kind.create(aws, new)
        except CreatedInPart as error:
            message = f"creating {what}: made as {error.resource_id}, but then: {error.cause}"
            raise self._in_part(kind, aws, error.resource_id, given, new, message) from error
        except ProviderError as error:
            raise ProviderError(f"creating {what}: {error}") from error
        try:
            found = aws.poll(lambda: _read(kind, aws, id_, new), aws.connection.retry_policy.appear, f"reading {what}")
        except ProviderError as error:
            message = f"creating {what}: made as {id_}, but then: {error}"
            raise self._in_part(kind, aws, id_, given, new, message) from error
        return provider_pb2.CreateResponse(id=id_, properties=self._outputs(kind, aws, found, new, given))

    @rpc
    def Read(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        kind, _ = _kind_and_name(request.urn)
        old, old_inputs = decode(request.properties), decode(request.inputs)
        id_, known = request.id, old.values
        if not known:  # an import or a get: the id is the user's
            text, at, region = id_.rpartition("@") if kind.regional else (id_, "", "")
            id_, known = kind.parse_id(text if at else id_)
            known = {**known, "region": region} if at else known
        aws = self._configured().aws(known.get("region"), request.timeout)
        found = _read(kind, aws, id_, known)
        if found is None:
            return provider_pb2.ReadResponse(id="")
        values = state.outputs(kind, found, known, self._configured().config.default_tags, aws.region)
        secrets = _secrets(kind, old) | _secrets(kind, old_inputs)
        return provider_pb2.ReadResponse(
            id=id_,
            properties=encode(values, secrets),
            inputs=encode(state.inputs(kind, values, old_inputs.values, self._configured().config.region), secrets),
        )

    @rpc
    def Update(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        kind, _ = _kind_and_name(request.urn)
        old, given = decode(request.olds).values, decode(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=encode({**old, **given.values}, _secrets(kind, given)))
        new = with_defaults(kind.properties, given.values)
        region = self._region(kind, old)
        aws = self._configured().aws(region, request.timeout)
        changes = difference(kind, old, given.values, request.ignoreChanges, region).changes
        changed = frozenset(change.name for change in changes)
        try:
            if "tagsAll" in changed:
                before, after = old.get("tagsAll") or {}, new["tagsAll"]
                put = {key: value for key, value in after.items() if before.get(key) != value}
                kind.retag(aws, request.id, old, put, sorted(before.keys() - after.keys()))
            if changed - {"tags", "tagsAll"}:
                kind.update(aws, request.id, old, new, changed - {"tags", "tagsAll"})
            found = _read(kind, aws, request.id, {**old, **new})
        except ProviderError as error:
            raise ProviderError(f"updating {kind.describe(request.id)}: {error}") from error
        if found is None:
            raise ProviderError(f"updating {kind.describe(request.id)}: it is no longer in AWS; run a refresh")
        return provider_pb2.UpdateResponse(properties=self._outputs(kind, aws, found, new, given))

    @rpc
    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind, _ = _kind_and_name(request.urn)
        old = decode(request.properties).values
        aws = self._configured().aws(self._region(kind, old), request.timeout)
        try:
            kind.delete(aws, request.id, old)
        except ProviderError as error:
            if not (isinstance(error, AwsError) and error.code in kind.gone):
                raise ProviderError(f"deleting {kind.describe(request.id)}: {error}") from error
        return empty_pb2.Empty()

    def _configured(self) -> Connection:
        if self._connection is None:
            raise ProviderError("the AWS provider is not configured")
        return self._connection

    def _region(self, kind: ResourceType, values: Values) -> str:
        given = values.get("region") if kind.regional else None
        return given if isinstance(given, str) else self._configured().config.region

    def _outputs(self, kind: ResourceType, aws: Aws, found: Values, new: Values, given: Properties) -> Any:
        values = state.outputs(kind, found, new, aws.connection.config.default_tags, aws.region)
        return encode(values, _secrets(kind, given))

    def _in_part(
        self, kind: ResourceType, aws: Aws, id_: str, given: Properties, new: Values, message: str
    ) -> InitFailed:
        """The error that makes the engine record the resource, so that the next run goes on with it."""
        try:
            found = _read(kind, aws, id_, new)
        except ProviderError:
            found = None
        if found is None:
            properties = encode(state.identity(kind, new), _secrets(kind, given))
        else:
            properties = self._outputs(kind, aws, found, new, given)
        inputs = encode(given.values, given.secrets)
        return InitFailed(
            message,
            provider_pb2.ErrorResourceInitFailed(id=id_, properties=properties, reasons=[message], inputs=inputs),
        )


def _kind_and_name(urn: str) -> tuple[ResourceType, str]:
    """The type and name in `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`."""
    _stack, _project, types, name = urn.split("::", 3)
    return resource_type(types.rpartition("$")[2]), name


def _read(kind: ResourceType, aws: Aws, id_: str, known: Values) -> Values | None:
    try:
        return kind.read(aws, id_, known)
    except AwsError as error:
        if error.code in kind.gone:
            return None
        raise ProviderError(f"reading {kind.describe(id_)}: {error}") from error


def _checked(news: Properties, values: Values, problems: list[tuple[str, str]]) -> provider_pb2.CheckResponse:
    secrets = news.secrets | ({"tagsAll"} if "tags" in news.secrets else set())
    failures = [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in problems]
    return provider_pb2.CheckResponse(inputs=encode(values, secrets), failures=failures)


def _secrets(kind: ResourceType, given: Properties) -> frozenset[str]:
    """The secret outputs: what is a secret input, and the merged tags when the program's tags are secret."""
    return given.secrets | ({"tagsAll"} if kind.taggable and "tags" in given.secrets else set())
