"""An organization policy and its attachments, whatever its type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pulumi
import pulumi_aws as aws

from shared.errors import DocumentError
from shared.policy_documents.documents import Document
from stacks.policies.limits import render_org_policy


def attached_policy(
    name: str,
    policy_type: str,
    document: Document | pulumi.Output[Document],
    description: str,
    targets: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> aws.organizations.Policy:
    """A policy named `name`, attached to each of `targets` (target name → id of a root, OU or account).

    Raises `pulumi.RunError` when AWS would refuse the document.
    https://www.pulumi.com/registry/packages/aws/api-docs/organizations/policyattachment/
    """
    content: pulumi.Input[str] = (
        document.apply(partial(_content, name, policy_type))
        if isinstance(document, pulumi.Output)
        else _content(name, policy_type, document)
    )
    policy = aws.organizations.Policy(
        name, name=name, type=policy_type, content=content, description=description, opts=opts
    )
    for target, target_id in targets.items():
        aws.organizations.PolicyAttachment(f"{name}-{target}", policy_id=policy.id, target_id=target_id, opts=opts)
    return policy


def _content(name: str, policy_type: str, document: Document) -> str:
    try:
        return render_org_policy(name, policy_type, document)
    except DocumentError as error:
        raise pulumi.RunError(str(error)) from None
