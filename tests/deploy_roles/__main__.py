"""Writes the documents of the deploy roles: `make permissions`."""

import tempfile
from pathlib import Path

from shared.layers import LAYERS
from shared.policy_documents.iam import allow, document
from tests.deploy_roles.documents import KINDS, MEMBER_FILE, file_of, made, text
from tests.deploy_roles.recording import begin, record
from tests.e2e.project import Project

FIRST = document(allow("iam:GetRole", "*"))
"""Stands for a document that is yet to be recorded: IAM takes none without a statement."""


def main() -> None:
    """Record the work as an administrator, who may do everything, and write what was needed."""
    for file in (MEMBER_FILE, *(file_of(layer, kind) for layer in LAYERS for kind in KINDS)):
        if not file.exists():
            file.write_text(text(FIRST))
    with tempfile.TemporaryDirectory(prefix="deploy-policies-") as folder:
        project = Project.copy_to(Path(folder))
        try:
            begin(project)
            recording = record(project, lambda _layer, _kind: "").recording
        finally:
            project.close()
    for file, policy in made(recording).items():
        file.write_text(text(policy))
        print(f"wrote {file.name}")


if __name__ == "__main__":
    main()
