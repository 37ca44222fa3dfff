"""Which environment variables are inputs."""

import pytest

from automation.skipping.variables import CREDENTIALS, counting, counts

INPUTS = (
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_ENDPOINT_URL",
    "AWS_CONFIG_FILE",
    "AWS_CLIENT_TOKEN",
    "PULUMI_HOME",
    "PULUMI_BACKEND_URL",
    "PULUMI_OPTION_TARGET",
    "PULUMI_OPTION_REFRESH",
    "PULUMI_IGNORE_AMBIENT_PLUGINS",
    "PULUMI_CREDENTIALS_PATH",
    # Of a program, and named as if they were credentials.
    "PULUMI_BAR_TOKEN",
    "AWS_MY_KEY",
    "PULUMI_MY_PASSPHRASE",
    "AWS_KEY_ID",
    "PULUMI_LICENSE_EXPIRATION",
)

NO_INPUTS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "AWS_PAGER",
    "AWS_CLI_AUTO_PROMPT",
    "AWS_VAULT",
    "AWS_ROLE_SESSION_NAME",
    "PULUMI_SKIP_UPDATE_CHECK",
    "PULUMI_PARALLEL",
    "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK",
    "PULUMI_CI_BUILD_ID",
    "PULUMI_GIT_HEAD",
    "PULUMI_OPTION_COLOR",
    "PULUMI_OTEL_EXPORTER_OTLP_ENDPOINT",
    "HOME",
    "MY_AWS_REGION",
)


@pytest.mark.parametrize("name", INPUTS)
def test_inputs(name: str) -> None:
    assert counts(name)
    assert counting({name: "x", "HOME": "y"}) == {name: "x"}


@pytest.mark.parametrize("name", NO_INPUTS)
def test_no_inputs(name: str) -> None:
    assert not counts(name)
    assert counting({name: "x", "AWS_PROFILE": "y"}) == {"AWS_PROFILE": "y"}


def test_credentials_are_whole_names_of_variables_that_would_count() -> None:
    assert all(name.startswith(("AWS_", "PULUMI_")) and not name.endswith("_") for name in CREDENTIALS)
