"""What a boto3 client needs so that it can talk to the emulator; it does not load moto."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit


def without_account_host(client: Any) -> Any:
    """The same S3 Control client, sending its requests to the endpoint's own host.

    boto3 puts the account id before the host name, also before that of an `endpoint_url`, and
    `123456789012.127.0.0.1` is no address. The account id is in a header as well. To be used with
    an endpoint on the loopback interface only.
    """

    def restore(request: Any, **_kwargs: Any) -> None:
        endpoint, asked = urlsplit(client.meta.endpoint_url), urlsplit(request.url)
        request.url = urlunsplit((endpoint.scheme, endpoint.netloc, asked.path, asked.query, ""))

    client.meta.events.register("before-sign.s3-control.*", restore)
    return client
