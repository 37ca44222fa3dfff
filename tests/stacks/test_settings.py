"""What each key of the configuration may be: the limits are AWS's, written out here once more."""

from typing import Any

import pytest

from shared.errors import ConfigError
from shared.settings.base import Settings, parse
from stacks.accounts.config import AccountsConfig
from stacks.identity.config import IdentityConfig
from stacks.org.config import OrgConfig
from stacks.policies.config import PoliciesConfig

CONTACT = {"name": "Ada", "title": "CFO", "email": "ada@example.com", "phone": "+1 (555) 01-00"}
RIGHT: dict[type[Settings], dict[str, Any]] = {
    OrgConfig: {"mode": "create", "organizationalUnits": ["A"]},
    IdentityConfig: {"users": ["ada"]},
    PoliciesConfig: {
        "backup": {"organizationalUnits": ["A"], "primaryRegions": ["us-west-2"], "copyRegion": "us-east-1"}
    },
    AccountsConfig: {"name": "Shop", "email": "shop@example.com", "organizationalUnit": "A"},
}
"""Settings of each layer that are right."""


MADE = ["DeveloperRole", "AutomationRole", "MyMonthlyBackupIamRole", "cicd-automation"]
"""Every role that this project makes in an account."""


def problems(model: type[Settings], **change: Any) -> list[str]:
    try:
        parse(model, "layer", {**RIGHT[model], **change}, "file")
    except ConfigError as error:
        return error.problems
    return []


def contact(**change: Any) -> dict[str, Any]:
    return {"alternateContacts": {"billing": {**CONTACT, **change}}}


def backup(**change: Any) -> dict[str, Any]:
    return {"backup": {**RIGHT[PoliciesConfig]["backup"], **change}}


def oidc(**change: Any) -> dict[str, Any]:
    provider = {"issuer": "https://issuer.example.com", "audience": "aws", "subjects": ["repo:acme/infra:*"], **change}
    return {"automation": "oidc", "oidc": provider}


@pytest.mark.parametrize(
    ("model", "change"),
    [
        *[(AccountsConfig, {"alias": alias}) for alias in ("abc", "a" * 63, "12345678901", "1234567890123", "a-1-b")],
        *[(AccountsConfig, {"alias": alias}) for alias in (None, "12345678901a")],
        *[(AccountsConfig, {"email": email}) for email in ("a@b.co", f"{'a' * 52}@example.com", "a+b@b-c.example.co")],
        *[(AccountsConfig, {"name": name}) for name in ("A", "a" * 50, "Web-Shop & Co. <1>", "~")],
        *[(AccountsConfig, {"resourceNamesPrefix": prefix}) for prefix in ("", "a" * 20, "A-_9")],
        *[(AccountsConfig, {"accessRoleName": name}) for name in ("A", "a" * 64, "A+=,.@_-9")],
        *[(AccountsConfig, {"organizationalUnit": path}) for path in ("A/B/C/D/E", "a" * 100, "With space/B")],
        *[
            (AccountsConfig, {"tags": tags})
            for tags in (
                {},
                {"a": "", "é ü_.:/=+-@9": "Ω 中_.:/=+-@9", "awsome": "aws", "my:aws:x": "x aws:"},
                {"k" * 128: "v" * 256},
                {f"key-{n}": "" for n in range(50)},
            )
        ],
        (AccountsConfig, {"alternateContacts": {}}),
        (AccountsConfig, {"alternateContacts": dict.fromkeys(["billing", "operations", "security"], CONTACT)}),
        *[
            (AccountsConfig, contact(**change))
            for change in ({"name": "a" * 64}, {"title": "a" * 50}, {"phone": "1" * 25})
        ],
        *[
            (IdentityConfig, {"passwordPolicy": {key: value}})
            for key, values in {"minimumLength": (6, 128), "reusePrevention": (1, 24), "maxAgeDays": (1, 1095)}.items()
            for value in values
        ],
        (IdentityConfig, {"passwordPolicy": None}),
        (IdentityConfig, {"users": [f"developer-{n}" for n in range(30)]}),
        (IdentityConfig, {"users": [f"developer-{n}" for n in range(31)], "developerTrust": "account"}),
        (IdentityConfig, {"users": [], "userSource": "external"}),
        (IdentityConfig, {"users": ["ada", "ada1", "cicd-automation2"]}),
        (IdentityConfig, {"users": ["ada", "grace"], "mfaEnrolment": ["grace"]}),
        (IdentityConfig, {"users": ["ada"], "selfServiceMfa": False}),
        *[
            (IdentityConfig, {"users": [], "userSource": "external", "permissionSet": name})
            for name in (None, "D", "d" * 32, "A_+=,.@-9")
        ],
        (IdentityConfig, {"users": [f"developer-{n}" for n in range(20)], "permissionSet": "Developers"}),
        (
            IdentityConfig,
            {"users": [f"u-{n}" for n in range(31)], "permissionSet": "Developers", "developerTrust": "account"},
        ),
        (IdentityConfig, oidc()),
        *[
            (IdentityConfig, oidc(issuer=issuer))
            for issuer in (
                "https://token.actions.githubusercontent.com",
                "https://token.actions.githubusercontent.com/acme-enterprise",
                "https://gitlab.example.com/a/b_c.d~e",
                f"https://{'.'.join(['a' * 49] * 4)}.com/{'p' * 43}",
            )
        ],
        *[
            (IdentityConfig, oidc(audience=each))
            for each in ("a", "a" * 255, "https://acme.example.com/x", "ari:a::b/{1}")
        ],
        (OrgConfig, {"organizationalUnits": ["A", "B", "A/B"]}),
        (OrgConfig, {"mode": "lookup", "additionalTrustedServices": []}),
        (OrgConfig, {"additionalTrustedServices": ["sso.amazonaws.com"]}),
        (OrgConfig, {"ignore": ["222222222222", "Legacy/*", "user/eve", "sso.amazonaws.com"]}),
        (PoliciesConfig, {"backup": None}),
        (PoliciesConfig, backup(primaryRegions=["us-west-2", "eu-west-1", "eu-central-1"])),
        (PoliciesConfig, {"serviceControl": {"A": {"allowedRegions": ["us-east-1", "us-west-2", "eu-west-1"]}}}),
        (PoliciesConfig, {"backup": None, "serviceControl": {"A": {"allowedRegions": ["eu-west-1"]}}}),
        (PoliciesConfig, {"serviceControl": {"A": {"guardrails": []}}}),
        (
            PoliciesConfig,
            {"backup": None, "serviceControl": {"/": {"guardrails": [], "allowedRegions": ["eu-west-1"]}, "A/B": {}}},
        ),
        (PoliciesConfig, {"resourceControl": None}),
        (PoliciesConfig, {"resourceControl": {"trustedAccounts": ["000000000001"]}}),
        (
            PoliciesConfig,
            {"resourceControl": {"trustedIssuers": ["https://a.example.com", "https://b.example.com/x/Y"]}},
        ),
        *[
            (AccountsConfig, {"roleActions": {role: actions}})
            for role in ("DeveloperRole", "AutomationRole")
            for actions in (["s3:*"], ["s3:Get*", "ec2:Describe?ons", "application-autoscaling:*", "a4b:GetX"])
        ],
        (PoliciesConfig, {"accessRoleNames": ["DeveloperRole2", "MyAutomationRole", "Developer"]}),
        (PoliciesConfig, {"tags": {"A": {"costCenters": ["*", "R+D", "dev*", "v" * 256, "é"]}}}),
        *[
            (PoliciesConfig, {"tags": {"A": {"costCenters": ["x"], "enforcedFor": types}}})
            for types in (
                [],
                ["ec2:instance", "secretsmanager:*", "s3:ALL_SUPPORTED", "imagebuilder:image-recipe"],
            )
        ],
    ],
)
def test_what_is_allowed(model: type[Settings], change: dict[str, Any]) -> None:
    assert problems(model, **change) == []


@pytest.mark.parametrize(
    ("model", "change", "key"),
    [
        *[
            (AccountsConfig, {"alias": alias}, "alias")
            for alias in (
                "123456789012",
                "ab",
                "a" * 64,
                "-ab",
                "ab-",
                "a--b",
                "Abc",
                "a_b",
                "a.b",
                "",
            )
        ],
        *[
            (AccountsConfig, {"email": email}, "email")
            for email in (
                "a@b.c",
                f"{'a' * 53}@example.com",
                "a@localhost",
                "a b@example.com",
                "@example.com",
                "a@-b.co",
                "",
            )
        ],
        *[(AccountsConfig, {"name": name}, "name") for name in ("", "a" * 51, " ", "Café", "A\tB", "A\nB", "A\x7f")],
        *[
            (AccountsConfig, {"resourceNamesPrefix": prefix}, "resourceNamesPrefix")
            for prefix in ("a" * 21, "a b", "a/")
        ],
        *[(AccountsConfig, {"accessRoleName": name}, "accessRoleName") for name in ("", "a" * 65, "a/b", "a b")],
        *[
            (AccountsConfig, {"organizationalUnit": path}, "organizationalUnit")
            for path in ("", "A/B/C/D/E/F", "a" * 101, "/A", "A/", "A//B", "A/ B", "A /B")
        ],
        *[
            (model, {key: wrap(name)}, f"{where} is '{name}': a role that this project makes; allowed: ")
            for name in (*MADE, *(name.upper() for name in MADE), "developerrole")
            for model, key, wrap, where in (
                (AccountsConfig, "accessRoleName", str, "accessRoleName"),
                (PoliciesConfig, "accessRoleNames", lambda name: ["Admin", name], "accessRoleNames.1"),
            )
        ],
        *[
            (AccountsConfig, {"tags": tags}, key)
            for tags, key in (
                *[
                    ({key: "x"}, f"tags.{key}")
                    for key in ("", "k" * 129, "a*", "a?", "a;b", "a\tb", "a\nb", "a#", "a\U0001f600")
                ],
                *[({key: "x"}, f"tags.{key}") for key in ("aws:", "aws:x", "AWS:x", "Aws:x")],
                *[
                    ({"A": value}, "tags.A")
                    for value in ("v" * 257, "a*", "a;b", "a\tb", "a\nb", "a,b", "aws:x", "AWS:x")
                ],
                ({f"key-{n}": "" for n in range(51)}, "tags"),
                ({"Owner": "x", "A": "y", "owner": "x"}, "listed twice: Owner, owner; allowed: each once, whatever"),
            )
        ],
        (AccountsConfig, {"alternateContacts": {"marketing": CONTACT}}, "alternateContacts.marketing"),
        *[
            (AccountsConfig, contact(**{field: value}), f"alternateContacts.billing.{field}")
            for field, values in {
                "name": ("", "a" * 65),
                "title": ("", "a" * 51),
                "email": ("ada", ""),
                "phone": ("", "1" * 26, "555-CALL", "+1.555"),
            }.items()
            for value in values
        ],
        *[
            (
                AccountsConfig,
                {"alternateContacts": {"security": {k: v for k, v in CONTACT.items() if k != field}}},
                f"alternateContacts.security.{field} is missing",
            )
            for field in CONTACT
        ],
        *[
            (IdentityConfig, {"passwordPolicy": {field: value}}, f"passwordPolicy.{field}")
            for field, values in {
                "minimumLength": (5, 129),
                "reusePrevention": (0, 25),
                "maxAgeDays": (0, 1096),
            }.items()
            for value in values
        ],
        (IdentityConfig, {"users": []}, "users is []"),
        (IdentityConfig, {"users": ["ada", "grace", "ada"]}, "users"),
        (IdentityConfig, {"users": ["ada", "grace", "Ada", "ADA"]}, "listed twice: ADA, Ada, ada; allowed: each once"),
        (IdentityConfig, {"users": ["ada", "a" * 65]}, "users.1"),
        (
            IdentityConfig,
            {"users": ["CICD-Automation"]},
            "lists CICD-Automation, which is automation (identity:automation is 'user')",
        ),
        (IdentityConfig, {"users": [f"developer-{n}" for n in range(31)]}, "users lists 31 users; at most 30 fit"),
        (IdentityConfig, {"users": ["ada", "cicd-automation"]}, "lists cicd-automation, which is automation"),
        (IdentityConfig, {"mfaEnrolment": ["ada", "Ada"]}, "lists Ada; allowed: users of identity:users (ada)"),
        (IdentityConfig, {"mfaEnrolment": ["ada", "ada"]}, "mfaEnrolment"),
        (IdentityConfig, {"mfaEnrolment": ["a/b"]}, "mfaEnrolment.0"),
        (
            IdentityConfig,
            {"users": [], "userSource": "external", "mfaEnrolment": ["ada"]},
            "lists ada; allowed: users of identity:users (there are none)",
        ),
        (IdentityConfig, {"mfaEnrolment": ["ada"], "selfServiceMfa": False}, "while identity:selfServiceMfa is false"),
        *[
            (IdentityConfig, {"permissionSet": name}, f"permissionSet is {name!r}: allowed: the name of a")
            for name in ("", "d" * 33, "a b", "a/b", "*", "De?elopers", "${aws:username}")
        ],
        (
            IdentityConfig,
            {"users": [f"developer-{n}" for n in range(21)], "permissionSet": "D"},
            "at most 20 fit into the trust policy of DeveloperRole beside identity:permissionSet",
        ),
        (IdentityConfig, {"userSource": "external"}, "users lists ada while"),
        (IdentityConfig, {"automation": "oidc"}, "oidc is missing"),
        (IdentityConfig, {"oidc": oidc()["oidc"]}, "oidc is set"),
        *[
            (IdentityConfig, oidc(issuer=issuer), "oidc.issuer")
            for issuer in (
                "http://issuer.example.com",
                "issuer.example.com",
                "https://issuer.example.com/",
                "https://",
                "https:///x",
                "https://localhost",
                "https://127.0.0.1",
                "https://[::1]",
                "https://issuer.example.com:443",
                "https://ada@issuer.example.com",
                "https://ada:secret@issuer.example.com",
                "https://issuer.example.com?x=1",
                "https://issuer.example.com/a?x=1",
                "https://issuer.example.com/a#b",
                "https://issuer.example.com/a/../b",
                "https://issuer.example.com/./b",
                "https://issuer.example.com//b",
                "https://issuer.example.com/%2e%2e/b",
                "https://issuer.example.com/a b",
                "https://issuer.example.com/*",
                "https://*.example.com",
                "https://issuer.example.com.",
                "https://Issuer.example.com",
                "HTTPS://issuer.example.com",
                "https://-a.example.com",
                "https://a..example.com",
                "https://${aws:username}.example.com",
                f"https://{'.'.join(['a' * 49] * 4)}.com/{'p' * 44}",
            )
        ],
        *[
            (IdentityConfig, oidc(audience=each), "oidc.audience")
            for each in ("", " ", "*", "sts.*", "st?", "${aws:username}", "a b", "a\nb", "a\x00b", "a" * 256)
        ],
        (IdentityConfig, oidc(subjects=[]), "oidc.subjects"),
        # AWS's limit of a trust policy is 2,048 characters.
        (
            IdentityConfig,
            oidc(subjects=[f"repo:acme/infrastructure:environment:{n:020}" for n in range(35)]),
            "AWS allows 2048",
        ),
        *[
            (IdentityConfig, oidc(subjects=["repo:a/b", each]), "oidc.subjects.1")
            for each in ("*", "*:b", "?", "??*", "")
        ],
        (OrgConfig, {"organizationalUnits": ["A", "B", "A"]}, "organizationalUnits"),
        (OrgConfig, {"organizationalUnits": ["A", "B//C"]}, "organizationalUnits.1"),
        (OrgConfig, {"organizationalUnits": ["A", {"key": "B//C"}]}, "organizationalUnits.1.key"),
        (OrgConfig, {"organizationalUnits": ["A", 7]}, "organizationalUnits.1 is '7': allowed: a path such as"),
        (OrgConfig, {"organizationalUnits": ["A", {"key": "A", "name": "B"}]}, "listed twice: A"),
        (OrgConfig, {"organizationalUnits": [{"name": "B"}]}, "organizationalUnits.0.key is missing"),
        (
            OrgConfig,
            {"organizationalUnits": [{"key": "B", "Name": "C"}]},
            "Name (value 'C'); did you mean name? allowed keys: key",
        ),
        *[
            (OrgConfig, {"organizationalUnits": [{"key": "B", "name": name}]}, "organizationalUnits.0.name")
            for name in ("", " ", "n" * 129, 7)
        ],
        *[
            (OrgConfig, {"organizationalUnits": units}, f"{both} have the same parent and the name 'One'")
            for units, both in (
                (["X/One", {"key": "X/B", "name": "One"}], "'X/B' and 'X/One'"),
                ([{"key": "X/B", "name": "One"}, {"key": "X/A", "name": "One"}], "'X/A' and 'X/B'"),
                ([{"key": "X/B", "name": "One"}, "X/One/Implied"], "'X/B' and 'X/One'"),
            )
        ],
        (OrgConfig, {"mode": "Create"}, "mode"),
        (
            OrgConfig,
            {"mode": "lookup", "additionalTrustedServices": ["sso.amazonaws.com"]},
            "additionalTrustedServices",
        ),
        (OrgConfig, {"additionalTrustedServices": ["a.b", "a.b"]}, "additionalTrustedServices"),
        (OrgConfig, {"ignore": ["x", "x"]}, "ignore"),
        (OrgConfig, {"ignore": ["x", " "]}, "ignore.1"),
        (OrgConfig, {"ignore": [222222222222]}, "ignore.0"),
        *[
            (PoliciesConfig, backup(**{field: value}), f"backup.{field}")
            for field, values in {
                "organizationalUnits": ([], ["A", "A"], [""]),
                "primaryRegions": ([], ["us-west-2", "us-west-2"], ["us-west-9"]),
                "copyRegion": ("us-west-9", ""),
            }.items()
            for value in values
        ],
        (PoliciesConfig, backup(primaryRegions=["eu-west-1", "eu-west-2", "us-east-1"]), "copyRegion is 'us-east-1'"),
        (PoliciesConfig, {"tags": {"A": {"costCenters": []}}}, "tags.A.costCenters"),
        (
            PoliciesConfig,
            {"tags": {"A": {"costCenters": ["x"]}, "B": {"costCenters": ["x", "x"]}}},
            "tags.B.costCenters",
        ),
        *[
            (PoliciesConfig, {"tags": {"A": {"costCenters": ["x", each]}}}, "tags.A.costCenters.1")
            for each in ("", "*a*", "a?", "a,b", "v" * 257, "aws:x", "a[b]")
        ],
        *[
            (
                PoliciesConfig,
                {"tags": {"A": {"costCenters": ["x"], "enforcedFor": ["s3:bucket", each]}}},
                "tags.A.enforcedFor",
            )
            for each in ("", "*", "s3", "s3:", "*:*", "S3:bucket", "s3:buc ket", "s3:bucket*", "s3:bucket")
        ],
        (PoliciesConfig, {"accessRoleNames": ["Admin", "admin"]}, "listed twice: Admin, admin; allowed: each once"),
        (PoliciesConfig, {"accessRoleNames": ["Admin", "*"]}, "accessRoleNames.1"),
        (PoliciesConfig, {"tags": {"A/": {"costCenters": ["x"]}}}, "tags.A/"),
        (PoliciesConfig, {"serviceControl": {"A": {"guardrails": ["fly"]}}}, "serviceControl.A.guardrails.0"),
        *[
            (PoliciesConfig, {"serviceControl": {path: {}}}, "allowed: OU names joined by '/'")
            for path in ("//", "/A", "A/", "")
        ],
        *[
            (PoliciesConfig, {"resourceControl": {"trustedAccounts": accounts}}, "resourceControl.trustedAccounts")
            for accounts in (["1234"], ["1234567890123"], ["*"], ["123456789012", "123456789012"], [123456789012])
        ],
        *[
            (PoliciesConfig, {"resourceControl": {"trustedIssuers": [issuer]}}, "resourceControl.trustedIssuers.0")
            for issuer in ("token.actions.githubusercontent.com", "http://a.example.com", "https://*", "https://A.com")
        ],
        (AccountsConfig, {"roleActions": {"OtherRole": ["s3:*"]}}, "roleActions.OtherRole"),
        (AccountsConfig, {"roleActions": {"DeveloperRole": []}}, "roleActions.DeveloperRole is []"),
        (AccountsConfig, {"roleActions": {"DeveloperRole": ["s3:*", "s3:*"]}}, "listed twice: s3:*"),
        (AccountsConfig, {"roleActions": {"DeveloperRole": ["s3:" + "a" * 6000]}}, "AWS allows 6144"),
        *[
            (AccountsConfig, {"roleActions": {"AutomationRole": [action]}}, "roleActions.AutomationRole.0")
            for action in (
                "*",
                "*:*",
                "s3",
                "s3:",
                "s*:Get",
                "iam:*",
                "iam:PassRole",
                "sts:AssumeRole",
                "sso:*",
                "organizations:*",
                "account:*",
                "IAM:*",
                "i?m:*",
                "s3:Get Object",
                "ram:*",
            )
        ],
        (PoliciesConfig, {"serviceControl": {"A": {"guardrails": ["root-user"] * 2}}}, "serviceControl.A.guardrails"),
        (PoliciesConfig, {"serviceControl": {"A": {"allowedRegions": []}}}, "serviceControl.A.allowedRegions"),
        *[
            (
                PoliciesConfig,
                {"serviceControl": {"B": {}, "A": {"allowedRegions": regions}}},
                f"A.allowedRegions lacks {lacks}",
            )
            for regions, lacks in (
                (["us-east-1"], "us-west-2,"),
                (["us-west-2", "eu-west-1"], "us-east-1,"),
                (["eu-west-1"], "us-east-1, us-west-2,"),
            )
        ],
    ],
)
def test_what_is_refused_and_where(model: type[Settings], change: dict[str, Any], key: str) -> None:
    (problem,) = problems(model, **change)
    assert problem.startswith("file: ")
    assert key in problem


@pytest.mark.parametrize("model", RIGHT, ids=lambda model: model.__name__)
def test_a_key_that_is_spelled_wrongly_is_refused_with_all_that_are_allowed(model: type[Settings]) -> None:
    (problem,) = problems(model, wrongKey=1)
    assert problem.startswith("file: unknown key layer:wrongKey (value '1'); allowed keys: ")
    for key in RIGHT[model]:
        assert key in problem
    # The names of Python are not those of the files.
    (problem,) = problems(model, access_role_name="A")
    assert "unknown key layer:access_role_name" in problem


@pytest.mark.parametrize(
    ("model", "key"),
    [
        *[(AccountsConfig, key) for key in ("name", "email", "organizationalUnit")],
        *[(OrgConfig, key) for key in ("mode", "organizationalUnits")],
    ],
)
def test_what_must_be_there(model: type[Settings], key: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(model, "layer", {name: value for name, value in RIGHT[model].items() if name != key}, "file")
    (problem,) = error.value.problems
    assert problem.startswith(f"file: layer:{key} is missing; it is required: ")


def test_a_unit_comes_after_the_one_above_it() -> None:
    settings = parse(OrgConfig, "org", {"mode": "create", "organizationalUnits": ["Z/B/A", "A/C", "Z/B", "M"]}, "file")
    assert list(settings.all_units) == ["A", "M", "Z", "A/C", "Z/B", "Z/B/A"]


def test_a_unit_is_named_by_the_last_part_of_its_key_unless_it_has_a_name() -> None:
    units = ["A/B", {"key": "A/C", "name": "See / 3"}, {"key": "D"}, {"key": "E/F/G", "name": " B "}]
    settings = parse(OrgConfig, "org", {"mode": "create", "organizationalUnits": units}, "file")
    assert settings.all_units == {
        "A": "A", "D": "D", "E": "E", "A/B": "B", "A/C": "See / 3", "E/F": "F", "E/F/G": "B",
    }  # fmt: skip
