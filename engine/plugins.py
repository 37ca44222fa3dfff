"""The plugins of the installed SDKs.

The language host imports this module, so it must import nothing else of this repository: the host starts fast, and in
a folder where `shared` may be another one.
"""

import json
import os
import shutil
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def required() -> list[dict[str, Any]]:
    """The plugins that the installed SDKs need, from each SDK's `pulumi-plugin.json`."""
    files = sorted(Path(sysconfig.get_path("purelib")).glob("*/pulumi-plugin.json"))
    found = [json.loads(file.read_text()) for file in files]
    return [
        {
            "name": plugin["name"],
            "kind": "resource",
            "version": f"v{plugin['version']}" if plugin.get("version") else "",
            "server": plugin.get("server", ""),
        }
        for plugin in found
        if plugin.get("resource") and plugin.get("name")
    ]


def candidates(variables: Mapping[str, str]) -> list[Path]:
    """The files of which the engine chooses these plugins, with those environment variables."""
    return [file for each in required() for file in _candidates(each["name"], each["version"], variables)]


def _candidates(name: str, version: str, variables: Mapping[str, str]) -> Iterator[Path]:
    """The files that the engine may choose for a plugin: one on PATH, or else one in PULUMI_HOME.

    It takes the version that is asked for, and any if none is, or in its old way of search.
    https://github.com/pulumi/pulumi/blob/v3.274.1/sdk/go/common/workspace/plugins.go
    """
    program = f"pulumi-resource-{name}"
    if variables.get("PULUMI_IGNORE_AMBIENT_PLUGINS", "").lower() not in ("1", "true"):
        ambient = shutil.which(program, path=variables.get("PATH", os.defpath))
        if ambient:
            yield Path(ambient)
    exact = version and not variables.get("PULUMI_ENABLE_LEGACY_PLUGIN_SEARCH")
    home = Path(variables.get("PULUMI_HOME") or Path.home() / ".pulumi")
    for folder in sorted(home.glob(f"plugins/resource-{name}-{version if exact else 'v*'}")):
        yield folder / program
