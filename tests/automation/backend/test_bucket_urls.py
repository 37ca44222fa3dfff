"""What the URL of a backend says: an option that has another meaning here would lead to another bucket."""

import pytest

from automation.backend.bucket_urls import Address, address_of

PLAIN = "127.0.0.1:9000"

UNDERSTOOD = {
    "s3://state": Address("state"),
    "s3://State.of-2": Address("State.of-2"),
    "s3://state/": Address("state"),
    "s3://state?": Address("state"),
    "s3://state/of/us": Address("state", "of/us/"),
    "s3://state//of/us/": Address("state", "of/us/"),
    "s3://state/of%20us": Address("state", "of us/"),
    "s3://state?region=eu-central-1&awssdk=v2": Address("state", region="eu-central-1"),
    "s3://state?profile=ops": Address("state", profile="ops"),
    "s3://state?endpoint=https://minio.example.com": Address("state", endpoint="https://minio.example.com"),
    "s3://state?endpoint=minio.example.com": Address("state", endpoint="https://minio.example.com"),
    "s3://state?endpoint=minio.example.com&disableSSL=false": Address("state", endpoint="https://minio.example.com"),
    f"s3://state?endpoint={PLAIN}&disableSSL=true&s3ForcePathStyle=true": Address(
        "state", endpoint=f"http://{PLAIN}", path_style=True
    ),
    f"s3://state?endpoint={PLAIN}&disable_https=1&use_path_style=T": Address(
        "state", endpoint=f"http://{PLAIN}", path_style=True
    ),
    f"s3://state?endpoint=http%3A%2F%2F{PLAIN}&disableSSL=false": Address("state", endpoint=f"http://{PLAIN}"),
    "s3://state?s3ForcePathStyle=false": Address("state"),
    "s3://state?ssetype=aws:kms&kmskeyid=alias/state&request_checksum_calculation=when_required": Address("state"),
}


@pytest.mark.parametrize("url", UNDERSTOOD)
def test_what_is_understood(url: str) -> None:
    assert address_of(url) == UNDERSTOOD[url]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file:///state",
        "gs://state",
        "azblob://state",
        "https://api.pulumi.com",
        "postgres://host/state",
        "s3://",
        "s3:///state",
        "s3://user@state",
        "s3://state:9000",
        "s3://state#part",
        "s3://state?role=arn:aws:iam::111111111111:role/state",
        "s3://state?accelerate=true",
        "s3://state?anonymous=true",
        "s3://state?dualstack=true",
        "s3://state?fips=true",
        "s3://state?hostname_immutable=true",
        "s3://state?of_a_later_engine=1",
        "s3://state?region=",
        "s3://state?region",
        "s3://state?region=a&region=b",
        "s3://state?s3ForcePathStyle=yes",
        "s3://state?disableSSL=true",
        "s3://state?disable_https=true",
    ],
)
def test_what_only_the_engine_understands(url: str) -> None:
    assert address_of(url) is None
