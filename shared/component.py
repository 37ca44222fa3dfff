"""The base of this project's components."""

import pulumi

PROJECT = "aws-organization"
"""The package in the type tokens of the components: `aws-organization:identity:Developers`."""


class Component(pulumi.ComponentResource):
    """A component of this project.

    `kind` is the type token without the project, such as `identity:Developers`. `formerly` is the type token in states
    that older versions of this project wrote; a component that they did not have has none. It becomes an alias, so the
    engine keeps the existing resources:
    https://www.pulumi.com/docs/iac/concepts/resources/options/aliases/
    """

    def __init__(
        self, kind: str, name: str, opts: pulumi.ResourceOptions | None, *, formerly: str | None = None
    ) -> None:
        alias = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=formerly)] if formerly else [])
        super().__init__(f"{PROJECT}:{kind}", name, {}, pulumi.ResourceOptions.merge(opts, alias))
