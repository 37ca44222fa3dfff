"""AWS errors that the emulator raises itself, written in the protocol of each service."""

import json
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel, ServiceModel
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


DENIED = {"ec2": "UnauthorizedOperation", "query": "AccessDenied", "rest-xml": "AccessDenied"}
"""What a service calls it that the caller may not, by its protocol."""


def access_denied(model: str, message: str) -> AwsError:
    """The refusal of a call that the caller may not make. `model` is botocore's name of the service."""
    protocol = protocol_of(model)
    return AwsError(DENIED.get(protocol, "AccessDeniedException"), message, 400 if protocol == "json" else 403)


def protocol_of(model: str) -> str:
    """The service's protocol by botocore's name of the service; empty for one that is not known."""
    try:
        return str(get_service_model(model).protocol)
    except UnknownServiceError:
        return ""


def error_response(request: Request, service: str, action: str | None, error: AwsError | ServiceException) -> Response:
    """The error in the service's protocol, XML or JSON. `service` is botocore's name of the service.

    The HTTP status of an `AwsError` is its own; that of moto's exceptions is in botocore's model of the service.
    """
    model = _model(request, service)
    if model is None:
        return _generic_response(request, error)
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


def _model(request: Request, service: str) -> ServiceModel | None:
    """The service's model; None if the request is not one of that service: several share a name in signatures."""
    try:
        # CloudWatch's clients read a format of their own.
        model = get_service_model("cloudwatch" if service == "monitoring" else service)
    except UnknownServiceError:
        return None
    protocols = set(model.metadata.get("protocols", [model.protocol]))
    if "X-Amz-Target" in request.headers:
        return model if protocols & {"json", "smithy-rpc-v2-cbor"} else None
    if "Action" in request.values:
        return model if protocols & {"query", "ec2"} else None
    return model if protocols - {"query", "ec2", "json"} else None


def _generic_response(request: Request, error: AwsError | ServiceException) -> Response:
    """The error for a client of a service that is not known: XML to who sends a form, else JSON."""
    status = error.status if isinstance(error, AwsError) else 400
    if "Action" in request.values:
        code, message = escape(error.code), escape(error.message)
        body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return Response(body, status, mimetype="text/xml")
    body = json.dumps({"__type": error.code, "message": error.message})
    return Response(body, status, {"x-amzn-ErrorType": error.code}, mimetype="application/x-amz-json-1.1")
