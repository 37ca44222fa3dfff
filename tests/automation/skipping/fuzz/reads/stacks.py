"""What a program reads through the engine: configuration, other stacks, the cloud and assets; and what Pulumi.yaml
says."""

import json

from shared.layers import StackId
from tests.automation.skipping.fuzz.reads.kind import EVERYWHERE, Act, Change, Kind, Read, appended, content, wrote

CONFIGURATION = (
    Kind(
        "its configuration",
        "return pulumi.Config().get('v_<id>')",
        before=(lambda read: read.world.configure(read.stack, {"v_<id>": "1"}, read),),
        changes=(
            Change(
                "a comment", lambda read: read.world.comment_in_configuration(read.stack), harmless=True, reach="folder"
            ),
            Change("its value", lambda read: read.world.configure(read.stack, {"v_<id>": "2"}, read), reach="folder"),
        ),
    ),
    Kind(
        "a key that its configuration lacks",
        "return pulumi.Config().get('v_<id>')",
        changes=(
            Change("it is set", lambda read: read.world.configure(read.stack, {"v_<id>": "1"}, read), reach="folder"),
        ),
    ),
    Kind(
        "a default in Pulumi.yaml",
        "return pulumi.Config().get('p_<id>')",
        before=(lambda read: read.world.project(read.stack.layer, config={read.text("p_<id>"): {"default": "1"}}),),
        changes=(
            Change(
                "the default",
                lambda read: read.world.project(read.stack.layer, config={read.text("p_<id>"): {"default": "2"}}),
                reach="folder",
            ),
        ),
    ),
    Kind(
        "another stack's configuration file",
        "import pathlib\nreturn pathlib.Path('Pulumi.sandbox.other.yaml').read_text()",
        changes=(
            Change(
                "its value",
                lambda read: read.world.configure(StackId("accounts", "sandbox", "other"), {"w_<id>": "2"}, read),
                reach="folder",
            ),
        ),
        layers=("accounts",),
    ),
    Kind(
        "all configuration files",
        "import pathlib\nreturn [each.read_text() for each in sorted(pathlib.Path().glob('Pulumi.prod*.yaml'))]",
        changes=(Change("another one", wrote("<folder>/Pulumi.prod.<id>.yaml", "config: {}\n"), reach="folder"),),
        layers=("accounts",),
    ),
    Kind(
        "another environment's configuration file",
        "return open('Pulumi.prod<id>.yaml').read()",
        **content("<folder>/Pulumi.prod<id>.yaml", "config: {}", "config: {x: 1}"),
        layers=("org", "identity", "policies"),
    ),
    Kind(
        "PULUMI_CONFIG",
        "import json, os\nreturn json.loads(os.environ.get('PULUMI_CONFIG', '{}')).get('<layer>:v_<id>')",
        before=(lambda read: read.world.configure(read.stack, {"v_<id>": "1"}, read),),
        changes=(
            Change("its value", lambda read: read.world.configure(read.stack, {"v_<id>": "2"}, read), reach="folder"),
        ),
    ),
)

ORG = StackId("org", "sandbox")
IDENTITY = StackId("identity", "sandbox")


def _stack(name: str, body: str, other: StackId | None, layers: tuple[str, ...]) -> Kind:
    """A read of the output `base` of another stack, which somebody else deploys; None: one of another repository."""

    def deployed(read: Read) -> None:
        if other:
            read.world.configure(other, {"base": read.world.fresh()}, read)
            read.world.up(other)
        else:
            read.world.deploy_elsewhere(read.world.fresh())

    before: tuple[Act, ...] = () if other else (lambda read: read.world.deploy_elsewhere("0"),)
    return Kind(name, body, before=before, changes=(Change("its output", deployed, reach="upstream"),), layers=layers)


STACKS = (
    _stack(
        "an output of org",
        "return pulumi.StackReference('organization/org/sandbox').get_output('base')",
        ORG,
        EVERYWHERE[1:],
    ),
    _stack(
        "all outputs of org",
        # Under a name of its own: a program may have the reference above too.
        "return pulumi.StackReference('all_<id>', stack_name='organization/org/sandbox')"
        ".outputs.apply(lambda found: found.get('base'))",
        ORG,
        EVERYWHERE[1:],
    ),
    _stack(
        "an output of a stack that it does not declare",
        "return pulumi.StackReference('organization/identity/sandbox').get_output('base')",
        IDENTITY,
        ("policies",),
    ),
    _stack(
        "an output of another repository's stack",
        "return pulumi.StackReference('organization/elsewhere/prod').get_output('base')",
        None,
        EVERYWHERE,
    ),
)


def _on_shelf(color: str, name: str = "look_<id>") -> Act:
    """Put an item on the shelf by hand."""
    return wrote(f"<shelf>/{name}.json", json.dumps({"name": name, "color": color, "seconds": 0}))


_LOOK = "pulumi.runtime.{}('shelf:index:look', {{'name': 'look_<id>'}}, pulumi.InvokeOptions(version='1.0.0'))"


def _data(name: str, body: str) -> Kind:
    change = Change("the cloud", _on_shelf("blue"))
    return Kind(name, body, before=(_on_shelf("red"),), changes=(change,), always=True)


CLOUD = (
    _data("invoke", f"return {_LOOK.format('invoke')}.value['color']"),
    _data(
        "invoke_async",
        f"return pulumi.Output.from_input({_LOOK.format('invoke_async')}).apply(lambda found: found['color'])",
    ),
    _data("get of a resource", "return Item.get('get-<id>', 'look_<id>').color"),
)


def _own_item(read: Read) -> None:
    """Change the read's own item on the shelf by hand."""
    for stack in read.stacks:
        file = read.world.shelf / f"{stack.project}.{stack.name}.{read.id}.json"
        if file.exists():  # another change may have made the program fail
            file.write_text(json.dumps({**json.loads(file.read_text()), "color": "by hand"}))


ASSETS = (
    Kind(
        "a file as an asset", "return pulumi.FileAsset('<outside>/data.txt')", **content("<outside>/data.txt", "1", "2")
    ),
    Kind(
        "an own file as an asset",
        "return pulumi.FileAsset('data_<id>.txt')",
        **content("<folder>/data_<id>.txt", "1", "2"),
    ),
    Kind("a folder as an archive", "return pulumi.FileArchive('<outside>')", **content("<outside>/data.txt", "1", "2")),
    Kind(
        "an archive of assets",
        "return pulumi.AssetArchive({'x': pulumi.FileAsset('<outside>/data.txt')})",
        **content("<outside>/data.txt", "1", "2"),
    ),
    Kind(
        "a text as an asset",
        "return pulumi.StringAsset(open('<outside>/data.txt').read())",
        **content("<outside>/data.txt", "1", "2"),
    ),
)

_EDITED = Change("a constant", appended("<program>", "\nput('more', 1, 'both')\n"))

PROJECT = (
    Kind(
        "its item, which nobody refreshes",
        "return 1",
        changes=(Change("by hand", _own_item, harmless=True),),
    ),
    Kind(
        "its item with refresh: always",
        "return 1",
        changes=(Change("by hand", _own_item),),
        alone=True,
        project={"options": {"refresh": "always"}},
    ),
    Kind(
        "a folder of configuration elsewhere",
        "return pulumi.Config().get('v_<id>')",
        before=(
            lambda read: read.world.configure_in(
                read.path("<root>/configs/<layer>"), read.stacks, read.text("v_<id>"), "1"
            ),
        ),
        changes=(
            Change(
                "its value",
                lambda read: read.world.configure_in(
                    read.path("<root>/configs/<layer>"), read.stacks, read.text("v_<id>"), "2"
                ),
            ),
        ),
        alone=True,
        project={"stackConfigDir": "../../configs/<layer>"},
    ),
    Kind(
        "a program in a folder of its own",
        "return 1",
        changes=(_EDITED,),
        alone=True,
        project={"main": "src/"},
        program="<folder>/src/__main__.py",
    ),
    Kind(
        "a program outside its folder",
        "return 1",
        changes=(_EDITED,),
        alone=True,
        project={"main": "../../programs/<layer>/"},
        program="<root>/programs/<layer>/__main__.py",
    ),
)

KINDS = (*CONFIGURATION, *STACKS, *CLOUD, *ASSETS, *PROJECT)
