"""What a layer's roles may do with the states in S3: write their own layer's, read those that it reads.

The names of the objects are those of Pulumi's backends without a service:
https://www.pulumi.com/docs/iac/concepts/state-and-backends/#using-a-diy-backend
"""

from shared.layers import LAYERS
from shared.policy_documents.documents import Document
from shared.policy_documents.iam import allow
from stacks.identity.deploy_who import DeployState

_OWN = ("stacks/{layer}/*", "history/{layer}/*", "backups/{layer}/*", "locks/organization/{layer}/*")


def state_statements(layer: str, state: DeployState, *, write: bool) -> list[Document]:
    """The statements for the roles of `layer`; with `write` for the one that deploys it."""
    bucket = f"arn:aws:s3:::{state.bucket}"
    folder = f"{state.folder}/.pulumi" if state.folder else ".pulumi"
    objects = f"{bucket}/{folder}"
    own = [f"{objects}/{pattern.format(layer=layer)}" for pattern in _OWN]
    read = [f"{objects}/meta.yaml", f"{objects}/stacks/{layer}/*"]
    read += [f"{objects}/stacks/{each}/*" for each in LAYERS[layer].reads]
    found = [
        # The engine lists the states and locks by their prefix; the names of the stacks are no secret.
        allow("s3:ListBucket", bucket, {"StringLike": {"s3:prefix": [folder, f"{folder}/*"]}}),
        allow("s3:GetObject", read if not write else [*read, *own[1:]]),
    ]
    if write:
        found.append(allow(["s3:DeleteObject", "s3:PutObject"], own))
    if state.key:
        found.append(
            allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"] if write else "kms:Decrypt", state.key)
        )
    return found
