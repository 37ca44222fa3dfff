"""What a stack's last deployment is compared by: each input, changed alone, and what is none of them."""

import dataclasses
import json
import os
import platform
import stat
import sys
import sysconfig
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automation.backend.states import States
from automation.environments import environment as environment_of
from automation.skipping.inputs import Reader, differing
from automation.skipping.sources import Sources
from engine import checks
from engine.install import Engine
from sandbox.credentials import MANAGEMENT_ACCOUNT_ID
from shared.layers import StackId

ENVIRONMENTS = ("sandbox", "prod")
LAYERS = ("org", "identity", "policies", "accounts")
READ = {"org": (), "identity": ("org",), "policies": ("org",), "accounts": ("org", "identity", "policies")}


class Machine:
    """A repository, its tools and its variables; `reader` looks at all of it anew."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root / "repository"
        self.home = root / "home"
        self.monkeypatch = monkeypatch
        self.account = "111111111111"
        self.bin = root / "bin"
        command: Any = SimpleNamespace(command=str(self.bin / "pulumi"))
        host = str(self.bin / "pulumi-language-python")
        self.engine = Engine(command, self.bin, "on PATH", "3.200.0", host, "3.78.0")
        for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "python"):
            self.executable(name, "1")
        self.outputs = dict.fromkeys(LAYERS, "a")
        self.refreshed = False
        for environment in ENVIRONMENTS:
            for layer in LAYERS[:3]:
                self.write(f"stacks/{layer}/Pulumi.{environment}.yaml", "config: {}\n")
            self.email(environment, "one", "one@example.com")
            self.email(environment, "two", "two@example.com")
        for layer in LAYERS:
            self.write(f"stacks/{layer}/__main__.py", "from shared import used\n")
            self.write(f"stacks/{layer}/Pulumi.yaml", f"name: {layer}\n")
        for name in ("shared/__init__.py", "shared/used.py", "shared/unused.py", "sandbox/provider/aws.py"):
            self.write(name, "X = 1\n")
        self.packages = root / "packages"
        self.sdk("aws", "7.0.0")
        self.executable("resource-aws-v7.0.0/pulumi-resource-aws", "1", self.home / ".pulumi" / "plugins")
        self.plugin("#!/bin/sh\n")

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def configure(self, text: str) -> None:
        """Let org have that configuration."""
        for environment in ENVIRONMENTS:
            self.write(f"stacks/org/Pulumi.{environment}.yaml", text)

    def email(self, environment: str, account: str, address: str | None) -> None:
        """An account with that address, or with one that is encrypted."""
        value = address or {"secure": "v1:q83vq83vq83vq83v:q83v"}
        self.write(
            f"stacks/accounts/Pulumi.{environment}.{account}.yaml", json.dumps({"config": {"accounts:email": value}})
        )

    def executable(self, name: str, content: str, folder: Path | None = None) -> Path:
        """A program that anybody may run; its file is replaced, as an installer does it."""
        file = (folder or self.bin) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name("new")
        new.write_text(content)
        new.chmod(0o755)
        return new.replace(file)

    def sdk(self, name: str, version: str) -> None:
        """An SDK that needs a plugin."""
        file = self.packages / f"pulumi_{name}" / "pulumi-plugin.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"resource": True, "name": name, "version": version}))

    def plugin(self, content: str) -> None:
        """What is in the place of the AWS plugin: a script is the embedded one."""
        self.write(_PLUGIN, content)
        (self.root / _PLUGIN).chmod(0o755)

    def profiles(self, text: str, file: str = ".aws/config") -> Path:
        path = self.home / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def setting(self, name: str, value: str) -> None:
        self.monkeypatch.setenv(name, value)

    def reader(self, environment: str) -> Reader:
        def export(stack: StackId) -> dict[str, Any]:
            made = {"type": "pulumi:pulumi:Stack", "outputs": {"x": self.outputs[stack.layer]}}
            return {"deployment": {"resources": [made, {"urn": "x", "refreshBeforeUpdate": self.refreshed}]}}

        where = environment_of(environment, self.root)
        self.monkeypatch.setattr(where, "account", lambda: self.account)
        return Reader(where, self.engine, self.root, Sources(self.root), States("s3://bucket", export))

    def inputs(self, stack: StackId) -> dict[str, str]:
        return dict(self.reader(stack.environment).of(stack))


_PLUGIN = f".sandbox/pulumi-home/plugins/resource-aws-v{version('pulumi-aws')}/pulumi-resource-aws"

ORG, PROD = StackId("org", "sandbox"), StackId("org", "prod")
ONE = StackId("accounts", "sandbox", "one")

Change = Callable[[Machine], object]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for name in list(os.environ):
        if name.startswith(("AWS_", "PULUMI_")):
            monkeypatch.delenv(name)
    made = Machine(tmp_path, monkeypatch)
    monkeypatch.setenv("HOME", str(made.home))
    monkeypatch.setenv("PATH", str(made.bin))
    monkeypatch.setattr(sys, "executable", str(made.bin / "python"))
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(made.packages))
    return made


def engine(**changed: str) -> Change:
    return lambda machine: setattr(machine, "engine", dataclasses.replace(machine.engine, **changed))  # type: ignore[arg-type]


def another_python(machine: Machine) -> None:
    machine.monkeypatch.setattr(platform, "python_version", lambda: "3.99.0")


def rebuilt(name: str, size: int = 1) -> Change:
    """The file is replaced by another one of the same length, and says the same version."""
    return lambda machine: machine.executable(name, "2" * size)


def plugin_of(name: str, version: str, content: str = "2") -> Change:
    return lambda machine: machine.executable(
        f"resource-{name}-v{version}/pulumi-resource-{name}", content, machine.home / ".pulumi" / "plugins"
    )


def an_sdk(version: str) -> Change:
    """One that needs that version of a plugin, with a plugin."""

    def change(machine: Machine) -> None:
        machine.sdk("x", version)
        plugin_of("x", version or "3.0.0")(machine)

    return change


def profiles_elsewhere(machine: Machine) -> None:
    machine.setting("AWS_CONFIG_FILE", str(machine.profiles("[default]\n", "elsewhere")))


ANY_ENVIRONMENT: dict[str, tuple[Change, str]] = {
    "the program": (lambda m: m.write("stacks/org/__main__.py", "from shared import used\nX = 1\n"), "program"),
    "its project file": (lambda m: m.write("stacks/org/Pulumi.yaml", "name: org\ndescription: x\n"), "program"),
    "data beside it": (lambda m: m.write("stacks/org/data.json", "{}"), "program"),
    "a module that it imports": (lambda m: m.write("shared/used.py", "X = 2\n"), "program"),
    "the package of that module": (lambda m: m.write("shared/__init__.py", "X = 2\n"), "program"),
    "its configuration": (lambda m: m.configure("# x\n"), "configuration"),
    "the engine": (engine(version="3.201.0"), "tools"),
    "the language host": (engine(language_host_version="3.79.0"), "tools"),
    "Python": (another_python, "tools"),
    "another build of the engine": (rebuilt("pulumi"), "tools"),
    "another build of the language host": (rebuilt("pulumi-language-python"), "tools"),
    "another script": (rebuilt("pulumi-language-python-exec"), "tools"),
    "another build of Python": (rebuilt("python"), "tools"),
    "a script that is gone": (lambda m: (m.bin / "pulumi-language-python-exec").unlink(), "tools"),
    "another build of a plugin": (plugin_of("aws", "7.0.0"), "tools"),
    "a plugin on PATH": (lambda m: m.executable("pulumi-resource-aws", "2"), "tools"),
    "an SDK with a plugin": (an_sdk("1.0.0"), "tools"),
    "an SDK with any version of a plugin": (an_sdk(""), "tools"),
    "a variable of AWS": (lambda m: m.setting("AWS_PROFILE", "x"), "environment"),
    "a variable of Python": (lambda m: m.setting("PYTHONOPTIMIZE", "1"), "environment"),
    "the encoding": (lambda m: m.setting("LC_ALL", "de_DE.ISO-8859-1"), "environment"),
    "the time zone": (lambda m: m.setting("TZ", "Asia/Tokyo"), "environment"),
    "a variable of Pulumi": (lambda m: m.setting("PULUMI_ENABLE_LEGACY_DIFF", "1"), "environment"),
    "~/.aws/config": (lambda m: m.profiles("[default]\nregion = eu-west-1\n"), "environment"),
    "profiles elsewhere": (profiles_elsewhere, "environment"),
    "whose credentials": (lambda m: setattr(m, "account", "222222222222"), "environment"),
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("what", ANY_ENVIRONMENT)
def test_each_input_counts(machine: Machine, what: str, environment: str) -> None:
    stack = StackId("org", environment)
    change, told = ANY_ENVIRONMENT[what]
    before = machine.inputs(stack)
    assert machine.inputs(stack) == before
    change(machine)
    assert differing(before, machine.inputs(stack)) == [told]


def test_a_folder_that_others_could_enter_is_closed_by_the_next_run_and_none_is_made(machine: Machine) -> None:
    machine.reader("sandbox")
    folder = machine.root / ".inputs"
    assert not folder.exists()
    folder.mkdir()
    folder.chmod(0o755)
    machine.reader("sandbox")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_plugin_on_path_does_not_count_where_the_engine_ignores_it(machine: Machine) -> None:
    machine.setting("PULUMI_IGNORE_AMBIENT_PLUGINS", "true")
    before = machine.inputs(ORG)
    machine.executable("pulumi-resource-aws", "2")
    assert machine.inputs(ORG) == before
    plugin_of("aws", "7.0.0")(machine)
    assert differing(before, machine.inputs(ORG)) == ["tools"]


def test_a_program_counts_by_its_content_which_is_read_once(machine: Machine) -> None:
    file = machine.bin / "pulumi"
    before = machine.inputs(ORG)
    content, times = file.read_bytes(), file.stat()
    file.unlink()
    file.write_bytes(content)
    assert machine.inputs(ORG) == before
    file.write_bytes(b"X" * len(content))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert differing(before, machine.inputs(ORG)) == ["tools"]


def test_a_program_behind_a_link_counts(machine: Machine) -> None:
    """As version managers and Homebrew install an engine."""
    for name in ("one", "two"):
        machine.executable(name, name)
    (machine.bin / "pulumi").unlink()
    (machine.bin / "pulumi").symlink_to("one")
    before = machine.inputs(ORG)
    (machine.bin / "pulumi").unlink()
    (machine.bin / "pulumi").symlink_to("two")
    assert differing(before, machine.inputs(ORG)) == ["tools"]


def test_profiles_in_the_file_that_a_variable_names_count(machine: Machine) -> None:
    profiles_elsewhere(machine)
    before = machine.inputs(ORG)
    machine.profiles("[profile unread]\n")
    assert machine.inputs(ORG) == before
    machine.profiles("[default]\nregion = eu-west-1\n", "elsewhere")
    assert differing(before, machine.inputs(ORG)) == ["environment"]


SANDBOX_ONLY: dict[str, Change] = {
    "the embedded provider's code": lambda m: m.write("sandbox/provider/aws.py", "X = 2\n"),
    "a module of it": lambda m: m.write("sandbox/provider/resources/iam.py", ""),
    "the plugin is the official one": lambda m: m.plugin("\x7fELF"),
    "there is no plugin": lambda m: (m.root / _PLUGIN).unlink(),
}


@pytest.mark.parametrize("what", SANDBOX_ONLY)
def test_the_sandbox_s_plugin_counts_in_the_sandbox(machine: Machine, what: str) -> None:
    before, production = machine.inputs(ORG), machine.inputs(PROD)
    SANDBOX_ONLY[what](machine)
    assert differing(before, machine.inputs(ORG)) == ["tools"]
    assert machine.inputs(PROD) == production


def test_the_embedded_provider_s_code_does_not_count_where_the_official_one_is_used(machine: Machine) -> None:
    machine.plugin("\x7fELF")
    before = machine.inputs(ORG)
    machine.write("sandbox/provider/aws.py", "X = 2\n")
    assert machine.inputs(ORG) == before


NO_INPUTS: dict[str, Change] = {
    "its documentation": lambda m: m.write("stacks/org/README.md", "x"),
    "an example": lambda m: m.write("stacks/org/Pulumi.sandbox.yaml.example", "x"),
    "another layer": lambda m: m.write("stacks/identity/__main__.py", ""),
    "another environment": lambda m: m.write("stacks/org/Pulumi.prod.yaml", "# x\n"),
    "a module that it does not import": lambda m: m.write("shared/unused.py", "X = 2\n"),
    "a comment": lambda m: m.write("stacks/org/__main__.py", "# x\nfrom shared import used  # x\n"),
    "data in shared that it does not read": lambda m: m.write("shared/regions.json", "[]"),
    "the emulator": lambda m: m.write("sandbox/emulator/iam/models.py", ""),
    "an address in plain text": lambda m: m.email("sandbox", "two", "three@example.com"),
    "any other variable": lambda m: m.setting("WHATEVER", "1"),
    "another version of a plugin": plugin_of("aws", "6.0.0"),
    "a plugin that no SDK needs": plugin_of("github", "1.0.0"),
    "a program on PATH": lambda m: m.executable("pulumi-resource-github", "2"),
}


@pytest.mark.parametrize("what", NO_INPUTS)
def test_what_is_no_input_does_not_count(machine: Machine, what: str) -> None:
    before = machine.inputs(ORG)
    NO_INPUTS[what](machine)
    assert machine.inputs(ORG) == before


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("changed", LAYERS)
def test_the_outputs_of_each_stack_that_is_read_count(machine: Machine, layer: str, changed: str) -> None:
    stack = StackId(layer, "sandbox", "one" if layer == "accounts" else None)
    before = machine.inputs(stack)
    machine.outputs[changed] = "b"
    expected = [f"outputs of {changed}"] if changed in READ[layer] else []
    assert differing(before, machine.inputs(stack)) == expected


def test_the_address_of_another_account_never_counts(machine: Machine) -> None:
    """Whether two accounts have one is checked before a run, and by AWS."""
    for address in ("one@example.com", None):
        machine.email("sandbox", "one", address)
        before = machine.inputs(ONE)
        machine.email("sandbox", "two", "three@example.com")
        machine.email("sandbox", "three", None)
        assert machine.inputs(ONE) == before


def test_a_program_is_read_anew_each_time_and_what_else_there_is_once_a_run(machine: Machine) -> None:
    reader = machine.reader("sandbox")
    before = reader.of(ORG)
    machine.write("stacks/org/__main__.py", "from shared import used\nX = 1\n")
    machine.write("stacks/org/Pulumi.sandbox.yaml", "# x\n")
    assert differing(before, reader.of(ORG)) == ["program", "configuration"]


def test_a_stack_is_run_each_time_whose_engine_reads_more_than_its_inputs(machine: Machine) -> None:
    assert machine.reader("sandbox").always(ORG) == []
    machine.write("stacks/org/Pulumi.yaml", "name: org\noptions:\n  refresh: always\n")
    machine.refreshed = True
    expected = ["options.refresh in Pulumi.yaml", "a resource that is read before each update"]
    assert machine.reader("sandbox").always(ORG) == expected
    assert machine.reader("sandbox").always(PROD) == expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"a": "1"}, {"a": "1"}, []),
        ({"a": "1"}, {"a": "2"}, ["a"]),
        ({"a": "1"}, {"a": "1", "b": ""}, ["b"]),
        ({"a": "1", "b": "1"}, {"a": "1"}, ["b"]),
        ({}, {"a": "1"}, ["a"]),
    ],
)
def test_an_input_that_came_or_went_differs(before: dict[str, str], now: dict[str, str], expected: list[str]) -> None:
    assert differing(before, now) == expected


def test_in_the_sandbox_nobody_is_asked_whose_the_credentials_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def caller(variables: object) -> dict[str, str]:
        asked.append(variables)
        return {"account": "111111111111"}

    monkeypatch.setattr(checks, "caller", caller)
    assert environment_of("sandbox").account() == MANAGEMENT_ACCOUNT_ID
    assert asked == []
    assert environment_of("prod").account() == "111111111111"


def test_credentials_that_are_nobody_s_are_never_those_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "caller", lambda _variables: None)
    assert environment_of("prod").account() != environment_of("prod").account()


KEY = "encryptedkey: abc\n"


def test_a_key_is_no_part_of_a_file_in_which_nothing_is_encrypted(machine: Machine) -> None:
    machine.configure("config:\n  org:a: x\n")
    before = machine.inputs(ORG)
    machine.configure(f"config:\n  org:a: x\n{KEY}")
    assert machine.inputs(ORG) == before
    machine.configure(f"config:\n  org:a:\n    secure: x\n{KEY}")
    before = machine.inputs(ORG)
    machine.configure("config:\n  org:a:\n    secure: x\nencryptedkey: abcd\n")
    assert differing(before, machine.inputs(ORG)) == ["configuration"]


@pytest.mark.parametrize(
    ("after", "gets_key"),
    [
        (f'config:\n  org:a: "false"\n  org:b: "3"\n  org:c:\n    - no\n{KEY}', True),
        ('config:\n  org:a: "false"\n  org:b: "3"\n  org:c:\n    - no\n', False),
        (f'config:\n  org:a: "true"\n  org:b: "3"\n  org:c:\n    - no\n{KEY}', False),
        (f'config:\n  org:a: "false"\n  org:b: "3"\n  org:c:\n    - "no"\n    - x\n{KEY}', False),
        (f"secretsprovider: passphrase\nconfig:\n  org:a: false\n  org:b: 3\n  org:c: [no]\n{KEY}", False),
    ],
)
def test_that_the_engine_adds_a_key_is_told_from_an_edit(machine: Machine, after: str, gets_key: bool) -> None:
    machine.configure("config:\n  org:a: false\n  org:b: 3\n  org:c:\n  - no\n")
    reader = machine.reader("prod")
    before = reader.stamps(PROD)
    assert before.until(reader.stamps(PROD))
    machine.configure(after)
    now = reader.stamps(PROD)
    assert (before.gets_key(now), before.until(now)) == (gets_key, gets_key)
    machine.write("stacks/org/__main__.py", "")
    assert not before.until(reader.stamps(PROD))
