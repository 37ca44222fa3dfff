"""What AWS has and the sandbox has not: answered as AWS answers an account that has not signed up for a service, or a
caller who may not make the call. The message says that it is the sandbox's doing.
"""

from moto.core.request import Request
from moto.core.utils import get_service_model

from sandbox.emulator.errors import AwsError, access_denied, protocol_of


def missing_service(request: Request, service: str) -> AwsError:
    """The answer to every call of a service that is not here."""
    here = f"(the sandbox does not emulate {service})"
    if service == "s3":
        return AwsError("NotSignedUp", f"Your account is not signed up for the Amazon S3 service {here}", 403)
    xml = "Action" in request.values or ("X-Amz-Target" not in request.headers and protocol_of(service) == "rest-xml")
    code = "OptInRequired" if xml else "SubscriptionRequiredException"
    return AwsError(code, f"The AWS Access Key Id needs a subscription for the service {here}", 403)


def check_operation(model: str, action: str | None) -> None:
    """Raise what AWS answers if there is no such operation, in AWS itself."""
    if action is None or action not in get_service_model(model).operation_names:
        code = "InvalidAction" if protocol_of(model) in ("query", "ec2") else "UnknownOperationException"
        raise AwsError(code, f"The action {action or 'of this request'} is not valid for this web service.")


def missing_operation(service: str, model: str, action: str | None, caller: str) -> AwsError:
    """The answer to a call that AWS knows and the service here does not."""
    message = f"User: {caller} is not authorized to perform: {service}:{action} (the sandbox does not emulate it)"
    return access_denied(model, message)
