"""The environment variables that are inputs of every deployment: those of AWS, Pulumi and Python, with exceptions.

https://www.pulumi.com/docs/iac/cli/environment-variables/
https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html#EVarSettings
"""

from collections.abc import Mapping

PREFIXES = ("AWS_", "PULUMI_", "PYTHON")

ALWAYS = frozenset({"LANG", "LC_ALL", "LC_CTYPE", "TZ"})
"""The encoding and the time zone that Python takes as given, besides its own variables.
https://docs.python.org/3/using/cmdline.html#environment-variables"""

CREDENTIALS = frozenset(
    {
        # Keys and tokens, with their former names.
        *("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"),
        *("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"),
        # When they expire; the second one is set by aws-vault and granted, the third by aws-sso-cli.
        *("AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION", "AWS_SSO_SESSION_EXPIRATION"),
        # Where a container, a pod or a CI job gets them; another place in each.
        *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        *("AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        # Of the backend and of the encryption. A wrong one is an error, never a different result.
        *("PULUMI_ACCESS_TOKEN", "PULUMI_CREDENTIAL_HELPER_ARGS", "PULUMI_GITSSH_PASSPHRASE"),
        *("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"),
    }
)
"""Credentials, which may differ in every session: the account that they belong to is the input instead."""

IRRELEVANT = frozenset(
    {
        # How the `aws` command shows its results.
        *("AWS_PAGER", "AWS_DEFAULT_OUTPUT"),
        # The name of a session, and what AWS writes into its logs.
        *("AWS_ROLE_SESSION_NAME", "AWS_EXECUTION_ENV", "AWS_SDK_UA_APP_ID"),
        # How often and how long something is tried before it fails.
        *("AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_METADATA_SERVICE_TIMEOUT", "AWS_METADATA_SERVICE_NUM_ATTEMPTS"),
        # How many things are done at a time.
        *("PULUMI_PARALLEL", "PULUMI_OPTION_PARALLEL", "PULUMI_DIY_BACKEND_PARALLEL"),
        # Questions and checks that come before an update.
        *("PULUMI_SKIP_UPDATE_CHECK", "PULUMI_SKIP_CONFIRMATIONS", "PULUMI_DIY_BACKEND_NO_LEGACY_WARNING"),
        # What is shown and logged, and links in it.
        *("PULUMI_CONSOLE_DOMAIN", "PULUMI_OPTION_COLOR", "PULUMI_OPTION_EMOJI", "PULUMI_OPTION_MESSAGE"),
        *("PULUMI_OPTION_VERBOSE", "PULUMI_OPTION_LOGFLOW", "PULUMI_OPTION_LOGTOSTDERR", "PULUMI_DEBUG_GRPC"),
        *(
            "PULUMI_OPTION_TRACING",
            "PULUMI_OPTION_OTEL_TRACES",
            "PULUMI_OPTION_PROFILING",
            "PULUMI_AI_SERVICE_ENDPOINT",
        ),
        *("PULUMI_SUPPRESS_NEO_LINK", "PULUMI_SUPPRESS_COPILOT_LINK", "PULUMI_NEO", "PULUMI_COPILOT"),
        # Where Python keeps compiled modules, and when it shows what is printed.
        *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONUNBUFFERED"),
        # The commit and the CI job of an update, which Pulumi Cloud shows.
        *("PULUMI_COMMIT_MESSAGE", "PULUMI_PR_NUMBER", "PULUMI_DISABLE_CI_DETECTION"),
    }
)
"""Variables that cannot change what a deployment results in."""

IRRELEVANT_PREFIXES = (
    "AWS_CLI_",  # of the `aws` command alone
    "AWS_CSM_",  # metrics of AWS calls
    "AWS_VAULT",  # how aws-vault keeps credentials, and the profile that it gave them for
    "AWS_XRAY_",  # tracing
    "PULUMI_AUTOMATION_API",  # set by the Automation API itself
    "PULUMI_CI_",  # the CI job
    "PULUMI_COPILOT_",  # explanations of errors
    "PULUMI_GIT_",  # the commit
    "PULUMI_LOG_",  # log files
    "PULUMI_NEO_",  # explanations of errors
    "PULUMI_OTEL_",  # tracing
    "PULUMI_TRACING_",  # tracing
    "PULUMI_VCS_",  # the repository
)
"""The beginnings of names of more such variables."""


def counting(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of the environment variables that are inputs."""
    return {name: value for name, value in variables.items() if counts(name)}


def counts(name: str) -> bool:
    """Whether the environment variable is an input."""
    if name in CREDENTIALS or name in IRRELEVANT or name.startswith(IRRELEVANT_PREFIXES):
        return False
    return name in ALWAYS or name.startswith(PREFIXES)
