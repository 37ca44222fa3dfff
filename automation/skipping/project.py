"""What in a project's files and variables makes the engine read something that is no input of a deployment.

Such a stack is run each time. The format of the files:
https://www.pulumi.com/docs/iac/concepts/projects/project-file/
https://github.com/pulumi/pulumi/blob/v3.274.1/sdk/go/common/workspace/project.go
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from shared.layers import StackId

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_ALWAYS_NEW = (
    # Replaces resources in every update.
    *("PULUMI_OPTION_REPLACE", "PULUMI_OPTION_TARGET_REPLACE"),
    # The plugin or language host is a process that somebody has started.
    *("PULUMI_DEBUG_PROVIDERS", "PULUMI_DEBUG_LANGUAGES"),
    # Files that the engine reads.
    *("PULUMI_OPTION_CONFIG_FILE", "PULUMI_OPTION_IMPORT_FILE", "PULUMI_OPTION_PLAN"),
    *("PULUMI_OPTION_POLICY_PACK", "PULUMI_OPTION_POLICY_PACK_CONFIG"),
)
"""Variables that, if set, make a deployment depend on more than its inputs. The engine takes each of its options also
from a variable, PULUMI_OPTION_<name>."""

_FALSE = ("0", "f", "false")


def always_run(stack: StackId, root: Path) -> list[str]:
    """Why the stack of the repository at `root` must be run each time, as short texts for the user; mostly empty."""
    file = stack.folder(root) / "Pulumi.yaml"
    project, own = _read(file), _read(stack.config_file(root))
    found = [f"the variable {name}" for name in _ALWAYS_NEW if os.environ.get(name)]
    if project is None:
        found.append(f"{file.name} cannot be read")
    else:
        found += _in_project(project, file.parent)
    if own is None:
        found.append(f"{stack.config_file(root).name} cannot be read")
    elif own.get("environment"):
        found.append(f"environment in {stack.config_file(root).name}")
    return found


def _in_project(project: Mapping[str, Any], folder: Path) -> Iterator[str]:
    refresh = os.environ.get("PULUMI_OPTION_REFRESH", "")
    if refresh and refresh.lower() not in _FALSE:
        yield "the variable PULUMI_OPTION_REFRESH"
    options = project.get("options")
    if not refresh and isinstance(options, Mapping) and options.get("refresh") == "always":
        yield "options.refresh in Pulumi.yaml"
    # The configuration in another folder is `stackConfigDir`, and was `config` with a text.
    for name in ("main", "stackConfigDir", "config"):
        place = project.get(name)
        if isinstance(place, str) and place and (folder / place).resolve() != folder.resolve():
            yield f"{name} in Pulumi.yaml"
    if project.get("plugins"):
        yield "plugins in Pulumi.yaml"
    packages = project.get("packages")
    sources = packages.values() if isinstance(packages, Mapping) else []
    if any(_is_path(each.get("source") if isinstance(each, Mapping) else each) for each in sources):
        yield "packages in Pulumi.yaml"


def _is_path(source: object) -> bool:
    """Whether the source of a package is a file or folder on this machine."""
    return str(source).startswith((".", "/", "~", "file:"))


def _read(file: Path) -> Mapping[str, Any] | None:
    """What is in the file; None if it is not readable or no mapping."""
    try:
        found = yaml.load(file.read_text(), _FAST)  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    if found is None:
        return {}
    return found if isinstance(found, Mapping) else None
