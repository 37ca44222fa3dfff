"""Which plugins the installed SDKs need, and who may ask."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from engine.plugins import candidates, required

OWN = {"automation", "engine", "sandbox", "shared", "stacks"}


def test_the_aws_plugin_is_required() -> None:
    aws = next(each for each in required() if each["name"] == "aws")
    assert (aws["kind"], aws["version"]) == ("resource", f"v{version('pulumi-aws')}")


def test_the_engine_chooses_the_version_that_is_required(tmp_path: Path) -> None:
    files = []
    for each in (version("pulumi-aws"), "1.0.0"):
        files.append(tmp_path / "plugins" / f"resource-aws-v{each}" / "pulumi-resource-aws")
        files[-1].parent.mkdir(parents=True)
    variables = {"PULUMI_HOME": str(tmp_path), "PATH": str(tmp_path)}
    assert candidates(variables) == files[:1]
    assert candidates({**variables, "PULUMI_ENABLE_LEGACY_PLUGIN_SEARCH": "1"}) == sorted(files)
    ambient = tmp_path / "pulumi-resource-aws"
    ambient.write_text("#!/bin/sh\n")
    ambient.chmod(0o755)
    assert candidates(variables) == [ambient, files[0]]
    assert candidates({**variables, "PULUMI_IGNORE_AMBIENT_PLUGINS": "true"}) == files[:1]


def test_the_process_of_a_program_starts_with_nothing_else_of_this_repository() -> None:
    code = "import sys, automation.language_host.preload; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    of_this = {name for name in done.stdout.split() if name.partition(".")[0] in OWN}
    assert {name for name in of_this if not name.startswith("automation.language_host")} == {
        "automation",
    }
