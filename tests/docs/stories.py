# ruff: noqa: E501
"""Which test runs each command that a document or a message prints. One line a command, in the order of the alphabet.

What is put into a command, and AWS's ids, are `{}`. `tests/docs/test_commands.py` says what is missing here, and checks
that a test in fact runs the command.
"""

DAILY = "tests/e2e/test_printed.py::test_daily_life"
PROD = "tests/e2e/test_printed.py::test_an_organization_that_exists_goes_to_production"
IDS = "tests/automation/imports/test_imports.py::test_the_commands_that_look_ids_up_find_them"

# fmt: off
TESTS: dict[str, str] = {
    "aws iam attach-role-policy --role-name {} --policy-arn arn:aws:iam::aws:policy/AdministratorAccess": PROD,
    "aws iam create-access-key --user-name cicd-automation": DAILY,
    "aws iam create-role --role-name {} --assume-role-policy-document '{}'": PROD,
    "aws iam list-open-id-connect-providers --query \"OpenIDConnectProviderList[?ends_with(Arn, '/{}')].Arn\" --output text": IDS,
    "aws organizations describe-organization --query Organization.Id --output text": IDS,
    "aws organizations enable-aws-service-access --service-principal {}": PROD,
    "aws organizations enable-policy-type --root-id {} --policy-type {}": PROD,
    "aws organizations list-accounts --query \"Accounts[?Email=='{}'].Id\" --output text": IDS,
    "aws organizations list-accounts --query \"Accounts[?Name=='{}'].Id\" --output text": IDS,
    "aws organizations list-organizational-units-for-parent --parent-id {} --query \"OrganizationalUnits[?Name=='{}'].Id\" --output text": PROD,
    "aws organizations list-policies --filter {} --query \"Policies[?Name=='{}'].Id\" --output text": IDS,
    "aws sts get-caller-identity": PROD,
    "invoke --help import": DAILY,
    "invoke --help {}": DAILY,
    "invoke access": DAILY,
    "invoke add-account web-shop --email aws-web-shop@example.com --ou Development --tag CostCenter=Development --tag Owner=web-shop-team": DAILY,
    "invoke add-account web-shop --email aws-web-shop@example.com --ou Development --tag CostCenter=Testing --tag Owner=web-team": DAILY,
    "invoke deploy-all": DAILY,
    "invoke deploy-all --env prod": PROD,
    "invoke deploy-all --env {}": DAILY,
    "invoke deploy-all --only identity --only accounts/developer --report run.json": DAILY,
    "invoke deploy-all --parallel 4": DAILY,
    "invoke destroy-all": DAILY,
    "invoke doctor": DAILY,
    "invoke doctor --env prod": PROD,
    "invoke doctor --env {}": DAILY,
    "invoke drift": DAILY,
    "invoke graph": DAILY,
    "invoke graph --affected --json": DAILY,
    "invoke graph --svg": DAILY,
    "invoke import": PROD,
    "invoke import accounts/web-shop {}": PROD,
    "invoke import accounts/web-shop {} --env prod": PROD,
    "invoke import org:Workloads/Production {} --env prod": PROD,
    "invoke import {} {}": PROD,
    "invoke import {} {} --env {}": PROD,
    "invoke outputs": DAILY,
    "invoke outputs --only accounts/web-shop": DAILY,
    "invoke preview {} --env {}": DAILY,
    "invoke preview-all": DAILY,
    "invoke preview-all --env prod": PROD,
    "invoke preview-all --parallel 4": DAILY,
    "invoke refresh-all": DAILY,
    "invoke refresh-all --env {}": DAILY,
    "invoke sandbox.env": DAILY,
    "invoke sandbox.reset": DAILY,
    "invoke sandbox.start": DAILY,
    "invoke up": DAILY,
    "invoke up accounts/developer": DAILY,
    "invoke up accounts/web-shop": DAILY,
    "invoke up accounts/{} --env {}": DAILY,
    "invoke up org --env prod": PROD,
    "invoke up org --env {}": DAILY,
    "invoke up {} --env {}": DAILY,
    "pulumi cancel -s {} --cwd stacks/{}": DAILY,
    "pulumi config set --secret": DAILY,
    "pulumi stack export": DAILY,
    "pulumi stack ls": DAILY,
    "pulumi up": DAILY,
    "pulumi up --stack sandbox": DAILY,
    "pulumi up --stack sandbox.developer": DAILY,
    "pulumi up --yes --skip-preview": DAILY,
}
# fmt: on

NOT_HERE: dict[str, str] = {
    "aws organizations enable-all-features": "the emulated organizations have all features from the beginning",
    "aws sso login": "signs in through a browser",
    "git fetch --unshallow": "git's own, for a clone of a server",
    "make bench": "takes most of an hour; tests/bench/ has its parts",
    "make engine": "builds the engine that the tests run with; tests/engine/ has its parts",
    "make mutants": "takes hours; tests/mutants/test_mutants.py checks that each fault fits",
    "make mutants MUTANTS='boundary*'": "takes hours; tests/mutants/test_mutants.py checks that each fault fits",
    "make sandbox": "installs anew and runs `invoke deploy-all`; tests/engine/test_make.py has its parts",
    "make test": "is what runs this",
    "pulumi login": "needs an account of Pulumi Cloud",
    "pulumi login s3://…": "needs a bucket, whose name the user chooses",
    "pulumi login {}": "what is put into it, the user chooses",
    "pulumi plugin install resource aws {} --file {}": "needs the official plugin's archive, which is only at its vendor's",
    'pulumi stack init prod --secrets-provider="awskms://alias/pulumi?region=…"': "needs a key of AWS KMS",
}
"""What cannot be run here → why."""
