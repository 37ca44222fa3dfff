"""The states in an S3 backend, read without an engine: all are listed in one call, and read one by one where needed.

The listing has a mark of each object's content. What was made of a state under the same mark need not be made again.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html (ETag)

Whatever is not as expected raises `OnlyTheEngine`: then the engine is asked, which says what is wrong, if anything is.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import yaml

from automation.backend.bucket_urls import Address
from shared.layers import StackId

_ROOT = ".pulumi/"
_STACKS = f"{_ROOT}stacks/"
_LAYOUT = 1
"""The version of the layout with a folder for each project. https://www.pulumi.com/docs/iac/concepts/state-and-backends/"""

_ENDS = (".json", ".json.gz", ".json.zst")
"""With what the name of a state ends; the last two are compressed."""

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 5, 20, 3
_CONNECTIONS = 32


class OnlyTheEngine(Exception):
    """This backend cannot be read here."""


class Bucket:
    """The states at an address. Many threads may use it."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._client: Any = None
        self._marks: dict[str, str] | None = None
        self._unusable = False

    def stacks(self, *, again: bool = False) -> set[tuple[str, str]]:
        """Project and stack name of every stack, when they were listed, or now, if `again`."""
        if again and self._listed() is not None:
            now = self._list(_STACKS)
            with self._lock:
                self._marks = now
        found = set()
        for name in list(self._listed()):
            project, _, file = name.removeprefix(_STACKS).partition("/")
            ends = [end for end in _ENDS if file.endswith(end)]
            if ends and project and "/" not in file:
                found.add((project, file.removesuffix(ends[0])))
        return found

    def mark(self, stack: StackId, *, again: bool = False) -> str | None:
        """The mark of the stack's state when the states were listed, or now, if `again`; None if there is none."""
        name = self._name(stack, again=again)
        return None if name is None else self._listed()[name]

    def read(self, stack: StackId) -> tuple[bytes, str]:
        """The stack's state as it is now, and its mark. There must have been one when it was listed last."""
        name = self._name(stack)
        if name is None:
            raise OnlyTheEngine
        with _Reading():
            answer = self._client.get_object(Bucket=self._address.bucket, Key=self._address.prefix + name)
            mark = _mark(answer["ETag"], answer["ContentLength"], answer["LastModified"])
            return answer["Body"].read(), mark

    def _name(self, stack: StackId, *, again: bool = False) -> str | None:
        path = f"{_STACKS}{stack.project}/{stack.name}.json"
        listed = self._listed()
        if again:
            now = self._list(path)
            with self._lock:
                for end in _ENDS:
                    listed.pop(path.removesuffix(".json") + end, None)
                listed.update(now)
        with self._lock:
            there = [name for end in _ENDS if (name := path.removesuffix(".json") + end) in listed]
        # Of several the engine takes the last one written. It is alone in being able to read the last kind.
        if len(there) > 1 or any(name.endswith(".zst") for name in there):
            raise OnlyTheEngine
        return there[0] if there else None

    def _listed(self) -> dict[str, str]:
        """The objects below the folder of states, with their marks. Only the first call asks."""
        with self._lock:
            if self._unusable:
                raise OnlyTheEngine
            if self._marks is None:
                try:
                    self._client = self._connected()
                    self._check_layout()
                    self._marks = self._list(_STACKS)
                except OnlyTheEngine:
                    self._unusable = True
                    raise
            return self._marks

    def _connected(self) -> Any:
        # Imported here because it takes a quarter of a second, and most backends are others.
        import boto3
        from botocore.config import Config

        where = self._address
        settings = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=_CONNECTIONS,
            s3={"addressing_style": "path" if where.path_style else "virtual"},
        )
        with _Reading():
            session = boto3.Session(profile_name=where.profile, region_name=where.region)
            return session.client("s3", endpoint_url=where.endpoint, config=settings)

    def _check_layout(self) -> None:
        with _Reading():
            key = f"{self._address.prefix}{_ROOT}meta.yaml"
            text = self._client.get_object(Bucket=self._address.bucket, Key=key)["Body"].read()
            found = yaml.safe_load(text)
            if not isinstance(found, dict) or found.get("version") != _LAYOUT:
                raise OnlyTheEngine

    def _list(self, prefix: str) -> dict[str, str]:
        with _Reading():
            return dict(self._pages(self._address.prefix + prefix))

    def _pages(self, prefix: str) -> Iterator[tuple[str, str]]:
        more: dict[str, str] = {}
        while True:
            answer = self._client.list_objects_v2(Bucket=self._address.bucket, Prefix=prefix, **more)
            for each in answer.get("Contents", []):
                name = str(each["Key"]).removeprefix(self._address.prefix)
                yield name, _mark(each["ETag"], each["Size"], each["LastModified"])
            if not answer.get("IsTruncated"):
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}


class _Reading:
    """Turns what may go wrong with a bucket into `OnlyTheEngine`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        expected = (BotoCoreError, Boto3Error, ClientError, KeyError, ValueError, OSError, yaml.YAMLError)
        if isinstance(error, expected):
            raise OnlyTheEngine from error


def _mark(tag: str, size: int, written: datetime) -> str:
    # A listing has fractions of seconds, and the answer with an object has none.
    return json.dumps([tag, size, int(written.timestamp())])
