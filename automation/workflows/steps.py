"""What the jobs do, whatever runs them: the scripts, the roles and the order of the layers.

A script gets everything by environment variables. What other people write, such as a branch's name, is never put into
its text: https://docs.github.com/en/actions/reference/security/secure-use#good-practices-for-mitigating-script-injection-attacks
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.layers import LAYERS

ENV = '"$ENVIRONMENT"'
"""The environment that a workflow deploys, as its scripts name it."""

GENERATED = "# Written by `invoke workflows`; docs/pull-requests.md says what it does. Do not edit it here.\n"
"""The first line of each file."""

SHARDS = 8
"""Jobs, at most, that deploy accounts side by side."""

VARIABLES = ("AWS_MANAGEMENT_ACCOUNT", "AWS_REGION", "PULUMI_BACKEND_URL")
"""What a user of the repository fills in. Without the first one the workflows do nothing."""

ORGANIZATION = "PULUMI_ORGANIZATION"
"""What is filled in besides where the states are in Pulumi Cloud: the organization there."""

AUDIENCE = "urn:pulumi:org:"
"""With the organization's name, whom a job's token is for that Pulumi Cloud takes."""

EXCHANGE = f"""\
answer="$(printf %s "$ID_TOKEN" | curl --fail-with-body --silent --show-error --data-urlencode subject_token@- \\
  --data-urlencode "audience={AUDIENCE}${ORGANIZATION}" \\
  --data grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\
  --data subject_token_type=urn:ietf:params:oauth:token-type:id_token \\
  --data requested_token_type=urn:pulumi:token-type:access_token:organization \\
  --data expiration=3600 "$PULUMI_BACKEND_URL/api/oauth/token")" || {{ echo "$answer"; exit 1; }}
token="$(printf %s "$answer" | jq -er .access_token)\""""
"""A token of Pulumi Cloud for the job's own, of an hour. https://www.pulumi.com/docs/reference/cloud-rest-api/oauth-token-exchange/"""


@dataclass(frozen=True)
class Place:
    """An environment, and what is called after it.

    The names of the `first` environment are plain. Those of any other end in its name, so that both can be in one
    repository: `deploy-staging`, AWS_REGION_STAGING.
    """

    environment: str = "prod"
    first: bool = True

    def name(self, plain: str) -> str:
        """The name of a workflow, a job, an environment with approvals or a cache."""
        return plain if self.first else f"{plain}-{self.environment}"

    def variable(self, plain: str) -> str:
        """The name of one of `VARIABLES`, or of `ORGANIZATION`."""
        return plain if self.first else f"{plain}_{self.environment.upper().replace('-', '_')}"

    @property
    def off(self) -> str:
        """What a workflow says that has nothing to do yet."""
        *names, last = map(self.variable, VARIABLES)
        return (
            f"This workflow is off: it needs the variables {', '.join(names)} and {last}. "
            "docs/pull-requests.md says what to fill in."
        )


PROD = Place()
"""The environment of the workflows that are in this repository."""

PACKAGES = "install"
"""The target of the Makefile that installs the packages, where there is an engine already."""

INSTALL = f"make {PACKAGES} engine"

PREVIEW = f'invoke preview-all --env {ENV} --affected="origin/$BASE" --with-dependents --plan plan.json'
PREVIEW_ALL = f"invoke preview-all --env {ENV} --plan plan.json"
COMMENT = f"invoke pull-request --env {ENV} --plan plan.json --comment comment.md"

JOBS_OF_PLAN = """\
layers="$(jq -c '[.stacks[].layer] | unique' plan.json)"
shards="$(jq -c --argjson most "$MOST" \\
  '[.stacks[] | select(.layer == "accounts")] | [range(1; ([length, $most] | min) + 1)]' plan.json)\""""
"""The layers that the plan deploys, and the numbers of the parts of its accounts, as JSON."""

DRIFT = f"""\
code=0
invoke drift --env {ENV} > drift.txt 2>&1 || code=$?
tail -n 200 drift.txt
test "$code" -eq 0 || test "$code" -eq 2
{{ echo "In the environment $ENVIRONMENT,"' `invoke drift` has found what differs from the programs. Its last lines:'
  echo; tail -c 50000 drift.txt | sed 's/^/    /'; }} > issue.md
echo "code=$code" > drift.code"""
"""Exit code 2 is a difference (docs/drift.md). Indented, the output is code and nothing else."""

REPORT = """\
jq -s '{exitCode: (map(.exitCode) | max), seconds: (map(.seconds) | max), stacks: (map(.stacks) | add)}' \\
  reports/*.json > report.json
{ echo '| stack | result | created | updated | replaced | deleted |'
  echo '| --- | --- | ---: | ---: | ---: | ---: |'
  jq -r '.stacks[] | "| \\(.label) | \\(.result) | \\(.counts.created) | \\(.counts.updated) | \\(.counts.replaced) | \\(.counts.deleted) |"' \\
    report.json; } > report.md"""  # noqa: E501
"""One report of all jobs."""


def role(kind: str, layer: str) -> str:
    """The name of a role of `identity:deployRoles`; `kind` is Deploy or Preview (docs/deploy-roles.md)."""
    return f"{kind}{layer.capitalize()}"


def deploy(layer: str) -> str:
    """The script that deploys a layer's part of the plan."""
    if LAYERS[layer].per_account:
        return (
            f'invoke deploy-all --env {ENV} --layer {layer} --shard "$SHARD" --plan plan.json '
            f'--report "report-{layer}-${{SHARD%%/*}}.json"'
        )
    return f"invoke deploy-all --env {ENV} --layer {layer} --plan plan.json --report report-{layer}.json"


def last_layer() -> str:
    """The layer whose preview role reads the states of all others."""
    return next(name for name, layer in reversed(LAYERS.items()) if layer.per_account)
