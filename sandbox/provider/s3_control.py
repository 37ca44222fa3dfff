"""S3 Control on the loopback interface, where boto3's own host names cannot be resolved."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit


def without_account_host(client: Any) -> Any:
    """Make an S3 Control client send its requests to the host of its endpoint; returns the client.

    boto3 puts the account id before the host name, even before that of an `endpoint_url`, and nothing resolves
    `123456789012.127.0.0.1`. The account id is in a header as well, so nothing is lost.
    """

    def restore(request: Any, **_kwargs: Any) -> None:
        endpoint, asked = urlsplit(client.meta.endpoint_url), urlsplit(request.url)
        request.url = urlunsplit((endpoint.scheme, endpoint.netloc, asked.path, asked.query, ""))

    client.meta.events.register("before-sign.s3-control.*", restore)
    return client
