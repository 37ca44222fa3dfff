"""An organization policy and its attachments, for backup, tag and service control policies."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from shared.errors import DocumentError
from shared.policy_documents.documents import Document
from stacks.policies.limits import render_org_policy


def attached_policy(
    name: str,
    policy_type: str,
    document: Document,
    description: str,
    targets: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> aws.organizations.Policy:
    """A policy named `name`, attached to each of `targets` (target name → id of a root, OU or account).

    Raises `pulumi.RunError` when AWS would refuse the document.
    https://www.pulumi.com/registry/packages/aws/api-docs/organizations/policyattachment/
    """
    try:
        content = render_org_policy(name, policy_type, document)
    except DocumentError as error:
        raise pulumi.RunError(str(error)) from None
    policy = aws.organizations.Policy(
        name, name=name, type=policy_type, content=content, description=description, opts=opts
    )
    for target, target_id in targets.items():
        aws.organizations.PolicyAttachment(f"{name}-{target}", policy_id=policy.id, target_id=target_id, opts=opts)
    return policy
