"""The scripts of GitLab's pipeline that sign in to AWS and to Pulumi Cloud, and that ask GitLab.

Notes and issues take a project access token, GITLAB_TOKEN, of the role Reporter: the job's own token may not write
them. https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-access
"""

from automation.workflows import steps
from shared.layers import LAYERS

ROLES = ("ROLE", *(f"ROLE_{layer.upper()}" for layer in LAYERS))
"""The variables with the names of the roles: for the states, and for each profile."""

_PROFILES = "\n".join(f'profile "profile {layer}" "$ROLE_{layer.upper()}"' for layer in LAYERS)

SIGN_IN = f"""\
if [ -n "${{AWS_TOKEN:-}}" ]; then
  folder="$(mktemp -d)"
  (umask 077; printf %s "$AWS_TOKEN" > "$folder/token")
  export AWS_CONFIG_FILE="$folder/config"
  profile() {{
    printf '[%s]\\nrole_arn = arn:aws:iam::%s:role/%s\\nweb_identity_token_file = %s\\nregion = %s\\n' \\
      "$1" "$AWS_MANAGEMENT_ACCOUNT" "$2" "$folder/token" "$AWS_REGION" >> "$AWS_CONFIG_FILE"
  }}
  profile default "$ROLE"
{chr(10).join("  " + line for line in _PROFILES.splitlines())}
fi
if [ -n "${{AWS_TOKEN:-}}" ] && [ -n "${{{steps.ORGANIZATION}:-}}" ]; then
{chr(10).join("  " + line for line in steps.EXCHANGE.splitlines())}
  export PULUMI_ACCESS_TOKEN="$token" PULUMI_DEFAULT_ORGANIZATION="${steps.ORGANIZATION}"
fi"""
"""A token is good for as long as the job may take. https://docs.gitlab.com/ci/secrets/id_token_authentication/"""

POST = """\
notes="$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
me="$(curl --fail --silent --header "PRIVATE-TOKEN: $GITLAB_TOKEN" "$CI_API_V4_URL/user" | jq -r .id)"
found="$(curl --fail --silent --header "PRIVATE-TOKEN: $GITLAB_TOKEN" "$notes?per_page=100" |
  jq -r --arg marker "$(head -n 1 comment.md)" --argjson me "$me" \\
    '[.[] | select(.author.id == $me and (.body | startswith($marker)))][0].id // empty')"
method=POST; if [ -n "$found" ]; then method=PUT; fi
curl --fail --silent --output /dev/null --request "$method" --header "PRIVATE-TOKEN: $GITLAB_TOKEN" \\
  --data-urlencode "body@comment.md" "$notes${found:+/$found}\""""

FIND = """\
if [ "$CI_PIPELINE_SOURCE" = push ]; then
  number="$(curl --fail --silent --header "PRIVATE-TOKEN: $GITLAB_TOKEN" \\
    "$CI_API_V4_URL/projects/$CI_PROJECT_ID/repository/commits/$CI_COMMIT_SHA/merge_requests" |
    jq -r '[.[] | select(.state == "merged" and .target_branch == "main")][0].iid // empty')"
  if [ -z "$number" ]; then
    echo "This commit has no merge request with an approved plan: start a pipeline by hand, which previews first."
    exit 1
  fi
  curl --fail --silent --location --header "JOB-TOKEN: $CI_JOB_TOKEN" --output plan.json \\
    "$CI_API_V4_URL/projects/$CI_PROJECT_ID/jobs/artifacts/refs%2Fmerge-requests%2F$number%2Fhead/raw/plan.json?job=${CI_JOB_NAME/plan/preview}"
fi"""

ISSUE = """\
. ./drift.code
issues="$CI_API_V4_URL/projects/$CI_PROJECT_ID/issues"
title="Drift of $ENVIRONMENT: AWS differs from the programs"
number="$(curl --fail --silent --get --header "PRIVATE-TOKEN: $GITLAB_TOKEN" \\
  --data-urlencode "labels=drift" --data-urlencode "state=opened" "$issues" |
  jq -r --arg title "$title" '[.[] | select(.title == $title)][0].iid // empty')"
send() {
  curl --fail --silent --output /dev/null --header "PRIVATE-TOKEN: $GITLAB_TOKEN" --request "$@"
}
if [ "$code" -eq 2 ] && [ -n "$number" ]; then
  send PUT --data-urlencode "description@issue.md" "$issues/$number"
elif [ "$code" -eq 2 ]; then
  send POST --data-urlencode "title=$title" --data-urlencode "labels=drift" \\
    --data-urlencode "description@issue.md" "$issues"
elif [ -n "$number" ]; then
  send PUT --data "state_event=close" "$issues/$number"
fi"""
