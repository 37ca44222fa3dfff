"""What is secret in the program is secret in all that the engine records of a resource."""

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.provider import wire
from tests.sandbox.emulator.conftest import Server
from tests.sandbox.provider.conftest import Engine, Failed, urn

USER = "aws:iam/user:User"
VAULT = "aws:backup/vault:Vault"
INPUTS = {USER: {"name": "ann"}, VAULT: {"name": "Default"}}
SECRET = {"tags", "tagsAll"}


def secrets(properties: Any) -> set[str]:
    """The names of what is marked as secret."""
    return set(wire.decode(properties).secrets)


def checked(engine: Engine, token: str, tags: dict[str, str], *, secret: bool = True) -> Any:
    """The inputs as Check gives them, with tags that are secret."""
    given = wire.encode({**INPUTS[token], "tags": tags}, {"tags"} if secret else ())
    return engine.call("Check", provider_pb2.CheckRequest(urn=urn(token), news=given, randomSeed=b"x")).inputs


@pytest.mark.parametrize("token", [USER, VAULT])
def test_secret_tags_through_a_whole_life(engine: Engine, token: str) -> None:
    inputs = checked(engine, token, {"a": "hush"})
    made = engine.call("Create", provider_pb2.CreateRequest(urn=urn(token), properties=inputs))
    assert wire.decode(made.properties).values["tagsAll"] == {"a": "hush"}
    assert secrets(made.properties) == SECRET

    state = {"id": made.id, "urn": urn(token)}
    read = engine.call("Read", provider_pb2.ReadRequest(**state, properties=made.properties, inputs=inputs))
    assert secrets(read.properties) == secrets(read.inputs) == SECRET

    changed = checked(engine, token, {"a": "hush", "b": "psst"})
    request = provider_pb2.UpdateRequest(**state, olds=made.properties, old_inputs=inputs, news=changed)
    updated = engine.call("Update", request)
    assert wire.decode(updated.properties).values["tagsAll"] == {"a": "hush", "b": "psst"}
    assert secrets(updated.properties) == SECRET


@pytest.mark.parametrize("known", ["state", "inputs"])
def test_a_refresh_keeps_what_is_secret_in_either(engine: Engine, known: str) -> None:
    inputs = checked(engine, USER, {"a": "hush"})
    made = engine.call("Create", provider_pb2.CreateRequest(urn=urn(USER), properties=inputs))
    plain = {name: wire.encode(wire.decode(value).values) for name, value in (("s", made.properties), ("i", inputs))}
    read = engine.call(
        "Read",
        provider_pb2.ReadRequest(
            id=made.id,
            urn=urn(USER),
            properties=made.properties if known == "state" else plain["s"],
            inputs=inputs if known == "inputs" else plain["i"],
        ),
    )
    assert secrets(read.properties) == SECRET


def test_tags_that_become_secret_are_so_among_all_tags(engine: Engine) -> None:
    plain = checked(engine, USER, {"a": "known"}, secret=False)
    made = engine.call("Create", provider_pb2.CreateRequest(urn=urn(USER), properties=plain))
    assert secrets(made.properties) == set()
    news = checked(engine, USER, {"a": "hush"})
    request = provider_pb2.UpdateRequest(id=made.id, urn=urn(USER), olds=made.properties, old_inputs=plain, news=news)
    assert secrets(engine.call("Update", request).properties) == SECRET


@pytest.mark.parametrize("readable", [True, False])
def test_secret_tags_of_what_was_made_in_part(engine: Engine, emulator: Server, readable: bool) -> None:
    inputs = checked(engine, USER, {"a": "hush"})
    fault = {"service": "iam", "action": "GetUser", "code": "ServiceFailure", "status": 400}
    emulator.control("POST", "faults", [{**fault, "times": 1 if readable else 10}])
    with pytest.raises(Failed) as raised:
        engine.call("Create", provider_pb2.CreateRequest(urn=urn(USER), properties=inputs))
    partial = raised.value.partial
    assert partial.id == "ann"
    assert secrets(partial.inputs) == SECRET
    assert ("tagsAll" in wire.decode(partial.properties).values) == readable
    assert secrets(partial.properties) == (SECRET if readable else set())
