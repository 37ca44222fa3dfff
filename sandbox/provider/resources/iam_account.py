"""What IAM keeps once an account: the password policy, identity providers, the account alias.

https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
"""

# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from __future__ import annotations

from sandbox.provider.aws import Aws
from sandbox.provider.resources.iam_principals import NO_SUCH, SERVICE
from sandbox.provider.schema import TAGS, Kind, Property, ResourceType, TagCalls, out
from sandbox.provider.wire import Values


class AccountPasswordPolicy(ResourceType):
    token = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"  # noqa: S105
    label = "IAM Account Password Policy"
    properties = (
        Property("allowUsersToChangePassword", Kind.BOOL, "AllowUsersToChangePassword", default=True),
        Property("hardExpiry", Kind.BOOL, "HardExpiry", computed=True),
        Property("maxPasswordAge", Kind.INT, "MaxPasswordAge", computed=True),
        Property("minimumPasswordLength", Kind.INT, "MinimumPasswordLength", default=6),
        Property("passwordReusePrevention", Kind.INT, "PasswordReusePrevention", computed=True),
        Property("requireLowercaseCharacters", Kind.BOOL, "RequireLowercaseCharacters", computed=True),
        Property("requireNumbers", Kind.BOOL, "RequireNumbers", computed=True),
        Property("requireSymbols", Kind.BOOL, "RequireSymbols", computed=True),
        Property("requireUppercaseCharacters", Kind.BOOL, "RequireUppercaseCharacters", computed=True),
        out("expirePasswords", "ExpirePasswords", Kind.BOOL),
    )
    gone = NO_SUCH

    def create(self, aws: Aws, new: Values) -> str:
        self.update(aws, "", {}, new, frozenset())
        return "iam-account-password-policy"

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        return self.state(aws.call(SERVICE, "get_account_password_policy")["PasswordPolicy"])

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        # Zero means 'not set' in the program, and is refused by AWS.
        given = {key: value for key, value in self.request(new).items() if value is False or value != 0}
        aws.call(SERVICE, "update_account_password_policy", **given)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_account_password_policy")


class OpenIdConnectProvider(ResourceType):
    token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"  # noqa: S105
    label = "IAM OIDC Provider"
    properties = (
        Property("clientIdLists", Kind.STRINGS, "ClientIDList", required=True),
        Property("thumbprintLists", Kind.STRINGS, "ThumbprintList", computed=True),
        Property("url", Kind.URL, "Url", required=True, replaces=True),
        *TAGS,
        out("arn"),
    )
    gone = NO_SUCH
    tag_calls = TagCalls(SERVICE, "open_id_connect_provider", "OpenIDConnectProviderArn")

    def create(self, aws: Aws, new: Values) -> str:
        answer = aws.call(SERVICE, "create_open_id_connect_provider", **self.request(new))
        return str(answer["OpenIDConnectProviderArn"])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        found = aws.call(SERVICE, "get_open_id_connect_provider", OpenIDConnectProviderArn=id_)
        return self.state({"Tags": [], **found}) | {"arn": id_}

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        before, after = set(old.get("clientIdLists") or ()), set(new["clientIdLists"])
        # What is new first: a provider cannot be without a client.
        for verb, clients in (("add_client_id_to", after - before), ("remove_client_id_from", before - after)):
            for client in sorted(clients):
                operation = f"{verb}_open_id_connect_provider"
                aws.call(SERVICE, operation, OpenIDConnectProviderArn=id_, ClientID=client)
        if "thumbprintLists" in changed:
            operation = "update_open_id_connect_provider_thumbprint"
            aws.call(SERVICE, operation, OpenIDConnectProviderArn=id_, ThumbprintList=new.get("thumbprintLists") or [])

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_open_id_connect_provider", OpenIDConnectProviderArn=id_)


class AccountAlias(ResourceType):
    token = "aws:iam/accountAlias:AccountAlias"  # noqa: S105
    label = "IAM Account Alias"
    properties = (Property("accountAlias", aws="AccountAlias", required=True, replaces=True),)
    gone = NO_SUCH

    def create(self, aws: Aws, new: Values) -> str:
        aws.call(SERVICE, "create_account_alias", **self.request(new))
        return str(new["accountAlias"])

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        aliases = aws.pages(SERVICE, "list_account_aliases", "AccountAliases")
        return {"accountAlias": aliases[0]} if aliases else None

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call(SERVICE, "delete_account_alias", AccountAlias=id_)


TYPES = (AccountPasswordPolicy(), OpenIdConnectProvider(), AccountAlias())
