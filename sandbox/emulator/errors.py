"""AWS errors that the emulator raises itself, written in the protocol of each service."""

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.request import Request, determine_request_protocol
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_api._internal import mock_random
from werkzeug.wrappers import Response


class AwsError(Exception):
    """What AWS answers: its error code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def error_response(request: Request, service: str, action: str | None, error: AwsError | ServiceException) -> Response:
    """The error in the service's protocol, XML or JSON. `service` is botocore's name of the service.

    The HTTP status of an `AwsError` is its own; that of moto's exceptions is in botocore's model of the service.
    """
    status = error.status if isinstance(error, AwsError) else 400
    try:
        model = get_service_model(service)
    except UnknownServiceError:
        return Response(f"{error.code}: {error.message}\n", status, mimetype="text/plain")
    try:
        operation = model.operation_model(action or "")
    except OperationNotFoundError:
        operation = OperationModel({}, model)
    protocol = determine_request_protocol(model, request.content_type)
    serializer = get_serializer_class(model.service_name, protocol)(operation_model=operation)
    written = serializer.serialize(error)
    status = error.status if isinstance(error, AwsError) else written["status_code"]
    headers = {**written["headers"], "x-amzn-RequestId": str(mock_random.uuid4())}
    return Response(written["body"], status, headers)
