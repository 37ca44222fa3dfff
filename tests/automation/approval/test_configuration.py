"""What of a stack's file a plan has."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from automation.approval.inputs import Inputs
from automation.runs import Run
from shared.layers import StackId

ORG = StackId("org", "prod")


def configuration(root: Path, text: str) -> dict[str, str]:
    file = ORG.config_file(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return Inputs(cast("Run", SimpleNamespace(engine=SimpleNamespace(root=root)))).configuration(ORG)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        # A preview of a stack that exists writes the second one, if the file has no key.
        ("config:\n  org:a: false\n", 'config:\n  org:a: "false"\nencryptedkey: x\n', True),
        ("config:\n  org:a: false\n", 'config:\n  org:a: "true"\nencryptedkey: x\n', False),
        ("config:\n  org:a: {secure: x}\nencryptedkey: x\n", "config:\n  org:a: {secure: x}\nencryptedkey: y\n", False),
        ("config: {}\n", "secretsprovider: passphrase\nconfig: {}\n", False),
    ],
)
def test_a_key_that_the_engine_adds_is_no_difference(tmp_path: Path, before: str, after: str, same: bool) -> None:
    assert (configuration(tmp_path, before) == configuration(tmp_path, after)) == same
