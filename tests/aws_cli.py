"""`aws SERVICE OPERATION --option value`, as the AWS CLI has it, for the commands that documents and messages print.

The CLI itself is no dependency of the tests: its 20 MB pin one version of botocore, which boto3 and moto pin too.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.session import Session


class WrongCommand(Exception):
    """The AWS CLI would not take the command."""


def install(folder: Path) -> None:
    """Put a program `aws` into `folder`, for a PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "aws"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(__file__)} "$@"\n')
    program.chmod(0o755)


def words(command: str) -> list[str]:
    """The words after `aws` in a command as a shell takes it."""
    return shlex.split(command)[1:]


def request(words: Sequence[str]) -> tuple[str, str, dict[str, Any], argparse.Namespace]:
    """The service, boto3's name of the operation, its parameters, and the options of every command.

    Raises `WrongCommand` for an operation or an option that AWS has not, or one that is missing.
    """
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for option in ("--query", "--output", "--profile", "--region"):
        common.add_argument(option)
    known, rest = common.parse_known_args(list(words))
    if len(rest) < 2 or rest[0] not in Session().get_available_services():
        raise WrongCommand(f"no such command: aws {shlex.join(words)}")
    service, operation, *given = rest
    model = Session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in names:
        raise WrongCommand(f"{service} has no operation {operation}")
    shape = model.operation_model(names[operation]).input_shape
    members = shape.members if shape else {}
    options = {f"--{xform_name(name, '-')}": name for name in members}
    found: dict[str, list[str]] = {}
    for word in given:
        if word.startswith("--"):
            if word not in options:
                raise WrongCommand(f"{service} {operation} has no option {word}")
            values = found.setdefault(options[word], [])
        elif not found:
            raise WrongCommand(f"{service} {operation} takes no {word!r}")
        else:
            values.append(word)
    missing = set(shape.required_members if shape else ()) - found.keys()
    if missing:
        raise WrongCommand(f"{service} {operation} lacks {', '.join(sorted(missing))}")
    parameters = {name: _value(members[name].type_name, values) for name, values in found.items()}
    return service, xform_name(names[operation]), parameters, known


def _value(kind: str, words: list[str]) -> Any:
    if kind == "boolean":
        return True
    if kind == "list":
        return json.loads(words[0]) if words[:1] and words[0].startswith("[") else words
    (word,) = words
    if kind in ("structure", "map"):
        return json.loads(word)
    return int(word) if kind in ("integer", "long") else word


def text(value: Any) -> str:
    """`value` with `--output text`."""
    if isinstance(value, list):
        return "\t".join(map(text, value))
    return "None" if value is None else str(value)


def main(words: Sequence[str]) -> int:
    """Run one command with the AWS settings of this process's variables; returns its exit code."""
    try:
        service, operation, parameters, options = request(words)
        session = boto3.Session(profile_name=options.profile, region_name=options.region)
        client: Any = session.client(service)  # type: ignore[call-overload]
        answer = getattr(client, operation)(**parameters)
    except (WrongCommand, ClientError) as error:
        print(f"aws: {error}", file=sys.stderr)
        return 254
    answer.pop("ResponseMetadata", None)
    found = jmespath.search(options.query, answer) if options.query else answer
    print(text(found) if options.output == "text" else json.dumps(found, indent=4, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
