"""Files that are to be written: tried in a copy of the configuration first, and then put where they belong."""

from __future__ import annotations

import shutil
from pathlib import Path

from automation.adoption.files import Draft
from automation.configuration import check
from automation.reporting.files import write_at_once
from shared.errors import ConfigError
from shared.layers import discover
from shared.policy_files import FOLDER

_STACKS = Path("stacks")


def copy_configuration(root: Path, place: Path, environment: str) -> None:
    """The configuration of the repository at `root` alone, as it is, in `place`, with the policy files of
    `environment`."""
    shutil.rmtree(place / _STACKS, ignore_errors=True)
    found = [*root.glob("stacks/*/Pulumi.*.yaml"), *root.glob("stacks/accounts/profiles/*.yaml")]
    found += (root / FOLDER / environment).glob("*")
    for file in found:
        copied = place / file.relative_to(root)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copied)


def try_out(place: Path, draft: Draft) -> Path:
    """Write the draft below `place`, a copy that is thrown away; returns the file."""
    file = place / draft.path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(draft.text, encoding="utf-8")
    return file


def problems(environment: str, place: Path) -> list[str]:
    """What the checks of a run have against the files in `place`. Raises `shared.errors.LayerError`."""
    try:
        check(discover(environment, place), place)
    except ConfigError as error:
        return list(error.problems)
    return []


def write(root: Path, draft: Draft) -> None:
    """Write the draft into the repository at `root`, in one step. Raises `shared.errors.UsageError`."""
    file = root / draft.path
    file.parent.mkdir(parents=True, exist_ok=True)
    write_at_once("the file", file, draft.text)
