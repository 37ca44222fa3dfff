# ruff: noqa: E501
"""Which test runs each command that a document or a message prints. One line a command, in the order of the alphabet.

What is put into a command, and AWS's ids, are `{}`. `tests/docs/test_commands.py` says what is missing here, and checks
that a test in fact runs the command.
"""

DAILY = "tests/e2e/test_printed.py::test_daily_life"
PROD = "tests/e2e/test_printed.py::test_an_organization_that_exists_goes_to_production"
DAY_TWO = "tests/e2e/test_day_two.py::test_the_life_of_accounts"
LEFT = "tests/e2e/test_day_two.py::test_what_is_left_is_destroyed"
BINDING = "tests/e2e/test_binding.py::test_with_the_right_credentials_everything_is_as_it_was"
USERS = "tests/automation/removals/test_users.py::test_the_commands_that_are_printed_take_it_all_away"
IDS = "tests/automation/imports/test_imports.py::test_the_commands_that_look_ids_up_find_them"

STAYED = "tests/e2e/test_drift.py::test_what_a_stack_gave_up_is_listed_and_is_no_difference"
FOREIGN = "tests/e2e/test_drift.py::test_what_was_made_by_hand_is_found_and_can_be_removed"
IN_THE_WAY = (
    "tests/e2e/test_drift.py::test_an_account_in_an_ou_that_nobody_declared_is_found_before_anything_is_destroyed"
)
CLOSED = "tests/e2e/test_drift.py::test_a_closed_account_is_recognized_before_the_engine_works_in_it"
HANDED_OVER = "tests/e2e/test_drift.py::test_an_account_that_was_handed_over_is_in_no_stack"
RENAMED = "tests/e2e/test_drift.py::test_an_account_whose_file_was_renamed_is_not_taken_over"
TEAM = "tests/e2e/test_deploy_roles.py::test_a_teams_commands"
AFFECTED = "tests/e2e/test_affected.py::test_what_is_deployed_follows_the_commits"

AUDIT = "tests/e2e/test_audit.py::test_a_new_organization_and_what_mends_it"
AUDIT_NAMES = "tests/e2e/test_audit.py::test_the_other_commands_that_it_names"

# fmt: off
TESTS: dict[str, str] = {
    "aws account put-alternate-contact --alternate-contact-type {} --name {} --title {} --email-address {} --phone-number {}": AUDIT,
    "aws backup delete-backup-vault --backup-vault-name {} --region {}": STAYED,
    "aws iam attach-role-policy --role-name {} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess": PROD,
    "aws iam create-access-key --user-name cicd-automation": DAILY,
    "aws iam create-role --role-name {} --assume-role-policy-document '{}'": PROD,
    "aws iam delete-access-key --access-key-id {} --user-name {}": AUDIT_NAMES,
    "aws iam delete-login-profile --user-name {}": AUDIT,
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
    "aws sts get-caller-identity": PROD,
    "invoke --help import": DAILY,
    "invoke --help {}": DAILY,
    "invoke access": DAILY,
    "invoke add-account web-shop --email aws-web-shop@example.com --ou Development --tag CostCenter=Development --tag Owner=web-shop-team": DAILY,
    "invoke add-account web-shop --email aws-web-shop@example.com --ou Development --tag CostCenter=Testing --tag Owner=web-team": DAILY,
    "invoke add-account {} --email {} --ou {} --display-name {} --env {}": FOREIGN,
    "invoke add-account": DAILY,
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
    "invoke deploy-all --affected=HEAD --env {}": AFFECTED,
    "invoke deploy-all --affected=HEAD~1 --env {}": AFFECTED,
    "invoke deploy-all --affected=deployed --env {}": AFFECTED,
    "invoke deploy-all --affected=deployed": AFFECTED,
    "invoke deploy-all --env prod": PROD,
    "invoke deploy-all --env {}": DAILY,
    "invoke deploy-all --force": CLOSED,
    "invoke deploy-all --layer identity": LEFT,
    "invoke deploy-all --only identity --only accounts/developer --report run.json": DAILY,
    "invoke deploy-all --parallel 4": DAILY,
    "invoke deploy-all --wait": DAY_TWO,
    "invoke deploy-all": DAILY,
    "invoke destroy {} --env {}": FOREIGN,
    "invoke destroy": LEFT,
    "invoke destroy-all --include-protected --confirm sandbox": IN_THE_WAY,
    "invoke destroy-all {} --env {}": IN_THE_WAY,
    "invoke destroy-all": DAILY,
    "invoke doctor --env prod": PROD,
    "invoke doctor --env {}": DAILY,
    "invoke doctor": DAILY,
    "invoke drift --env {}": AUDIT_NAMES,
    "invoke drift --only accounts/developer": DAY_TWO,
    "invoke drift --only policies --env prod": TEAM,
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
    "invoke outputs --only accounts/web-shop": DAILY,
    "invoke outputs": DAILY,
    "invoke preview accounts/developer --env sandbox": DAILY,
    "invoke preview accounts/developer": DAY_TWO,
    "invoke preview accounts/quality --env sandbox": DAY_TWO,
    "invoke preview policies --env prod": TEAM,
    "invoke preview policies --diff": "tests/e2e/test_values.py::test_the_regions_of_a_service_control_policy",
    "invoke preview {} --env {}": DAILY,
    "invoke preview-all --env prod": PROD,
    "invoke preview-all --only identity --only accounts/shared-test": DAY_TWO,
    "invoke preview-all --parallel 4": DAILY,
    "invoke preview-all": DAILY,
    "invoke refresh-all --env prod": BINDING,
    "invoke refresh-all --env {}": DAILY,
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
    "invoke up identity --env {}": AUDIT_NAMES,
    "invoke up org --env prod": PROD,
    "invoke up org --env {}": DAILY,
    "invoke up policies --env prod": TEAM,
    "invoke up org": DAY_TWO,
    "invoke up policies --env {}": AUDIT_NAMES,
    "invoke up {} --env {}": DAILY,
    "invoke up": DAILY,
    "pulumi cancel -s {} --cwd stacks/{}": DAILY,
    "pulumi config set --secret": DAILY,
    "pulumi refresh --yes --cwd stacks/org --stack prod": BINDING,
    "pulumi refresh": BINDING,
    "pulumi stack export": DAILY,
    "pulumi stack ls": DAILY,
    "pulumi up --stack sandbox": DAILY,
    "pulumi up --stack sandbox.developer": DAILY,
    "pulumi up --yes --skip-preview": DAILY,
    "pulumi up": DAILY,
}
# fmt: on

NOT_HERE: dict[str, str] = {
    "aws organizations enable-all-features": "the emulated organizations have all features from the beginning",
    "aws sso login": "signs in through a browser",
    "git fetch --unshallow": "git's own, for a clone of a server",
    "make bench": "takes most of an hour; tests/bench/ has its parts",
    "make edits": "takes most of an hour; `make test` runs a few rounds of it",
    "make engine": "builds the engine that the tests run with; tests/engine/ has its parts",
    "make mutants": "takes hours; tests/mutants/test_mutants.py checks that each fault fits",
    "make mutants MUTANTS='boundary*'": "takes hours; tests/mutants/test_mutants.py checks that each fault fits",
    "make permissions": "`make test` does the same work with the roles: tests/e2e/test_deploy_roles.py",
    "make sandbox": "installs anew and runs `invoke deploy-all`; tests/engine/test_make.py has its parts",
    "make skips": "takes half an hour; `make test` runs a few rounds of it",
    "make test": "is what runs this",
    "pulumi login": "needs an account of Pulumi Cloud",
    "pulumi login s3://…": "needs a bucket, whose name the user chooses",
    "pulumi login {}": "what is put into it, the user chooses",
    "pulumi plugin install resource aws {} --file {}": "needs the official plugin's archive, which is only at its vendor's",
    'pulumi stack init prod --secrets-provider="awskms://alias/pulumi?region=…"': "needs a key of AWS KMS",
}
"""What cannot be run here → why."""
