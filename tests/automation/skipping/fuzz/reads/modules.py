"""Modules of the repository, imported in every way."""

from tests.automation.skipping.fuzz.reads.kind import Change, Kind, appended, content, reach, replaced, wrote

OWN = "<folder>/own_<id>.py"
SHARED = "<root>/shared/fuzz_<id>.py"


def _module(name: str, body: str, path: str = SHARED, top: str = "", *, more: str = "") -> Kind:
    """A module with a constant X; `more` is a module that imports it."""
    before = [wrote(path, "X = 1\n")]
    if more:
        before.append(wrote(more, "from shared.fuzz_<id> import X\n"))
    where = reach(path)
    changes = (
        Change("a comment", appended(path, "# A comment.\n"), harmless=True, reach=where),
        Change("a constant", wrote(path, "X = 22\n"), reach=where),
    )
    return Kind(name, body, top, tuple(before), changes)


KINDS = (
    Kind(
        "a constant of its program",
        "return CONSTANT_<id>",
        "CONSTANT_<id> = 1",
        (),
        (Change("the constant", replaced("<program>", "CONSTANT_<id> = 1", "CONSTANT_<id> = 22"), reach="folder"),),
    ),
    _module("a constant of its own module", "return own_<id>.X", OWN, "import own_<id>"),
    Kind(
        "a function of its own module",
        "return own_<id>.x()",
        "import own_<id>",
        (wrote(OWN, "def x():\n    return 1\n"),),
        (Change("the function", wrote(OWN, "def x():\n    return 1 + 1\n"), reach="folder"),),
    ),
    _module("a module in shared", "return fuzz_<id>.X", top="from shared import fuzz_<id>"),
    _module(
        "a module in shared that another imports",
        "return shared.by_<id>.X",
        top="import shared.by_<id>",
        more="<root>/shared/by_<id>.py",
    ),
    _module("a module imported in a function", "from shared.fuzz_<id> import X\nreturn X"),
    _module("importlib.import_module", "import importlib\nreturn importlib.import_module('shared.fuzz_<id>').X"),
    _module("__import__", "return __import__('shared.fuzz_<id>').fuzz_<id>.X"),
    _module(
        "a module with a computed name",
        "import importlib\nreturn importlib.import_module('.'.join(['shared', 'fuzz_' + '<id>'])).X",
    ),
    _module(
        "a module of a package in shared",
        "import shared.pack_<id>\nreturn shared.pack_<id>.X",
        "<root>/shared/pack_<id>/__init__.py",
    ),
    _module("a module at the top of the repository", "import top_<id>\nreturn top_<id>.X", "<root>/top_<id>.py"),
    _module(
        "a module outside the repository",
        "import sys\nsys.path.insert(0, '<outside>')\nimport out_<id>\nreturn out_<id>.X",
        "<outside>/out_<id>.py",
    ),
    _module("runpy.run_path", "import runpy\nreturn runpy.run_path('<root>/shared/fuzz_<id>.py')['X']"),
    _module("exec", "found = {}\nexec(open('<root>/shared/fuzz_<id>.py').read(), found)\nreturn found['X']"),
    _module("inspect.getsource", "import inspect, shared.fuzz_<id> as m\nreturn inspect.getsource(m)[:7]"),
    Kind(
        "a module that is not there",
        "try:\n    from shared.fuzz_<id> import X\nexcept ImportError:\n    X = 0\nreturn X",
        changes=(Change("it is written", wrote(SHARED, "X = 1\n"), reach="shared"),),
    ),
    Kind(
        "a module that another would hide",
        "import sys\nsys.path[:0] = ['<outside>/a', '<outside>/b']\nimport out_<id>\nreturn out_<id>.X",
        before=(wrote("<outside>/b/out_<id>.py", "X = 1\n"), wrote("<outside>/a/other.py", "")),
        changes=(Change("the other is written", wrote("<outside>/a/out_<id>.py", "X = 22\n")),),
    ),
    Kind(
        "importlib.resources",
        "import importlib.resources\nreturn importlib.resources.files('shared').joinpath('data_<id>.txt').read_text()",
        **content("<root>/shared/data_<id>.txt", "1", "2"),
    ),
    Kind(
        "pkgutil.get_data",
        "import pkgutil\nreturn pkgutil.get_data('shared', 'data_<id>.txt')",
        **content("<root>/shared/data_<id>.txt", "1", "2"),
    ),
)
