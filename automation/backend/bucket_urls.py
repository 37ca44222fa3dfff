"""The URL of an S3 backend: which bucket the engine uses, and how it reaches it.

The engine opens it with the Go CDK: https://pkg.go.dev/gocloud.dev/blob/s3blob#URLOpener and
https://pkg.go.dev/gocloud.dev/aws#V2ConfigFromURLParams. Here only those options are understood that boto3 has in the
same sense. For any other one there is no address, and the engine alone reads the backend.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

_TRUE = {"1", "t", "T", "TRUE", "true", "True"}
_FALSE = {"0", "f", "F", "FALSE", "false", "False"}

_WHERE = {"region", "endpoint", "profile"}
_PATH_STYLE = {"s3ForcePathStyle", "use_path_style"}
_NO_TLS = {"disableSSL", "disable_https"}
"""Only together with an endpoint that names no scheme; where it does, the scheme counts."""

_NO_MATTER = {"awssdk", "ssetype", "kmskeyid", "request_checksum_calculation", "response_checksum_validation"}
"""How objects are written, or checked on their way."""


@dataclass(frozen=True)
class Address:
    """A bucket and the `prefix` of its objects, and what the backend's URL says about the way to it."""

    bucket: str
    prefix: str = ""
    region: str | None = None
    endpoint: str | None = None
    profile: str | None = None
    path_style: bool = False


def address_of(backend: str) -> Address | None:
    """The address in the URL `backend`; None if it is not of S3, or if it has an option that is not understood."""
    try:
        url = urlsplit(backend)
        given = parse_qsl(url.query, keep_blank_values=True, strict_parsing=True) if url.query else []
    except ValueError:
        return None
    options = dict(given)
    unclear = len(options) < len(given) or not all(options.values()) or url.fragment
    if url.scheme != "s3" or not url.netloc or set(url.netloc) & set("@:%") or unclear:
        return None
    if not options.keys() <= _WHERE | _PATH_STYLE | _NO_TLS | _NO_MATTER:
        return None
    flags = [value for name, value in options.items() if name in _PATH_STYLE | _NO_TLS]
    if not _TRUE.union(_FALSE).issuperset(flags):
        return None
    endpoint = options.get("endpoint")
    plain = any(options.get(name) in _TRUE for name in _NO_TLS)
    if plain and endpoint is None:
        return None
    if endpoint is not None and "://" not in endpoint:
        endpoint = f"{'http' if plain else 'https'}://{endpoint}"
    prefix = unquote(url.path).lstrip("/")
    return Address(
        url.netloc,
        prefix if not prefix or prefix.endswith("/") else f"{prefix}/",
        options.get("region"),
        endpoint,
        options.get("profile"),
        any(options.get(name) in _TRUE for name in _PATH_STYLE),
    )
