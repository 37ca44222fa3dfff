"""The files of a program: which modules it imports, and what of it is remembered from run to run."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from modulefinder import ModuleFinder
from pathlib import Path

import pytest

from automation.skipping import modules
from automation.skipping.imported import CannotBeParsedError, imported
from automation.skipping.modules import FILE, Modules, module
from automation.skipping.sources import Sources
from shared.layers import LAYERS, ROOT

TREE = {
    "program/near.py": "",
    "program/config.py": "import shared.deep.one",
    "shared/__init__.py": "",
    "shared/config.py": "",
    "shared/deep/__init__.py": "",
    "shared/deep/one.py": "from . import two\nfrom .. import config",
    "shared/deep/two.py": "def later():\n    from .three import x\n\nlater()",
    "shared/deep/three.py": "x = 1",
    "shared/deep/never.py": "",
    "shared/all/__init__.py": "__all__ = ['left', 'right']",
    "shared/all/left.py": "",
    "shared/all/right.py": "",
    "shared/circle/__init__.py": "from shared.circle import first",
    "shared/circle/first.py": "import shared.circle.second",
    "shared/circle/second.py": "import shared.circle.first",
    "plain/module.py": "",
    "both/__init__.py": "",
    "both.py": "",
}

SHARED = {"shared/__init__.py"}
DEEP = SHARED | {"shared/deep/__init__.py"}
ONE = DEEP | {"shared/deep/one.py", "shared/deep/two.py", "shared/deep/three.py", "shared/config.py"}

PROGRAMS = {
    "nothing": ("", set()),
    "near": ("import near", {"program/near.py"}),
    "the nearer one of a name": ("import config", {"program/config.py"} | ONE),
    "a package": ("import shared", SHARED),
    "a module of it": ("import shared.deep.one as x", ONE),
    "from it": ("from shared.deep import three, never", DEEP | {"shared/deep/three.py", "shared/deep/never.py"}),
    "a name that is no module": ("from shared.deep.three import x", DEEP | {"shared/deep/three.py"}),
    "later": ("import shared.deep.two", DEEP | {"shared/deep/two.py", "shared/deep/three.py"}),
    "everything": (
        "from shared.all import *",
        SHARED | {f"shared/all/{name}.py" for name in ("__init__", "left", "right")},
    ),
    "in a circle": (
        "import shared.circle",
        SHARED | {f"shared/circle/{name}.py" for name in ("__init__", "first", "second")},
    ),
    "a folder that is no package": ("from plain import module", {"plain/module.py"}),
    "a package before a module": ("import both", {"both/__init__.py"}),
    "what is elsewhere": ("import json.decoder", set()),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, content in TREE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def found(tree: Path) -> set[str]:
    folder = tree / "program"
    files = imported(folder / "__main__.py", (folder, tree), lambda file: module(file.read_bytes()))
    return {str(file.relative_to(tree)) for file in files}


def loaded(tree: Path) -> set[str]:
    """What Python itself loads when it runs the program."""
    code = (
        "import runpy, sys\n"
        f"sys.path[:0] = [{str(tree / 'program')!r}, {str(tree)!r}]\n"
        f"runpy.run_path({str(tree / 'program')!r}, run_name='__main__')\n"
        "print('\\n'.join(str(getattr(each, '__file__', None)) for each in sys.modules.values()))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    files = (Path(line) for line in done.stdout.splitlines())
    return {str(file.relative_to(tree)) for file in files if file.is_relative_to(tree)}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_has_the_modules_that_python_loads(tree: Path, program: str) -> None:
    code, expected = PROGRAMS[program]
    (tree / "program" / "__main__.py").write_text(code)
    assert found(tree) == {"program/__main__.py"} | expected
    assert loaded(tree) | {"program/__main__.py"} == found(tree)


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("def f():\n    import near", {"program/near.py"}),
        (
            "try:\n    import near.no_package\nexcept ImportError:\n    import both",
            {"program/near.py", "both/__init__.py"},
        ),
        ("import not_there, shared.not_there\nfrom not_there import this", SHARED),
        ("from . import near\nfrom .... import far", set()),
    ],
    ids=["in a function", "after an error", "what is not there", "beyond the top"],
)
def test_what_a_program_may_import_counts(tree: Path, code: str, more: set[str]) -> None:
    (tree / "program" / "__main__.py").write_text(code)
    assert found(tree) == {"program/__main__.py"} | more


@pytest.mark.parametrize("content", ["def", "\0", "# coding: nonsense"])
def test_a_module_that_cannot_be_parsed_is_no_part_of_a_known_program(tree: Path, content: str) -> None:
    (tree / "program" / "__main__.py").write_text("import near")
    (tree / "program" / "near.py").write_text(content)
    with pytest.raises(CannotBeParsedError):
        found(tree)


@pytest.mark.parametrize("layer", LAYERS)
def test_another_finder_finds_the_same(layer: str) -> None:
    folder = ROOT / "stacks" / layer
    finder = ModuleFinder(path=[str(folder), str(ROOT)])
    finder.run_script(str(folder / "__main__.py"))
    theirs = {Path(file) for each in finder.modules.values() if (file := getattr(each, "__file__", None))}
    ours = imported(folder / "__main__.py", (folder, ROOT), lambda file: module(file.read_bytes()))
    assert ours == theirs
    assert ours <= Sources(ROOT).of(layer)


def test_several_threads_find_the_same() -> None:
    sources = Sources(ROOT)
    with ThreadPoolExecutor(4) as pool:
        several = list(pool.map(sources.of, ["org", "identity", "org", "identity"]))
    assert several[0] == several[2]
    assert ROOT / "stacks" / "org" / "__main__.py" in several[0]


def test_a_comment_means_nothing() -> None:
    assert module(b"x = 1").meaning == module(b"# of old\nx = (1)").meaning
    assert module(b"x = 1").meaning != module(b"x = 2").meaning
    assert module(b"'''old'''").meaning != module(b"'''new'''").meaning


def test_what_was_parsed_is_not_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [b"import a.b", b"from .. import c, d", b"no module"]
    first = Modules(tmp_path / "kept")
    expected = [first.of(each) for each in contents]
    first.keep()
    parsed: list[bytes] = []

    def parse(content: bytes) -> modules.Module:
        parsed.append(content)
        return module(content)

    monkeypatch.setattr(modules, "module", parse)
    second = Modules(tmp_path / "kept")
    assert [second.of(each) for each in contents] == expected == [module(each) for each in contents]
    assert parsed == []
    second.of(b"import a.c")
    assert parsed == [b"import a.c"]


@pytest.mark.parametrize(
    "kept", ["", "[]", "null", "{", '{"a": 1}', '{"a": ["b"]}', '{"a": ["b", [[1]]]}', '{"a": [1, "b"]}']
)
def test_what_is_kept_and_broken_is_found_out_again(tmp_path: Path, kept: str) -> None:
    (tmp_path / FILE).write_text(kept)
    known = Modules(tmp_path)
    assert known.of(b"import a") == module(b"import a")
    known.keep()
    assert [value[1] for value in json.loads((tmp_path / FILE).read_text()).values()] == [[[0, "a", []]]]


def test_the_last_ones_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "KEPT", 2)
    known = Modules(tmp_path)
    for content in (b"1", b"2", b"1", b"3"):
        known.of(content)
    known.keep()
    kept = json.loads((tmp_path / FILE).read_text())
    assert [value[0] for value in kept.values()] == [module(b"1").meaning, module(b"3").meaning]


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    known = Modules(tmp_path / "file")
    assert known.of(b"import a") == module(b"import a")
    known.keep()
