# ruff: noqa: E501
"""Which test runs each command that a document or a message prints. One line a command, in the order of the alphabet.

What is put into a command, and AWS's ids, are `{}`. `tests/docs/test_commands.py` says what is missing here, and checks
that a test in fact runs the command.
"""

ADOPT = "tests/e2e/test_adopt.py::test_it_says_first_what_it_would_do"
ADOPT_PART = "tests/e2e/test_adopt.py::test_a_part_is_adopted_and_then_the_rest_also_after_a_kill"
DAILY = "tests/e2e/test_printed.py::test_daily_life"
PRODUCTION = "tests/e2e/test_adopt.py::test_the_documents_way_to_production"
PROD = "tests/e2e/test_printed.py::test_an_organization_that_exists_goes_to_production"
DAY_TWO = "tests/e2e/test_day_two.py::test_the_life_of_accounts"
LEFT = "tests/e2e/test_day_two.py::test_what_is_left_is_destroyed"
NEW = "tests/e2e/test_new_environment.py::test_staging_and_prod_beside_the_sandbox"
LOCKED = "tests/e2e/test_disaster_recovery.py::test_a_backend_that_a_killed_engine_left_locked"
UNDONE = "tests/e2e/test_disaster_recovery.py::test_a_wrong_import_is_undone"
HANDED = "tests/e2e/test_disaster_recovery.py::test_the_management_account_is_handed_over"
NEW_KEY = "tests/e2e/test_disaster_recovery.py::test_the_key_is_changed_while_the_old_one_is_there"
OLDER = "tests/e2e/test_disaster_recovery.py::test_an_older_state_is_put_back"
LOST = "tests/e2e/test_disaster_recovery.py::test_the_state_and_the_key_of_its_secrets_are_lost"
BINDING = "tests/e2e/test_binding.py::test_with_the_right_credentials_everything_is_as_it_was"
USERS = "tests/automation/removals/test_users.py::test_the_commands_that_are_printed_take_it_all_away"
IDS = "tests/automation/imports/test_imports.py::test_the_commands_that_look_ids_up_find_them"

STAYED = "tests/e2e/test_drift.py::test_what_a_stack_gave_up_is_listed_and_is_no_difference"
UNLOCKED = "tests/e2e/test_backups.py::test_a_lock_that_nobody_configures_any_more_is_listed_and_can_be_taken_off"
FOREIGN = "tests/e2e/test_drift.py::test_what_was_made_by_hand_is_found_and_can_be_removed"
IN_THE_WAY = (
    "tests/e2e/test_drift.py::test_an_account_in_an_ou_that_nobody_declared_is_found_before_anything_is_destroyed"
)
CLOSED = "tests/e2e/test_drift.py::test_a_closed_account_is_recognized_before_the_engine_works_in_it"
HANDED_OVER = "tests/e2e/test_drift.py::test_an_account_that_was_handed_over_is_in_no_stack"
RENAMED = "tests/e2e/test_drift.py::test_an_account_whose_file_was_renamed_is_not_taken_over"
TEAM = "tests/e2e/test_deploy_roles.py::test_a_teams_commands"
AFFECTED = "tests/e2e/test_affected.py::test_what_is_deployed_follows_the_commits"
PLANNED = "tests/e2e/test_affected.py::test_a_plan_is_what_is_approved"
UPGRADED = "tests/docs/test_upgrading.py::test_a_release_is_taken_without_a_conflict"
WORKFLOWS_FILE = "tests/e2e/test_workflows.py"
WORKFLOWS = f"{WORKFLOWS_FILE}::test_the_commands_write_what_the_document_shows"
STEP = "a step of the workflows: tests/e2e/test_pull_request.py runs it from their files"

COMPLETED = "tests/automation/test_completion.py::test_bash_completes"
EXPLAINED = "tests/automation/test_tasks.py::test_a_key_is_explained"
LISTED = "tests/automation/test_tasks.py::test_the_list_has_every_command"
VALIDATED = "tests/automation/test_tasks.py::test_all_configuration_is_validated"

PACK = "tests/e2e/test_policy_pack.py::test_plain_pulumi_with_the_pack"

PROFILES = "tests/e2e/test_profiles.py::test_a_profile_is_noticed_and_used_by_every_way_to_deploy"
AUDIT = "tests/e2e/test_audit.py::test_a_new_organization_and_what_mends_it"
AUDIT_NAMES = "tests/e2e/test_audit.py::test_the_other_commands_that_it_names"

REQUEST = "tests/e2e/test_pull_request.py::test_a_request_is_read_by_hand"

ACCESS = "tests/e2e/test_access_diff.py::test_who_may_do_what"
FLIPS = "tests/e2e/test_access_diff.py::test_what_a_change_flips"

# fmt: off
TESTS: dict[str, str] = {
    "aws account put-alternate-contact --alternate-contact-type {} --name {} --title {} --email-address {} --phone-number {}": AUDIT,
    "aws backup delete-backup-vault --backup-vault-name {} --region {}": STAYED,
    "aws backup delete-backup-vault-lock-configuration --backup-vault-name {} --region {}": UNLOCKED,
    "aws iam attach-role-policy --role-name {} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess": PROD,
    "aws iam create-access-key --user-name cicd-automation": DAILY,
    "aws iam create-role --role-name {} --assume-role-policy-document '{}'": PROD,
    "aws iam delete-access-key --access-key-id {} --user-name {}": AUDIT_NAMES,
    "aws iam delete-login-profile --user-name {}": AUDIT,
    "aws iam delete-user --user-name {}": HANDED,
    "aws iam detach-user-policy --user-name {} --policy-arn {}": HANDED,
    "aws iam list-access-keys --user-name {}": HANDED,
    "aws iam list-open-id-connect-providers --query \"OpenIDConnectProviderList[?ends_with(Arn, '/{}')].Arn\" --output text": IDS,
    "aws iam remove-user-from-group --group-name {} --user-name {}": FOREIGN,
    "aws iam {} {}": USERS,
    "aws iam {}": FOREIGN,
    "aws organizations close-account --account-id {}": FOREIGN,
    "aws organizations delete-organizational-unit --organizational-unit-id {}": FOREIGN,
    "aws organizations delete-policy --policy-id {}": FOREIGN,
    "aws organizations deregister-delegated-administrator --account-id {} --service-principal {}": FOREIGN,
    "aws organizations describe-organization --query Organization.Id --output text": IDS,
    "aws organizations detach-policy --policy-id {} --target-id {}": FOREIGN,
    "aws organizations disable-aws-service-access --service-principal {}": FOREIGN,
    "aws organizations enable-aws-service-access --service-principal {}": PROD,
    "aws organizations enable-policy-type --root-id {} --policy-type {}": PROD,
    "aws organizations list-accounts --query \"Accounts[?Email=='{}'].Id\" --output text": IDS,
    "aws organizations list-accounts --query \"Accounts[?Name=='{}'].Id\" --output text": IDS,
    "aws organizations list-organizational-units-for-parent --parent-id {} --query \"OrganizationalUnits[?Name=='{}'].Id\" --output text": PROD,
    "aws organizations list-policies --filter {} --query \"Policies[?Name=='{}'].Id\" --output text": IDS,
    "aws organizations move-account --account-id {} --source-parent-id {} --destination-parent-id {}": FOREIGN,
    "aws organizations register-delegated-administrator --account-id {} --service-principal {}": AUDIT,
    "aws organizations remove-account-from-organization --account-id {}": IN_THE_WAY,
    "aws sts get-caller-identity --query Account --output text": PROD,
    "aws sts get-caller-identity": PRODUCTION,
    "git checkout -b update-v0.2.0": UPGRADED,
    "git config merge.ours.driver true": UPGRADED,
    "git fetch upstream --tags": UPGRADED,
    "invoke --help import": DAILY,
    "invoke --help {}": DAILY,
    "invoke --list": LISTED,
    "invoke access --can AutomationRole --account developer --action ec2:RunInstances --context aws:RequestedRegion=eu-west-1": ACCESS,
    "invoke access --can DeveloperRole --account developer --action s3:PutBucketPolicy": ACCESS,
    "invoke access --can root --account developer --action s3:PutObject": ACCESS,
    "invoke access --diff": FLIPS,
    "invoke access --who": ACCESS,
    "invoke access": DAILY,
    "invoke access --who --env {}": HANDED,
    "invoke account-request --issue issue.md --comment comment.md": REQUEST,
    "invoke account-request": REQUEST,
    "invoke accounts --json": PROFILES,
    "invoke accounts --only accounts/developer": PROFILES,
    "invoke accounts": PROFILES,
    "invoke add-account web-shop --email aws-web-shop@example.com --ou Development --tag CostCenter=Development --tag Owner=web-shop-team": DAILY,
    "invoke add-account web-shop --email aws-web-shop@example.com --ou Development --tag CostCenter=Testing --tag Owner=web-team": DAILY,
    "invoke add-account {} --email {} --ou {} --display-name {} --env {}": FOREIGN,
    "invoke add-account": DAILY,
    "invoke adopt": ADOPT,
    "invoke adopt --env prod --yes": ADOPT_PART,
    "invoke adopt --env prod": PRODUCTION,
    "invoke adopt --env {}": ADOPT,
    "invoke audit --env {}": AUDIT_NAMES,
    "invoke audit --fix-root-credentials --env {}": AUDIT,
    "invoke change-email developer team@example.com --env sandbox --code {}": DAY_TWO,
    "invoke change-email developer team@example.com --env sandbox": DAY_TWO,
    "invoke change-email developer team@example.com": DAY_TWO,
    "invoke change-email {} {} --env {}": DAY_TWO,
    "invoke change-email {}": DAY_TWO,
    "invoke change-email": DAY_TWO,
    "invoke close-account old-shop --confirm old-shop": DAY_TWO,
    "invoke close-account web-shop --confirm web-shop": DAY_TWO,
    "invoke close-account {} --env {}": CLOSED,
    "invoke close-account {}": DAY_TWO,
    "invoke close-account": DAY_TWO,
    "invoke completion bash": COMPLETED,
    "invoke deploy-all --affected=HEAD --env {}": AFFECTED,
    "invoke deploy-all --affected=HEAD~1 --env {}": AFFECTED,
    "invoke deploy-all --affected=deployed --env {}": AFFECTED,
    "invoke deploy-all --affected=deployed": AFFECTED,
    "invoke deploy-all --env prod": PRODUCTION,
    "invoke deploy-all --env {}": DAILY,
    "invoke deploy-all --force": CLOSED,
    "invoke deploy-all --import-existing --env prod": LOST,
    "invoke deploy-all --layer identity": LEFT,
    "invoke deploy-all --only identity --only accounts/developer --report run.json": DAILY,
    "invoke deploy-all --parallel 4": DAILY,
    "invoke deploy-all --plan plan.json": PLANNED,
    "invoke deploy-all --wait": DAY_TWO,
    "invoke deploy-all": DAILY,
    "invoke destroy {} --env {}": FOREIGN,
    "invoke destroy": LEFT,
    "invoke destroy-all --include-protected --confirm sandbox": IN_THE_WAY,
    "invoke destroy-all {} --env {}": IN_THE_WAY,
    "invoke destroy-all": DAILY,
    "invoke doctor --env prod": PRODUCTION,
    "invoke doctor --env {}": DAILY,
    "invoke doctor": DAILY,
    "invoke drift --env {}": AUDIT_NAMES,
    "invoke drift --only accounts/developer": DAY_TWO,
    "invoke drift --only policies --env prod": TEAM,
    "invoke explain accounts:budget": EXPLAINED,
    "invoke explain org": EXPLAINED,
    "invoke forget-account": DAY_TWO,
    "invoke drift": DAILY,
    "invoke forget-account quality --confirm quality": DAY_TWO,
    "invoke forget-account {} --env {}": HANDED_OVER,
    "invoke graph --affected --json": DAILY,
    "invoke graph --affected=deployed --json": AFFECTED,
    "invoke graph --svg": DAILY,
    "invoke graph": DAILY,
    "invoke import accounts/web-shop {} --env prod": PROD,
    "invoke import accounts/web-shop {}": PROD,
    "invoke import org:Workloads/Production {} --env prod": PROD,
    "invoke import {} {} --env {}": PROD,
    "invoke import {} {}": PROD,
    "invoke import": PROD,
    "invoke new-environment prod": NEW,
    "invoke new-environment staging": NEW,
    "invoke new-environment staging --management-account {} --region eu-central-1 --ou Workloads/Production --user ada --copy-region eu-west-1 --account web-shop=aws-web-shop@example.com": NEW,
    "invoke new-environment {}": NEW,
    "invoke outputs --only accounts/web-shop": DAILY,
    "invoke outputs": DAILY,
    "invoke preview accounts/developer --env sandbox": DAILY,
    "invoke preview accounts/developer": DAY_TWO,
    "invoke preview accounts/quality --env sandbox": DAY_TWO,
    "invoke preview accounts/web-shop": DAILY,
    "invoke preview policies --env prod": TEAM,
    "invoke preview policies --diff": "tests/e2e/test_values.py::test_the_regions_of_a_service_control_policy",
    "invoke preview {} --env {}": DAILY,
    "invoke preview-all --env prod": PRODUCTION,
    "invoke preview-all --only identity --only accounts/shared-test": DAY_TWO,
    "invoke preview-all --parallel 4": DAILY,
    "invoke preview-all --plan plan.json": PLANNED,
    "invoke preview-all --plan {} --env {}": PLANNED,
    "invoke preview-all": DAILY,
    "invoke pull-request --plan plan.json --comment comment.md": PLANNED,
    "invoke refresh-all --env prod": BINDING,
    "invoke refresh-all --only identity --env prod": LOCKED,
    "invoke refresh-all --only policies --env prod": TEAM,
    "invoke rename-account": DAY_TWO,
    "invoke refresh-all": DAILY,
    "invoke rename-account shared-test quality": DAY_TWO,
    "invoke rename-account {} {} --env {}": RENAMED,
    "invoke rename-account {}": RENAMED,
    "invoke sandbox.env": DAILY,
    "invoke sandbox.reset": DAILY,
    "invoke sandbox.start": DAILY,
    "invoke up accounts/developer": DAILY,
    "invoke up accounts/shared-test": DAY_TWO,
    "invoke up accounts/web-shop": DAILY,
    "invoke up accounts/{} --env {}": DAILY,
    "invoke up identity --env prod": HANDED,
    "invoke up identity --env {}": AUDIT_NAMES,
    "invoke up org --env prod": PROD,
    "invoke up org --env {}": DAILY,
    "invoke up policies --env prod": TEAM,
    "invoke up org": DAY_TWO,
    "invoke up policies --env {}": AUDIT_NAMES,
    "invoke up {} --env {}": DAILY,
    "invoke up": DAILY,
    "invoke validate": VALIDATED,
    "invoke workflows --deployments deployments --organization acme --repository acme/infrastructure": WORKFLOWS,
    "invoke workflows --env prod --env staging": f"{WORKFLOWS_FILE}::test_several_environments",
    "invoke workflows --operator operator --repository acme/infrastructure --backend \"s3://acme-states?region=eu-central-1\" --commit \"$(git rev-parse HEAD)\"": WORKFLOWS,
    "invoke workflows --env prod": UPGRADED,
    "invoke workflows": PLANNED,
    "pulumi cancel": LOCKED,
    "pulumi cancel -s prod --cwd stacks/identity": LOCKED,
    "pulumi cancel -s {} --cwd stacks/{}": DAILY,
    "pulumi config set --secret": DAILY,
    "pulumi preview --stack sandbox.developer --policy-pack ../../policy_pack": PACK,
    "pulumi refresh --yes --cwd stacks/org --stack prod": BINDING,
    "pulumi refresh": BINDING,
    "pulumi stack --show-urns --stack prod --cwd stacks/org": UNDONE,
    "pulumi stack change-secrets-provider passphrase --stack prod.developer --cwd stacks/accounts": NEW_KEY,
    "pulumi stack change-secrets-provider {} --stack prod.developer --cwd stacks/accounts": NEW_KEY,
    "pulumi stack export": DAILY,
    "pulumi stack import --file {} --stack prod --cwd stacks/org": OLDER,
    "pulumi stack ls": DAILY,
    "pulumi state delete {} --yes --stack prod --cwd stacks/org": UNDONE,
    "pulumi state unprotect {} --yes --stack prod --cwd stacks/org": UNDONE,
    "pulumi up --stack sandbox": DAILY,
    "pulumi up --stack sandbox.developer": DAILY,
    "pulumi up --yes --skip-preview": DAILY,
    "pulumi up": DAILY,
}
# fmt: on

NOT_HERE: dict[str, str] = {
    "pulumi config set --secret accounts:email aws-web-shop@example.com --stack prod.web-shop --cwd stacks/accounts": "encrypts with the key that Pulumi Cloud makes",
    "pulumi stack init prod.web-shop --cwd stacks/accounts": "makes a stack in Pulumi Cloud",
    "aws organizations enable-all-features": "the emulated organizations have all features from the beginning",
    "aws sso login": "signs in through a browser",
    "git fetch --unshallow": "git's own, for a clone of a server",
    "git fetch --quiet --depth 1": STEP,
    'git fetch --quiet origin "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"': "a step of GitLab's pipeline, which GitLab alone runs",
    "invoke account-request --env {} --issue issue.md --comment comment.md": STEP,
    "invoke deploy-all --env {} --layer {} --plan plan.json --report report-{}.json": STEP,
    'invoke deploy-all --env {} --layer {} --shard "$SHARD" --plan plan.json --report "report-{}-${SHARD%%/*}.json"': STEP,
    'invoke preview-all --env {} --affected="origin/$BASE" --with-dependents --plan plan.json': STEP,
    "invoke preview-all --env {} --plan plan.json": STEP,
    "invoke pull-request --env {} --plan plan.json --comment comment.md": STEP,
    "pulumi stack init acme/accounts/prod.NAME": "makes a stack in Pulumi Cloud",
    "make bench": "takes most of an hour; tests/bench/ has its parts",
    "make check": "it is what `make test` runs first, and some of its tests",
    "make contracts": "tests/shared/contracts/test_contracts.py runs the module that it runs, on a file of its own",
    "make distclean": "takes away what the tests run with",
    "make docs": "needs the generator in an environment of its own; tests/docs/test_site.py has its parts",
    "make edits": "takes most of an hour; `make test` runs a few rounds of it",
    "make engine": "builds the engine that the tests run with; tests/engine/ has its parts",
    "make install": "tests/engine/test_make.py runs it, with a Python that notes its calls; test_packages.py what it runs",
    "make install INSTALLER=pip": "takes minutes; tests/engine/test_packages.py has a package installed by pip alone",
    "make install PYTHON=/path/to/python3": "tests/engine/test_make.py runs it, with a Python that notes its calls",
    "make mutants": "takes hours; tests/mutants/test_mutants.py checks that each fault fits",
    "make mutants MUTANTS='boundary*'": "takes hours; tests/mutants/test_mutants.py checks that each fault fits",
    "make pack": "installs anew; tests/policy_pack/test_pack.py runs what it installs",
    "make permissions": "`make test` does the same work with the roles: tests/e2e/test_deploy_roles.py",
    "make reference": "tests/docs/test_reference.py compares the files with what it would write",
    "make sandbox": "installs anew and runs `invoke deploy-all`; tests/engine/test_make.py has its parts",
    "make schemas": "tests/automation/mistakes/test_schemas.py compares the files with what it would write",
    "make screenshots": "writes into docs/; `make test` runs the same tests of the page",
    "make skips": "takes half an hour; `make test` runs a few rounds of it",
    "make test": "is what runs this",
    "pulumi login": "needs an account of Pulumi Cloud",
    "pulumi login s3://…": "needs a bucket, whose name the user chooses",
    "pulumi login {}": "what is put into it, the user chooses",
    "pulumi plugin install resource aws {} --file {}": "needs the official plugin's archive, which is only at its vendor's",
}
"""What cannot be run here → why."""
