"""What is secret in the configuration is nowhere in plain text.

Only where the values of the configuration are known, which is in `invoke`: the engine gives them to no policy pack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_pack.planned import Context, Finding, Hidden, Planned, texts

SHORTEST = 6
"""Shorter values, such as a number, are found anywhere by accident."""


def secrets(resource: Planned, context: Context, _options: Mapping[str, Any]) -> Iterator[Finding]:
    """https://www.pulumi.com/docs/iac/concepts/secrets/"""
    hidden = [each for each in context.secrets if len(each) >= SHORTEST]
    for name, value in resource.properties.items() if hidden else ():
        plain = (text for text in texts(value) if not isinstance(text, Hidden))
        if any(secret in text for text in plain for secret in hidden):
            # The value itself is for nobody to see.
            yield Finding(name, Hidden(), "a secret: pulumi.Output.secret(...) around the value")
