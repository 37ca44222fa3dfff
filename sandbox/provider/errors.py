"""The errors that end a provider call; each is one message that a person can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


class ProviderError(Exception):
    """The call failed; the message says what was asked, what is wrong and what is allowed."""


class AwsError(ProviderError):
    """AWS refused an operation. `code` and `message` are AWS's own; see
    https://docs.aws.amazon.com/general/latest/gr/api-retries.html
    """

    def __init__(self, service: str, operation: str, code: str, message: str, http: str = "") -> None:
        self.service, self.operation = service, operation
        self.code, self.message = code, message
        # The same form as in the official plugin, which prints errors of the AWS SDK for Go.
        super().__init__(f"operation error {service}: {operation}, {http}api error {code}: {message}")

    @classmethod
    def from_client_error(cls, service: str, error: ClientError) -> AwsError:
        """The error that botocore raised for a call to `service`."""
        details: dict[str, Any] = {"Code": "Unknown", "Message": "", **error.response.get("Error", {})}
        answer: dict[str, Any] = {"HTTPStatusCode": 0, "RequestId": "", **error.response.get("ResponseMetadata", {})}
        operation = str(error.operation_name)
        # If a client fails to assume its role, botocore reports that as an error of the client's own service.
        service = "STS" if operation.startswith("AssumeRole") else service
        status, request_id = answer["HTTPStatusCode"], answer["RequestId"]
        http = f"https response error StatusCode: {status}, RequestID: {request_id}, " if status else ""
        return cls(service, operation, details["Code"], details["Message"], http)


class CreatedInPart(ProviderError):
    """The resource `resource_id` exists in AWS, but what had to follow its creation failed.

    The engine records it with its id, so that nothing is made twice.
    """

    def __init__(self, resource_id: str, cause: ProviderError) -> None:
        self.resource_id, self.cause = resource_id, cause
        super().__init__(str(cause))
