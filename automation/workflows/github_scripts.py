"""The scripts of GitHub's workflows that ask GitHub, with `gh`, which its runners have.

https://cli.github.com/manual/gh_api
"""

from automation.workflows import steps

PULUMI_CLOUD = f"""\
audience="$(jq -nr --arg to "{steps.AUDIENCE}${steps.ORGANIZATION}" '$to | @uri')"
ID_TOKEN="$(printf 'header = "Authorization: bearer %s"' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
  curl --fail --silent --show-error --config - "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=$audience" | jq -er .value)"
{steps.EXCHANGE}
echo "::add-mask::$token"
{{ echo "PULUMI_ACCESS_TOKEN=$token"; echo "PULUMI_DEFAULT_ORGANIZATION=${steps.ORGANIZATION}"; }} >> "$GITHUB_ENV\""""
"""Sign in to Pulumi Cloud, for the steps that follow.
https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token"""

POST = """\
marker="$(head -n 1 comment.md)"
found="$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" |
  jq -rs --arg marker "$marker" \\
    '[.[][] | select(.user.type == "Bot" and (.body | startswith($marker)))][0].id // empty')"
jq -n --rawfile body comment.md '{body: $body}' > comment.json
if [ -n "$found" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$found" --input comment.json --silent
else
  gh api --method POST "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments" --input comment.json --silent
fi"""
"""One comment: that of an earlier run is replaced. Only one of a bot counts, so nobody else can take its place."""

FIND = """\
head="$(gh api "repos/$GITHUB_REPOSITORY/commits/$GITHUB_SHA/pulls" |
  jq -r '[.[] | select(.merged_at and .base.ref == "main")][0].head.sha // empty')"
run=""
if [ -n "$head" ]; then
  run="$(gh api "repos/$GITHUB_REPOSITORY/actions/workflows/$WORKFLOW/runs?head_sha=$head&event=pull_request&status=success" |
    jq -r '[.workflow_runs[] | select(.head_repository.full_name == env.GITHUB_REPOSITORY)][0].id // empty')"
fi
if [ -z "$run" ]; then
  echo "::error::This commit has no pull request with an approved plan: run this workflow by hand, which previews first."
  exit 1
fi
gh run download "$run" --repo "$GITHUB_REPOSITORY" --name plan"""  # noqa: E501
"""The plan of the pull request that was merged: of the last good run for its last commit."""

OUTPUTS = """\
echo "layers=$layers" >> "$GITHUB_OUTPUT"
echo "shards=$shards" >> "$GITHUB_OUTPUT\""""

ISSUE = """\
. ./drift.code
title="Drift of $ENVIRONMENT: AWS differs from the programs"
number="$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues?state=open&labels=drift" |
  jq -rs --arg title "$title" '[.[][] | select(.title == $title)][0].number // empty')"
jq -n --rawfile body issue.md --arg title "$title" '{title: $title, body: $body, labels: ["drift"]}' > issue.json
if [ "$code" -eq 2 ] && [ -n "$number" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/$number" --input issue.json --silent
elif [ "$code" -eq 2 ]; then
  gh api --method POST "repos/$GITHUB_REPOSITORY/issues" --input issue.json --silent
elif [ -n "$number" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/$number" --field state=closed --silent
fi"""
"""One issue: it is opened, brought up to date, and closed when nothing differs any more."""

MAY_WRITE = """\
permission="$(gh api "repos/$GITHUB_REPOSITORY/collaborators/$GITHUB_ACTOR/permission" | jq -r .permission)"
may=false
case "$permission" in admin | write) may=true ;; esac
echo "may=$may" >> "$GITHUB_OUTPUT"
if [ "$may" = false ]; then
  echo "::notice::Nothing was done: somebody with the right to write must set the label $LABEL on this issue."
fi"""
"""Whether who has started this may write to the repository. Somebody with the role maintain has `write` there.
https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user"""

REQUEST = """\
file="$(git ls-files --others --exclude-standard "stacks/accounts/Pulumi.$ENVIRONMENT.*.yaml")"
name="${file#"stacks/accounts/Pulumi.$ENVIRONMENT."}"
name="${name%.yaml}"
branch="account-request-$NUMBER"
bot="41898282+github-actions[bot]@users.noreply.github.com"
git switch --quiet -C "$branch"
git add "$file"
git -c user.name="github-actions[bot]" -c user.email="$bot" commit --quiet --message "New account $name"
gh auth setup-git
changed=true
if [ -n "$(git ls-remote --heads origin "refs/heads/$branch")" ]; then
  git fetch --quiet --depth 1 origin "refs/heads/$branch"
  if git diff --quiet FETCH_HEAD HEAD; then changed=false; fi
  if [ "$changed" = true ] && [ "$(git log -1 --format=%ce FETCH_HEAD)" != "$bot" ]; then
    { head -n 1 comment.md
      echo "Somebody else has changed the branch \\`$branch\\` of this request, so it was left as it is."
      echo "Change the account's file there, or delete the branch and edit the issue again."; } > other.md
    mv other.md comment.md
    exit 1
  fi
fi
if [ "$changed" = true ]; then git push --quiet --force origin "HEAD:refs/heads/$branch"; fi
pulls="repos/$GITHUB_REPOSITORY/pulls"
pull="$(gh api "$pulls?state=open&base=main&head=$GITHUB_REPOSITORY_OWNER:$branch" | jq -r '.[0].number // empty')"
jq -n --arg title "New account $name" --arg body "Closes #$NUMBER." '{title: $title, body: $body}' > pull.json
if [ -n "$pull" ]; then
  gh api --method PATCH "$pulls/$pull" --input pull.json --silent
else
  jq --arg head "$branch" '. + {head: $head, base: "main"}' pull.json > new.json
  pull="$(gh api --method POST "$pulls" --input new.json | jq -r .number)"
fi
echo "It is deployed when its pull request is merged: #$pull." >> comment.md"""
"""One branch and one pull request an issue. Of the issue it has the account's name alone, which has been checked:
letters, digits, - and _."""
