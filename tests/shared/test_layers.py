"""The layer graph and the names of stacks."""

import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from shared.errors import LayerError
from shared.layers import LAYERS, ROOT, StackId, discover, environments, graph, parse_stack


def write(root: Path, *stacks: str) -> Path:
    for stack in stacks:
        layer, name = stack.split(":")
        folder = root / "stacks" / layer
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    return root


def test_the_graph_is_the_declared_one() -> None:
    assert {layer.name: layer.reads for layer in LAYERS.values()} == {
        "org": (),
        "identity": ("org",),
        "policies": ("org",),
        "accounts": ("org", "identity", "policies"),
    }


def test_stacks_come_in_an_order_that_can_be_deployed(tmp_path: Path) -> None:
    write(tmp_path, "org:prod", "identity:prod", "policies:prod", "accounts:prod.a", "accounts:prod.b")
    stacks = discover("prod", tmp_path)
    order = list(TopologicalSorter(graph(stacks)).static_order())
    assert order[0] == StackId("org", "prod")
    assert {s.label for s in order[-2:]} == {"accounts/a", "accounts/b"}
    assert graph(stacks)[StackId("accounts", "prod", "a")] == set(stacks[:3])


def test_environments_do_not_mix(tmp_path: Path) -> None:
    write(tmp_path, "org:prod", "identity:prod", "policies:prod", "accounts:prod.a", "org:prod-eu")
    assert environments(tmp_path) == ["prod", "prod-eu"]
    assert [s.label for s in discover("prod-eu", tmp_path)] == ["org"]


def test_an_unknown_environment_names_those_that_exist(tmp_path: Path) -> None:
    write(tmp_path, "org:prod")
    with pytest.raises(LayerError, match=r"no environment is called 'staging'.*there are: prod"):
        discover("staging", tmp_path)


def test_a_missing_upstream_is_named(tmp_path: Path) -> None:
    write(tmp_path, "org:prod", "accounts:prod.a")
    with pytest.raises(LayerError, match=r"accounts/a reads identity.*create stacks/identity/Pulumi\.prod\.yaml"):
        discover("prod", tmp_path)


@pytest.mark.parametrize(
    ("layer", "name"),
    [("nowhere", "prod"), ("org", "prod.extra"), ("accounts", "prod"), ("org", "Prod"), ("accounts", "prod.a.b")],
)
def test_bad_names_are_refused(layer: str, name: str) -> None:
    with pytest.raises(LayerError):
        parse_stack(layer, name)


def test_names_round_trip(tmp_path: Path) -> None:
    stacks = discover("prod", write(tmp_path, "org:prod", "identity:prod", "policies:prod", "accounts:prod.a"))
    assert [stack.label for stack in stacks] == ["org", "identity", "policies", "accounts/a"]
    assert [stack.name for stack in stacks] == ["prod", "prod", "prod", "prod.a"]
    for stack in stacks:
        assert parse_stack(stack.layer, stack.name) == stack
        assert stack.config_file(tmp_path).is_file()


def test_no_module_of_a_layer_hides_one_of_python() -> None:
    """The engine runs `python -m pip` in a layer's folder, where the layer's modules come first."""
    modules = {file.stem for layer in LAYERS for file in (ROOT / "stacks" / layer).glob("*.py")}
    assert modules & sys.stdlib_module_names == set()
