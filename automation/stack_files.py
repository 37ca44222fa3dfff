"""The stacks' configuration files as the engine reads them: what is in one, what it may have, and where a key is.

https://www.pulumi.com/docs/iac/concepts/projects/stack-settings-file/
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from shared.errors import ConfigError
from shared.layers import LAYERS, StackId, discover
from shared.suggestions import did_you_mean, nearest
from shared.yaml_files import EngineLoader, parsed, text_of

Raw = tuple[dict[str, Any], bool]
"""The keys and values in a stack's file, and whether any value is encrypted."""

TOP = ("config", "secretsprovider", "encryptedkey", "encryptionsalt", "environment")
"""What a stack's file may have at its top."""

ENGINE_KEYS = ("encryptionsalt:", "encryptedkey:")
"""With what the line of a file begins that the engine adds, where there is none, when it works on the stack: the key of
its secrets. https://www.pulumi.com/docs/iac/concepts/secrets/#configuring-secrets-encryption"""

_PROVIDERS = ("awskms://", "azurekeyvault://", "gcpkms://", "hashivault://")
"""https://www.pulumi.com/docs/iac/concepts/secrets/#available-encryption-providers"""

_SALT = re.compile(r"v1:(?P<salt>[^:]+):v1:(?P<nonce>[^:]+):(?P<text>[^:]+)\Z")
_BY_PASSPHRASE = re.compile(r"v1:(?P<nonce>[^:]+):(?P<text>[^:]+)\Z")

_SECRET_KEYS = ("aws:secretKey", "aws:token")

AWS_KEYS = (
    *("accessKey", "allowedAccountIds", "assumeRoleWithWebIdentity", "assumeRoles", "customCaBundle", "defaultTags"),
    *("ec2MetadataServiceEndpoint", "ec2MetadataServiceEndpointMode", "endpoints", "forbiddenAccountIds", "httpProxy"),
    *("httpsProxy", "ignoreTags", "insecure", "maxRetries", "noProxy", "profile", "region", "retryMode"),
    *("s3UsEast1RegionalEndpoint", "s3UsePathStyle", "secretKey", "sharedConfigFiles", "sharedCredentialsFiles"),
    *("skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId"),
    *("stsRegion", "tagPolicyCompliance", "token", "tokenBucketRateLimiterCapacity", "useDualstackEndpoint"),
    *("useFipsEndpoint", "userAgents"),
)
"""The configuration of the AWS provider: https://www.pulumi.com/registry/packages/aws/installation-configuration/"""


def has_key(text: str) -> bool:
    """Whether a stack's file has the key of its secrets."""
    return any(line.startswith(ENGINE_KEYS) for line in text.splitlines())


def without_key(content: bytes) -> bytes:
    """The content of a stack's file without the key, where nothing in it is encrypted."""
    if b"secure" in content:
        return content
    keys = tuple(key.encode() for key in ENGINE_KEYS)
    return b"".join(line for line in content.splitlines(keepends=True) if not line.startswith(keys))


def as_rewritten(content: bytes) -> dict[str, Any] | None:
    """What a stack's file says after the engine has added a key to it: then it also writes single values as texts. None
    if it cannot be read. The key itself is left out where nothing is encrypted."""
    try:
        document = yaml.load(without_key(content), EngineLoader)  # noqa: S506 - a safe loader
    except (ValueError, yaml.YAMLError):
        return None
    found = {str(name): value for name, value in document.items()} if isinstance(document, dict) else {"": document}
    config = found.pop("config", None)
    if isinstance(config, dict):
        config = {str(key): _as_text(value) for key, value in config.items()}
    return {**found, "config": config or {}}


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


def read_raw(stack: StackId, root: Path) -> Raw:
    """The keys and values in a stack's file. Raises `ConfigError`."""
    label = stack.config_label
    document = parsed(text_of(stack.config_file(root), label), label, EngineLoader)
    if not isinstance(document, dict | None):
        raise ConfigError([f"{label}: {document!r}; allowed: a mapping with the key config"])
    document = document or {}
    config = document.get("config")
    config = {} if config is None else config
    if not isinstance(config, dict):
        raise ConfigError([f"{label}: config is {config!r}; allowed: a mapping of keys to values"])
    problems = [*_top(document), *_ciphers(config, str(document.get("secretsprovider") or "passphrase"))]
    if problems:
        raise ConfigError(f"{label}: {problem}" for problem in problems)
    return config, any(_is_secret(value) for value in config.values())


def organization_file(environment: str, root: Path) -> tuple[dict[str, Any], str | None]:
    """The configuration in the organization layer's file and its secrets provider, for files that follow it: nothing,
    if it cannot be read. What is wrong with it, `automation.configuration.check` says."""
    return file_of(StackId("org", environment), root)


def file_of(stack: StackId, root: Path) -> tuple[dict[str, Any], str | None]:
    """The configuration in a stack's file and its secrets provider, as far as it can be read."""
    try:
        found = yaml.safe_load(stack.config_file(root).read_text())
    except (OSError, yaml.YAMLError):
        return {}, None
    document = found if isinstance(found, dict) else {}
    config, provider = document.get("config"), document.get("secretsprovider")
    return config if isinstance(config, dict) else {}, provider if isinstance(provider, str) else None


def of_each_account(key: str, environment: str, read: Callable[[StackId], Raw], root: Path) -> Iterator[Any]:
    """What each account's file has at `key`, None where it has nothing, as far as the files can be read.

    What is wrong with the others, `automation.configuration.check` says, where it matters.
    """
    for stack in discover(environment, root):
        if stack.account:
            try:
                yield read(stack)[0].get(key)
            except ConfigError:
                continue


def unknown_keys(raw: Mapping[str, Any], stack: StackId) -> list[str]:
    """The keys that neither the layer nor the engine nor the AWS provider reads, and the secrets that are not
    encrypted."""
    own = f"{stack.layer}:"
    problems = []
    for key in sorted(map(str, raw)):
        if key.startswith("aws:") and key.removeprefix("aws:") not in AWS_KEYS:
            near = nearest(key.removeprefix("aws:"), AWS_KEYS)
            suggested = did_you_mean(near and f"aws:{near}")
            problems.append(f"unknown key {key}{suggested or '; allowed: the keys of the AWS provider'}")
        elif not key.startswith((own, "aws:", "pulumi:")):
            known = [own + key.partition(":")[2], f"aws:{key.partition(':')[2]}"]
            problems.append(
                f"unknown key {key}; allowed: keys that begin with {own} or aws:{did_you_mean(nearest(key, known))}"
            )
        if key in _SECRET_KEYS and not _is_secret(raw[key]):
            problems.append(
                f"{key} is there as it is, for everyone who reads this file; allowed: aws:profile, the variables of "
                f"the shell, or, encrypted: pulumi config set --secret {key} -s {stack.name} --cwd stacks/{stack.layer}"
            )
    return [f"{stack.config_label}: {problem}" for problem in problems]


def misnamed(environment: str, root: Path) -> list[str]:
    """One problem for each file that looks like one of the environment's and is read by nobody."""
    folders = ((layer, root / "stacks" / layer.name) for layer in LAYERS.values())
    files = [(layer, file) for layer, folder in folders for file in sorted(folder.glob("Pulumi.*.y*ml"))]
    layers_of: dict[str, set[str]] = {}
    for layer, file in files:
        layers_of.setdefault(file.name.split(".")[1], set()).add(layer.name)
    # Of no environment: only one layer has files of that name, which is almost this one.
    alone = [name for name, layers in layers_of.items() if len(layers) == 1 and name != environment]
    slips = [name for name in alone if nearest(name, [environment], 0.75)]
    problems = []
    for layer, file in files:
        name, suffix = file.name.removeprefix("Pulumi.").rpartition(".")[::2]
        found, dot, account = name.partition(".")
        label = f"stacks/{layer.name}/{file.name}"
        if found == environment and suffix != "yaml":
            problems.append(f"{label}: the engine reads no .{suffix}; allowed: Pulumi.{name}.yaml")
        elif found == environment and bool(dot) != layer.per_account:
            allowed = f"Pulumi.{environment}.ACCOUNT.yaml" if layer.per_account else f"Pulumi.{environment}.yaml"
            problems.append(f"{label}: no stack of {layer.name} is called so; allowed: {allowed}")
        elif found in slips:
            meant = f"stacks/{layer.name}/Pulumi.{environment}{dot}{account}.yaml"
            problems.append(f"{label}: no environment is called {found!r}; did you mean {meant}?")
    return problems


def _is_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(_is_secret(inner) for inner in value.values())
    return isinstance(value, list) and any(_is_secret(inner) for inner in value)


def _top(document: Mapping[Any, Any]) -> Iterator[str]:
    for key in document:
        if key not in TOP:
            yield f"unknown key {key}{did_you_mean(nearest(key, TOP))}; allowed at the top: {', '.join(TOP)}"
    provider = document.get("secretsprovider")
    if provider is not None and provider not in ("passphrase", "default"):
        text = provider if isinstance(provider, str) else repr(provider)
        if not text.startswith(_PROVIDERS):
            kinds = ", ".join(f"{each}…" for each in _PROVIDERS)
            near = nearest(text.partition(":")[0], [each.partition(":")[0] for each in _PROVIDERS])
            yield f"secretsprovider is {text!r}; allowed: passphrase, {kinds}{did_you_mean(near)}"
    salt = document.get("encryptionsalt")
    if salt is not None and not _fits(_SALT, salt):
        yield "encryptionsalt is cut off or changed; allowed: what the engine wrote, as it is in the file's history"


def _ciphers(config: Mapping[Any, Any], provider: str) -> Iterator[str]:
    """The encrypted values that nobody can decrypt, because they are not whole."""
    form = _BY_PASSPHRASE if provider in ("passphrase", "default") else None

    def broken(value: Any) -> bool:
        if isinstance(value, dict) and set(value) == {"secure"}:
            text = value["secure"]
            # What Pulumi Cloud or a key service has encrypted is base64 alone.
            return not (_fits(form, text) if form and str(text).startswith("v1:") else _is_base64(text))
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return any(map(broken, inner))

    for key, value in config.items():
        if broken(value):
            yield f"{key} is encrypted, and not whole; allowed: what pulumi config set --secret wrote"


def _fits(form: re.Pattern[str], text: Any) -> bool:
    found = form.match(text) if isinstance(text, str) else None
    return found is not None and all(map(_is_base64, found.groups()))


def _is_base64(text: Any) -> bool:
    try:
        return isinstance(text, str) and bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False
