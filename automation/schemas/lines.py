"""The line at the top of a configuration file that tells an editor its schema.

https://github.com/redhat-developer/yaml-language-server#using-inlined-schema
"""

from pathlib import PurePosixPath

from shared.policy_files import FOLDER as POLICY_FILES

FOLDER = "schemas"
"""Where the schemas are, relative to the root of the repository."""


def schema_of(path: str) -> str:
    """The name of the schema of a configuration file; `path` is relative to the root of the repository."""
    parts = PurePosixPath(path).parts
    if path.startswith(f"{POLICY_FILES.as_posix()}/"):
        return "policy.json"
    return "profiles.json" if parts[-2] == "profiles" else f"{parts[1]}.json"


def schema_line(path: str) -> str:
    """The line, with its end."""
    up = "../" * (len(PurePosixPath(path).parts) - 1)
    return f"# yaml-language-server: $schema={up}{FOLDER}/{schema_of(path)}\n"
