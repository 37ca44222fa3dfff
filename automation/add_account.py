"""Creates the configuration file of a new account."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from automation.configuration import check
from automation.schemas.lines import schema_line
from automation.stack_files import of_each_account, organization_file, read_raw
from shared.errors import ConfigError
from shared.layers import ROOT, StackId, check_name, discover
from shared.yaml_files import Dumper
from stacks.org.config import NAME


def add_account(
    environment: str,
    name: str,
    *,
    unit: str,
    email: str | None = None,
    tags: Mapping[str, str],
    display_name: str | None = None,
    region: str | None = None,
    root: Path = ROOT,
) -> Path:
    """Write the configuration file of the account `name`; returns its path.

    `display_name` is the account's name in AWS; by default it is made from `name`: `developer` becomes
    `DeveloperAccount`. `email` is by default the address that `org:accountEmail` makes of `name`, `region` the region
    of the organization layer, and its secrets provider that layer's. The new configuration passes every check of a run.
    Raises `LayerError` and `ConfigError`; then no file is left.
    """
    check_name("account", name)
    discover(environment, root)
    stack = StackId("accounts", environment, name)
    file = stack.config_file(root)
    of_org, provider = organization_file(environment, root)
    config: dict[str, Any] = {
        "aws:region": region or of_org.get("aws:region"),
        "accounts:name": display_name or default_display_name(name),
        "accounts:email": email or _address(name, of_org, environment),
        "accounts:organizationalUnit": unit,
    }
    # It is deployed with the role that deploys the others.
    if profile := _common_profile(environment, root):
        config["aws:profile"] = profile
    # An account's file names the management account, as every file of the environment does.
    bound = of_org.get("aws:allowedAccountIds")
    if bound is not None:
        config["aws:allowedAccountIds"] = bound
    if tags:
        config["accounts:tags"] = dict(tags)
    # Without it, the new stack's secrets would be encrypted with a passphrase. The key itself is each stack's own.
    document = {**({"secretsprovider": provider} if provider else {}), "config": config}
    try:
        # Mode `x` never overwrites an existing file.
        with file.open("x", encoding="utf-8") as opened:
            opened.write(schema_line(stack.config_label))
            yaml.dump(document, opened, Dumper=Dumper, sort_keys=False, allow_unicode=True)
    except FileExistsError:
        raise ConfigError([f"{file.relative_to(root)}: account {name!r} exists already; allowed: a new name"]) from None
    try:
        check([stack], root)
    except ConfigError:
        file.unlink()
        raise
    return file


def default_display_name(name: str) -> str:
    """What AWS calls the account `name` unless told otherwise: `developer` becomes `DeveloperAccount`."""
    return "".join(map(str.capitalize, re.split(r"[-_]", name))) + "Account"


def address(scheme: str, name: str) -> str:
    """The address of the account `name` by `org:accountEmail`."""
    return scheme.replace(NAME, name)


def _address(name: str, of_org: Mapping[str, Any], environment: str) -> str:
    scheme = of_org.get("org:accountEmail")
    if not scheme:
        raise ConfigError(
            [
                f"{StackId('org', environment).config_label}: org:accountEmail is missing, so account {name!r} has no "
                f"address; allowed: --email ADDRESS, or there an address for all, such as aws+{NAME}@example.com"
            ]
        )
    return address(str(scheme), name)


def _common_profile(environment: str, root: Path) -> str | None:
    """The `aws:profile` of the accounts' files, if all have the same one."""
    found = list(of_each_account("aws:profile", environment, lambda stack: read_raw(stack, root), root))
    return found[0] if found and isinstance(found[0], str) and found.count(found[0]) == len(found) else None
