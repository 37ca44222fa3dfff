"""The controls about the organization as a whole."""

from collections.abc import Iterator

from automation.audit.control import Control, State, Verdict, judged, passed
from automation.audit.facts import Facts, Policy, Target
from stacks.org.config import POLICY_TYPES, ROOT_ACCESS_FEATURES, ROOT_ACCESS_SERVICE

SECURITY = frozenset(
    f"{name}.amazonaws.com"
    for name in (
        "access-analyzer",
        "cloudtrail",
        "config",
        "detective",
        "fms",
        "guardduty",
        "inspector2",
        "macie",
        "securityhub",
        "securitylake",
    )
)
"""The security services that another account than the management account can administer.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html"""


def all_features(facts: Facts) -> Verdict:
    """Without all features there are no policies."""
    found = facts.organization["FeatureSet"]
    wrong = [] if found == "ALL" else [f"the organization has {found} only"]
    return judged(wrong, "all features are on", ["run: aws organizations enable-all-features"])


def policy_types(facts: Facts) -> Verdict:
    """Policies of a type that is off have no effect."""
    off = [kind for kind in POLICY_TYPES if kind not in facts.policy_types]
    root = facts.root["Id"]
    return judged(
        [f"{kind} is off" for kind in off],
        f"on: {', '.join(POLICY_TYPES)}",
        [f"run: aws organizations enable-policy-type --root-id {root} --policy-type {kind}" for kind in off],
    )


def root_access(facts: Facts) -> Verdict:
    """Whether new accounts get no root credentials, and those of the others can be removed."""
    fix = (
        f"set org:centralizedRootAccess: true in stacks/org/Pulumi.{facts.environment}.yaml, "
        f"and run: invoke up org --env {facts.environment}"
    )
    if ROOT_ACCESS_SERVICE not in facts.services:
        # First: a stack that has the feature cannot be read without it.
        access = f"run: aws organizations enable-aws-service-access --service-principal {ROOT_ACCESS_SERVICE}"
        return Verdict(State.FAILED, f"off: {ROOT_ACCESS_SERVICE} has no trusted access", (access, fix))
    on = set(facts.ask("iam", "list_organizations_features").get("EnabledFeatures", ()))
    off = [name for name in ROOT_ACCESS_FEATURES if name not in on]
    return judged([f"{name} is off" for name in off], f"on: {', '.join(ROOT_ACCESS_FEATURES)}", [fix])


def _covered(account: Target, policies: list[Policy]) -> bool:
    return any(policy.denies and policy.targets & {account.id, *account.above} for policy in policies)


def coverage(facts: Facts) -> Verdict:
    """Whether some SCP denies something in each account."""
    policies = facts.policies("SERVICE_CONTROL_POLICY")
    bare = [str(each) for each in facts.members if not _covered(each, policies)]
    return judged(
        [f"no SCP denies anything in {', '.join(bare)}"] if bare else [],
        f"all {len(facts.members)} member accounts",
        [_guardrails(facts)],
    )


def guardrails_at_root(facts: Facts) -> Verdict:
    """Whether an SCP at the root denies something, so that it is so in new accounts and OUs, too."""
    there = [
        each.name
        for each in facts.policies("SERVICE_CONTROL_POLICY")
        if each.denies and facts.root["Id"] in each.targets
    ]
    wrong = [] if there else ["no SCP that denies anything is attached to the root"]
    return judged(wrong, ", ".join(there), [_guardrails(facts)])


def resource_control(facts: Facts) -> Verdict:
    """Whether resource control policies hold in each account."""
    policies = facts.policies("RESOURCE_CONTROL_POLICY")
    bare = [str(each) for each in facts.members if not _covered(each, policies)]
    wrong = [f"no RCP denies anything in {', '.join(bare)}"] if bare else []
    if not policies:
        wrong = ["there is no RCP"]
    fix = (
        f"set policies:resourceControl in stacks/policies/Pulumi.{facts.environment}.yaml, "
        f"and run: invoke up policies --env {facts.environment}"
    )
    return judged(wrong, ", ".join(each.name for each in policies), [fix])


def delegated(facts: Facts) -> Verdict:
    """Whether the security services are administered outside of the management account."""
    wanted = sorted(facts.services & SECURITY - facts.delegates.keys())
    listed = ", ".join(f"{service} → {', '.join(ids)}" for service, ids in sorted(facts.delegates.items()))
    return judged(
        [f"{service} has trusted access and no delegated administrator" for service in wanted],
        listed or "no security service has trusted access",
        (
            "run: aws organizations register-delegated-administrator --account-id ACCOUNT "
            f"--service-principal {service}"
            for service in wanted
        ),
    )


def suspended(facts: Facts) -> Verdict:
    """Whether AWS has suspended accounts, which may be for unpaid bills or misuse."""
    found = [f"{each} is SUSPENDED" for each in facts.members if each.state == "SUSPENDED"]
    return judged(
        found,
        "none",
        ["ask AWS Support why, or wait: a closed account leaves the organization after 90 days"],
    )


def trail(facts: Facts) -> Verdict:
    """Whether one CloudTrail trail logs the whole organization in all regions."""
    for each in facts.ask("cloudtrail", "describe_trails")["trailList"]:
        if each.get("IsOrganizationTrail") and each.get("IsMultiRegionTrail"):
            arn, region = each["TrailARN"], each["HomeRegion"]
            if facts.ask("cloudtrail", "get_trail_status", region=region, Name=arn).get("IsLogging"):
                return passed(arn)
    return Verdict(
        State.FAILED,
        "no trail logs the organization in all regions",
        (
            "make one as https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html "
            "says, in an account to which CloudTrail is delegated",
        ),
    )


def _guardrails(facts: Facts) -> str:
    return (
        f"leave policies:serviceControl./ out of stacks/policies/Pulumi.{facts.environment}.yaml, which gives the root "
        f"all guardrails, and run: invoke up policies --env {facts.environment}"
    )


_USER_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide"


def controls() -> Iterator[Control]:
    """In the order in which they are shown."""
    yield Control(
        "all-features",
        "organization with all features",
        f"{_USER_GUIDE}/orgs_manage_org_support-all-features.html",
        all_features,
    )
    yield Control("policy-types", "policy types on", f"{_USER_GUIDE}/enable-policy-type.html", policy_types)
    yield Control(
        "central-root-access",
        "centralized root access on",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html",
        root_access,
    )
    yield Control(
        "scp-coverage", "an SCP for every account", f"{_USER_GUIDE}/best-practices_member-acct.html", coverage
    )
    yield Control(
        "root-guardrails",
        "guardrails at the root",
        f"{_USER_GUIDE}/orgs_manage_policies_scps_evaluation.html",
        guardrails_at_root,
    )
    yield Control(
        "resource-control",
        "RCPs for every account",
        f"{_USER_GUIDE}/orgs_manage_policies_rcps.html",
        resource_control,
    )
    yield Control(
        "delegated-administrators",
        "security services delegated",
        f"{_USER_GUIDE}/orgs_best-practices_mgmt-acct.html",
        delegated,
    )
    yield Control(
        "suspended-accounts",
        "no suspended account",
        f"{_USER_GUIDE}/orgs_manage_accounts_account_state.html",
        suspended,
    )
    yield Control(
        "organization-trail",
        "CloudTrail for the organization",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-1",
        trail,
    )
