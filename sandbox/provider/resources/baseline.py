"""What an account has once: password policy, identity providers, alias, contacts, public access block, EBS encryption.
Of IAM: https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
"""

# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from sandbox.provider.aws import Aws
from sandbox.provider.resources.iam_principals import NO_SUCH, SERVICE
from sandbox.provider.schema import REGION, TAGS, Kind, Property, ResourceType, auto_named, out
from sandbox.provider.wire import Values


class AlternativeContact(ResourceType):
    """https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html"""

    token = "aws:account/alternativeContact:AlternativeContact"  # noqa: S105
    label = "Account Alternate Contact"
    properties = (
        Property("accountId", aws="AccountId", replaces=True),
        Property("alternateContactType", aws="AlternateContactType", required=True, replaces=True),
        Property("emailAddress", aws="EmailAddress", required=True),
        auto_named("Name", 64, replaces=False),
        Property("phoneNumber", aws="PhoneNumber", required=True),
        Property("title", aws="Title", required=True),
    )
    gone = frozenset({"ResourceNotFoundException"})

    def create(self, aws: Aws, new: Values) -> str:
        self.update(aws, "", {}, new, frozenset())
        return "/".join(filter(None, (new.get("accountId"), new["alternateContactType"])))

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        key = self._key(id_)
        contact = aws.call("account", "get_alternate_contact", **key)["AlternateContact"]
        return self.state(key | contact)

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.call("account", "put_alternate_contact", **self.request(new))

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call("account", "delete_alternate_contact", **self._key(id_))

    def _key(self, id_: str) -> dict[str, str]:
        account, _, contact = id_.rpartition("/")
        return {"AlternateContactType": contact} | ({"AccountId": account} if account else {})


class AccountPublicAccessBlock(ResourceType):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html"""

    token = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"  # noqa: S105
    label = "S3 Account Public Access Block"
    properties = (
        Property("accountId", computed=True, replaces=True),
        Property("blockPublicAcls", Kind.BOOL, "BlockPublicAcls", default=False),
        Property("blockPublicPolicy", Kind.BOOL, "BlockPublicPolicy", default=False),
        Property("ignorePublicAcls", Kind.BOOL, "IgnorePublicAcls", default=False),
        Property("restrictPublicBuckets", Kind.BOOL, "RestrictPublicBuckets", default=False),
    )
    gone = frozenset({"NoSuchPublicAccessBlockConfiguration"})

    def create(self, aws: Aws, new: Values) -> str:
        account = str(new.get("accountId") or aws.connection.identity()["Account"])
        self.update(aws, account, {}, new, frozenset())
        return account

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        answer = aws.call("s3control", "get_public_access_block", AccountId=id_)
        return self.state(answer["PublicAccessBlockConfiguration"]) | {"accountId": id_}

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        settings = self.request(new)
        aws.call("s3control", "put_public_access_block", AccountId=id_, PublicAccessBlockConfiguration=settings)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        aws.call("s3control", "delete_public_access_block", AccountId=id_)


class EncryptionByDefault(ResourceType):
    """A switch of a region, which always exists: deleting the resource turns it off.

    https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
    """

    token = "aws:ebs/encryptionByDefault:EncryptionByDefault"  # noqa: S105
    label = "EBS Encryption By Default"
    properties = (
        Property("enabled", Kind.BOOL, "EbsEncryptionByDefault", default=True),
        REGION,
    )

    def create(self, aws: Aws, new: Values) -> str:
        self.update(aws, "", {}, new, frozenset())
        return aws.region

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        return self.state(aws.call("ec2", "get_ebs_encryption_by_default"))

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        aws.call("ec2", f"{'enable' if new['enabled'] else 'disable'}_ebs_encryption_by_default")

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        self.update(aws, id_, old, {"enabled": False}, frozenset())


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
    tag_calls = (SERVICE, "open_id_connect_provider", "OpenIDConnectProviderArn")

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


TYPES = (
    AlternativeContact(),
    AccountPublicAccessBlock(),
    EncryptionByDefault(),
    AccountPasswordPolicy(),
    OpenIdConnectProvider(),
    AccountAlias(),
)
