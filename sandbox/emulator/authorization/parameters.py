"""The parameters of a request by the names that boto3 gives them, in whichever protocol they came."""

from typing import Any

from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model

from sandbox.emulator.errors import AwsError

PATH_PROTOCOLS = ("rest-json", "rest-xml")


def parameters(request: Request, model: str, operation: str) -> dict[str, Any]:
    """The parameters; `model` is botocore's name of the service.

    Raises `AwsError` for a request whose content does not fit the operation, as AWS does before it asks who may.
    """
    service = get_service_model(model)
    in_path: dict[str, Any] = {}
    if service.protocol in PATH_PROTOCOLS:
        _operation, in_path = get_service_router(model).match(request)
    shape: OperationModel = service.operation_model(operation)
    parser = PROTOCOL_PARSERS[determine_request_protocol(service, request.content_type)](shape)
    try:
        found: dict[str, Any] = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.get_data(),
                "url_path": request.path,
                "url_params": in_path,
            }
        )
    except (AttributeError, TypeError, ValueError, RequestParserError):
        code = "SerializationException" if "json" in str(service.protocol) else "MalformedInput"
        raise AwsError(code, f"The content of the request is not that of {operation}.") from None
    return found
