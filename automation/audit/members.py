"""The controls about the member accounts. Each is asked through its access role."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from automation.audit.control import Control, Verdict, judged, reason
from automation.audit.facts import CONTACTS, Facts, Target, as_list
from automation.aws import AwsFailed

AT_A_TIME = 8
"""Accounts that are asked side by side."""

CREDENTIALS = {
    "AccountPasswordPresent": "a password",
    "AccountAccessKeysPresent": "an access key",
    "AccountSigningCertificatesPresent": "a signing certificate",
    "AccountMFAEnabled": "an MFA device",
}
"""What a root user may have, by IAM's name in the summary of an account."""


def in_each(facts: Facts, look: Callable[[Target], list[str]]) -> tuple[dict[Target, list[str]], list[str]]:
    """What `look` finds in each active account that has anything, and why others could not be asked."""

    def asked(account: Target) -> list[str] | AwsFailed:
        try:
            return look(account)
        except AwsFailed as error:
            return error

    found: dict[Target, list[str]] = {}
    unasked = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for account, answer in zip(facts.active, pool.map(asked, facts.active), strict=True):
            if isinstance(answer, AwsFailed):
                unasked.append(f"{account}: {reason(answer)}")
            elif answer:
                found[account] = answer
    return found, unasked


def _lines(found: Mapping[Target, list[str]]) -> list[str]:
    return [f"{account}: {', '.join(what)}" for account, what in found.items()]


def root_holds(facts: Facts, account: Target) -> list[str]:
    """What the root user of an account has to sign in with."""
    summary = facts.summary(account.id)
    if "AccountPasswordPresent" not in summary:
        raise AwsFailed("IAM does not say whether the root user has a password")
    return [what for name, what in CREDENTIALS.items() if summary.get(name)]


def root_credentials(facts: Facts) -> Verdict:
    """Whether nobody can sign in as the root user of a member account."""
    found, unasked = in_each(facts, lambda account: root_holds(facts, account))
    fix = f"run: invoke audit --fix-root-credentials --env {facts.environment}"
    return judged(_lines(found), "no root user has any", [fix], unasked)


def users(facts: Facts) -> Verdict:
    """People and programs come by roles; users in member accounts have keys that last."""

    def look(account: Target) -> list[str]:
        return [f"user {each['UserName']}" for each in facts.ask("iam", "list_users", account.id)["Users"]]

    found, unasked = in_each(facts, look)
    fix = "delete them, once who used them comes by DeveloperRole or a role for the workload"
    return judged(_lines(found), "none", [fix], unasked)


def contacts(facts: Facts) -> Verdict:
    """AWS writes to these about bills, operations and abuse."""

    def look(account: Target) -> list[str]:
        missing = set(CONTACTS) - facts.contacts(account.id)
        return [f"no contact for {', '.join(sorted(missing))}"] if missing else []

    found, unasked = in_each(facts, look)
    fix = (
        "set accounts:alternateContacts, with billing, operations and security, in the files of the accounts, and run: "
        f"invoke deploy-all --env {facts.environment}"
    )
    return judged(_lines(found), ", ".join(CONTACTS), [fix], unasked)


def outsiders(facts: Facts) -> Verdict:
    """Whether a role, here or there, lets in somebody outside of the organization."""
    management = str(facts.organization["MasterAccountId"])
    own = {management, *(each.id for each in facts.members)}

    def look(account: Target) -> list[str]:
        of = None if account.id == management else account.id
        named = []
        for role in facts.roles(of):
            strangers = sorted(_strangers(role["AssumeRolePolicyDocument"], own, str(facts.organization["Id"])))
            if strangers:
                named.append(f"role {role['RoleName']} trusts {', '.join(strangers)}")
        return named

    found, unasked = in_each(facts, look)
    here = look(Target(management, "management", "ACTIVE", ()))
    wrong = [*(f"management: {each}" for each in here), *_lines(found)]
    fix = "take them out of the role's trust policy, or delete the role; who must stay gets sts:ExternalId and a reason"
    return judged(wrong, "no role trusts another organization's account", [fix], unasked)


def _strangers(trust: Any, own: set[str], organization: str) -> Iterator[str]:
    document = json.loads(trust) if isinstance(trust, str) else trust
    for statement in as_list(document.get("Statement")):
        principal = statement.get("Principal")
        named = principal if isinstance(principal, dict) else {"AWS": principal}
        if statement.get("Effect") != "Allow" or _inside(statement.get("Condition"), organization):
            continue
        for each in as_list(named.get("AWS")):
            account = re.search(r"\d{12}", str(each))
            if str(each) == "*" or (account and account.group() not in own):
                yield "everybody" if str(each) == "*" else str(each)


def _inside(condition: Any, organization: str) -> bool:
    """Whether a condition lets the own organization in alone."""
    for operator, keys in (condition or {}).items():
        if operator == "StringEquals":
            for key, value in keys.items():
                if key.lower() == "aws:principalorgid" and as_list(value) == [organization]:
                    return True
    return False


_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"


def controls() -> Iterator[Control]:
    """In the order in which they are shown."""
    yield Control(
        "root-credentials",
        "members: no root credentials",
        f"{_IAM}/id_root-user-privileged-task.html",
        root_credentials,
    )
    yield Control("member-users", "members: no IAM users", f"{_IAM}/best-practices.html", users)
    yield Control(
        "member-contacts",
        "members: alternate contacts",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/account-controls.html",
        contacts,
    )
    yield Control("outside-trust", "roles trust nobody outside", f"{_IAM}/access-analyzer-concepts.html", outsiders)
