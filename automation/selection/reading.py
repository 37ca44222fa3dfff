"""At which paths a change can be one of what a stack's deployment reads."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from automation.environments import environment
from automation.skipping.sources import LOCK_FILE, Sources, files_in, is_documentation, policy_folder
from shared.layers import StackId

_RULES = ("rules/", "settings.json", "settings.py", "allowed_regions.py", "documents.py", "judging.py", "planned.py")
_TOOLS = (LOCK_FILE, "engine/cli/", "engine/language-python/", *(f"policy_pack/{name}" for name in _RULES))
"""The files that set the versions of the engine, SDK and provider, and the rules that every stack must keep. A change
affects every stack."""


@dataclass(frozen=True)
class Files:
    """What is read, as paths of this repository.

    `files` are the files as the program names them, and `trails` where they are: every link on the way, and the file
    at its end. A file without links is its own trail.
    """

    files: frozenset[Path]

    @cached_property
    def trails(self) -> dict[Path, frozenset[Path]]:
        """File → its trail."""
        return {file: frozenset(trail(file)) for file in self.files}

    @cached_property
    def paths(self) -> frozenset[Path]:
        """The files, all that is on their trails, and the folders above these: git names only the folder of a
        submodule."""
        every = {path for file, steps in self.trails.items() for path in (file, *steps)}
        return frozenset(every.union(*(path.parents for path in every)))

    @cached_property
    def linked_folders(self) -> frozenset[Path]:
        """What links lead to, if it is a folder, or nothing any more."""
        ends = {Path(os.path.realpath(step)) for steps in self.trails.values() for step in steps if step.is_symlink()}
        return frozenset(end for end in ends if not end.is_file())


class Reading:
    """What the stacks of one environment read, in the repository at `root`. Each layer is analysed once."""

    def __init__(self, environment_name: str, root: Path) -> None:
        self.root = root.resolve()
        self.tool_paths = _TOOLS + environment(environment_name, root).tool_paths
        """The files, and the folders with a slash at the end, that set the versions of the tools, existing or not."""
        self._sources = Sources(root)
        self._layers: dict[str, Files] = {}
        self._configurations: dict[StackId, Files] = {}

    def program(self, layer: str) -> Files:
        """The programs of the layer."""
        if layer not in self._layers:
            self._layers[layer] = Files(self._sources.of(layer))
        return self._layers[layer]

    @cached_property
    def tools(self) -> Files:
        """What sets the versions of the tools."""
        paths = [self.root / each for each in self.tool_paths]
        files = frozenset(path for path in paths if path.is_file())
        return Files(files.union(*(files_in(path) for path in paths if path.is_dir())))

    def of(self, stack: StackId) -> tuple[Files, ...]:
        """All that a deployment of the stack reads."""
        if stack not in self._configurations:
            policies = policy_folder(stack.layer, stack.environment, self.root)
            files = {file for file in files_in(policies) if not is_documentation(file)} if policies else set()
            self._configurations[stack] = Files(frozenset([stack.config_file(self.root), *files]))
        return self.program(stack.layer), self._configurations[stack], self.tools


def trail(path: Path) -> list[Path]:
    """The links on the way to a file, each as a path without links before it, and the file at the end.

    The end may not exist, if a link leads nowhere.
    """
    found: list[Path] = []
    done, parts = Path(path.anchor), list(path.parts[1:])
    while parts:
        part = parts.pop(0)
        if part == "..":
            done = done.parent
            continue
        step = done / part
        if not step.is_symlink():
            done = step
            continue
        if step in found:  # links in a circle
            return found
        found.append(step)
        target = step.readlink()
        if target.is_absolute():
            done, parts = Path(target.anchor), [*target.parts[1:], *parts]
        else:
            parts = [*target.parts, *parts]
    return [*found, done]
