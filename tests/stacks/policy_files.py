"""Policy files of an environment, for the tests of the programs and checks that read them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import shared.policy_files as reading
from stacks.policies import files


def write(root: Path, name: str, content: Any, environment: str = "sandbox") -> Path:
    """A policy file under `root`; text is written as it is."""
    path = root / reading.FOLDER / environment / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not isinstance(content, str):
        content = json.dumps(content) if path.suffix == ".json" else yaml.safe_dump(content, sort_keys=False)
    path.write_text(content)
    return path


def read_from(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs read the policy files under `root` instead of the repository's."""
    found = reading.policy_files
    monkeypatch.setattr(reading, "policy_files", lambda environment, _=None: found(environment, root))
    monkeypatch.setattr(files, "policy_files", lambda environment, _=None: found(environment, root))
    return root


CONTENT: dict[str, dict[str, Any]] = {
    "service-control": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}],
    },
    "resource-control": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    },
    "tag": {"tags": {"Team": {"tag_key": {"@@assign": "Team"}, "tag_value": {"@@assign": ["Web", "Data"]}}}},
    "ai-services-opt-out": {"services": {"default": {"opt_out_policy": {"@@assign": "optOut"}}}},
}  # fmt: skip
"""Content of some types that AWS takes, by the word for the type."""
