"""What breaks a rule is refused before anything is changed: by `invoke`, and by plain Pulumi with the pack.

The tests build on each other.
"""

import json

import pytest

from shared.layers import ROOT
from tests.e2e.project import Project

pytestmark = pytest.mark.e2e

BEFORE = '    return {\n        "accountId"'
BAD = """    import json
    import pulumi_aws as aws

    trusted = [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
    ]
    def document(statements):
        return json.dumps({"Version": "2012-10-17", "Statement": statements})

    aws.iam.Role("reports", name="Reports", assume_role_policy=document(trusted), opts=inside)
    aws.backup.Vault("far", name="far", region="eu-central-1", tags={"CostCenter": "Other"}, opts=inside)
"""
OWN = '{"AWS": "arn:aws:iam::123456789012:root"}'
OPEN = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}'
BOUNDARY = (
    "aws:iam/role:Role reports: permissionsBoundary is not set; allowed: the ARN of a boundary policy of the account, "
    "such as that of WorkloadBoundary (rule boundary)"
)
ANYBODY = (
    "aws:iam/role:Role reports: assumeRolePolicy, statement 2, Principal is '*'; allowed: principals by their ARN; "
    "never '*' (rule trust)"
)
REGION = (
    "aws:backup/vault:Vault far: region is 'eu-central-1'; allowed: us-east-1, us-west-2 (policies:serviceControl in "
    "stacks/policies/Pulumi.sandbox.yaml) (rule regions)"
)
TAGS = "aws:backup/vault:Vault far: tags.CostCenter is 'Other'; allowed: Development, Testing (rule tags)"


def stranger(account: str) -> str:
    return (
        "aws:iam/role:Role reports: assumeRolePolicy, statement 1, Principal is 'arn:aws:iam::999999999999:root'; "
        f"allowed: principals of {', '.join(sorted(['123456789012', account]))} (rule trust)"
    )


def add(project: Project, code: str, layer: str = "accounts", before: str = BEFORE) -> None:
    file = project.root / "stacks" / layer / "__main__.py"
    text = (ROOT / "stacks" / layer / "__main__.py").read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, code + before))


def problems(output: str, stack: str) -> set[str]:
    """What is said at the end of a run about a stack that failed."""
    told = output.partition(f"{stack} failed (all of its output")[2].splitlines()[1:]
    return {line.removeprefix("  ") for line in told[: told.index("")]}


def set_rules(project: Project, **levels: object) -> None:
    (project.root / "policy_pack" / "settings.json").write_text(json.dumps(levels))


def roles(project: Project, account: str) -> set[str]:
    iam = project.aws("iam", project.inside(account))
    return {role["RoleName"] for role in iam.list_roles()["Roles"]}


def test_a_first_deployment_is_refused_before_aws_is_changed(project: Project) -> None:
    project.invoke("deploy-all", "--layer", "org", "--layer", "identity", "--layer", "policies")
    add(project, BAD)
    before = {each["Id"] for each in project.aws("organizations").list_accounts()["Accounts"]}
    output = project.invoke("deploy-all", expect=1).output
    for account in ("developer", "shared-test"):
        # Who is a stranger shows once the account's own id is known.
        assert problems(output, f"accounts/{account}") == {TAGS, REGION, BOUNDARY, ANYBODY}
    assert {each["Id"] for each in project.aws("organizations").list_accounts()["Accounts"]} == before


def test_a_preview_and_a_deployment_say_the_same(project: Project) -> None:
    add(project, "")
    project.invoke("deploy-all")
    account = project.outputs("accounts/developer")["accountId"]
    add(project, BAD)
    before = roles(project, account)
    for command in ("preview", "up"):
        output = project.invoke(command, "accounts/developer", expect=1).output
        assert problems(output, "accounts/developer") == {TAGS, REGION, BOUNDARY, stranger(account), ANYBODY}
    assert roles(project, account) == before


def test_what_is_advisory_only_warns(project: Project) -> None:
    account = project.outputs("accounts/developer")["accountId"]
    set_rules(project, boundary="disabled", tags="advisory", regions="advisory", trust={"trustedAccounts": []})
    output = project.invoke("preview", "accounts/developer", expect=1).output
    assert "rule trust" in output
    assert "error" not in output.partition("rule tags")[0].lower()
    add(project, BAD.replace('"*"', OWN).replace('{"AWS": "arn:aws:iam::999999999999:root"}', OWN))
    set_rules(project, boundary="disabled", tags="advisory", regions="advisory", trust="disabled")
    project.invoke("up", "accounts/developer")
    assert "Reports" in roles(project, account)
    log = max(project.root.glob(".runs/*/accounts/developer.log"), key=lambda file: file.stat().st_mtime).read_text()
    assert f"warning: {TAGS}" in log
    assert f"warning: {REGION}" in log
    # A stricter rule is for what is deployed too: unchanged stacks are judged again.
    set_rules(project)
    output = project.invoke("preview-all", "--only", "accounts/developer", expect=1).output
    assert BOUNDARY in output
    set_rules(project, tag="disabled")
    assert (
        "policy_pack/settings.json: tag is no rule; allowed: boundary, " in project.invoke("up", "org", expect=1).output
    )
    set_rules(project)
    add(project, "")
    project.invoke("deploy-all")


def test_a_value_that_only_the_deployment_can_tell_stops_it_there(project: Project) -> None:
    code = """    import pulumi_aws as aws

    made = aws.backup.Vault("fresh", name="fresh", opts=inside)
    everything = made.arn.apply(lambda _: '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    aws.iam.Policy("all", name="all", policy=everything, opts=inside)
"""
    add(project, code)
    project.invoke("preview", "accounts/developer")
    output = project.invoke("up", "accounts/developer", expect=1).output
    assert (
        "aws:iam/policy:Policy all: policy, statement 1 is 'Allow * on *'; allowed: the actions that are needed, on "
        "the resources that they are needed on (rule administrators)"
    ) in output
    account = project.outputs("accounts/developer")["accountId"]
    policies = project.aws("iam", project.inside(account)).list_policies(Scope="Local")["Policies"]
    assert "all" not in {each["PolicyName"] for each in policies}
    add(project, "")
    project.invoke("deploy-all")


def test_users_lose_nothing_when_the_deployment_is_refused(project: Project) -> None:
    iam = project.aws("iam")
    iam.create_access_key(UserName="grace")
    project.configure("identity/Pulumi.sandbox.yaml", users=["ada"], mfaEnrolment=[], forceDestroyUsers=True)
    before = "    inspectors = "
    add(project, f"    pulumi_aws.iam.Role('open', assume_role_policy={OPEN!r})\n", "identity", before)
    file = project.root / "stacks" / "identity" / "__main__.py"
    file.write_text(file.read_text().replace("import pulumi\n", "import pulumi\nimport pulumi_aws\n", 1))
    output = project.invoke("up", "identity", expect=1).output
    open_role = (
        "assumeRolePolicy, statement 1, Principal is '*'; allowed: principals by their ARN; never '*' (rule trust)"
    )
    assert problems(output, "identity") == {f"aws:iam/role:Role open: {open_role}"}
    assert len(iam.list_access_keys(UserName="grace")["AccessKeyMetadata"]) == 1
    add(project, "", "identity", before)


def test_plain_pulumi_with_the_pack(project: Project) -> None:
    assert (ROOT / "policy_pack" / "venv").is_dir(), "the pack's own virtual environment is missing: make pack"
    (project.root / "policy_pack" / "venv").symlink_to(ROOT / "policy_pack" / "venv")
    command = "pulumi preview --stack sandbox.developer --policy-pack ../../policy_pack"
    good = project.shell(command, cwd="stacks/accounts").output
    assert "aws-organization@v1.0.0 (local: ../../policy_pack)" in good
    add(project, BAD)
    bad = project.shell(command, cwd="stacks/accounts", expect=1).output
    account = project.outputs("accounts/developer")["accountId"]
    for message in (BOUNDARY, REGION, ANYBODY, TAGS, stranger(account)):
        assert message in bad
    set_rules(project, boundary="advisory", trust="disabled", regions="advisory")
    relaxed = project.shell(
        f"{command} --policy-pack-config ../../policy_pack/settings.json", cwd="stacks/accounts", expect=1
    ).output
    assert TAGS in relaxed
    assert "[advisory]  boundary" in relaxed
