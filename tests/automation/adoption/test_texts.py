"""Texts that look like something else are in quotes: the engine reads YAML by another version than PyYAML."""

import pytest
import yaml

from automation.adoption.texts import dumped, same_keys


@pytest.mark.parametrize(
    "text", ["no", "017", "1e3", "-2E5", "1.5e-3", "~", "null", "0123456789", "# a", "a: b", "Über"]
)
def test_a_text_stays_a_text(text: str) -> None:
    written = dumped({"key": text})
    assert yaml.safe_load(written) == {"key": text}
    if text != "Über":
        assert written in (f"key: '{text}'\n", f'key: "{text}"\n')


def test_what_the_engine_writes_anew_is_the_same() -> None:
    ours = "config:\n  org:protect: false\n  org:x: null\n  org:policyTypes: [tag, backup]\n"
    engines = 'config:\n  org:protect: "false"\n  org:x: ""\n  org:policyTypes: [backup, tag]\nencryptionsalt: x\n'
    assert same_keys(ours, engines)
    assert not same_keys(ours, engines.replace("tag", "s3"))
    assert not same_keys("[", "[")
