"""What a state has, read from its file: no engine is asked, so one may be at work, or killed."""

from pathlib import Path

from automation.backend.resources import held
from automation.backend.state_files import exported, folder_of, stack_file
from automation.events import Resource
from shared.layers import StackId


def in_state(backend: Path, stack: StackId) -> list[Resource]:
    """What of AWS a stack has, in the backend that is the folder `backend`. Raises `FileNotFoundError` for a stack
    that has no file, `ValueError` for a file that is not whole."""
    folder = folder_of(backend.as_uri())
    assert folder
    return held(exported(stack_file(folder, stack).read_bytes()))
