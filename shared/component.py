"""The base of this project's components."""

from __future__ import annotations

import pulumi

PROJECT = "aws-organization"
"""The package in the type tokens of the components: `aws-organization:identity:Developers`."""


class Component(pulumi.ComponentResource):
    """A component of this project.

    `kind` is its type token without the project, such as `identity:Developers`. `formerly` is the token that states
    made by older versions have it under: with the alias the engine finds it there, and everything in it, and has
    nothing to do (https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/).
    """

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None, *, formerly: str) -> None:
        alias = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=formerly)])
        super().__init__(f"{PROJECT}:{kind}", name, {}, pulumi.ResourceOptions.merge(opts, alias))
