"""Files, read in every way, also through links."""

from tests.automation.skipping.fuzz.reads.kind import (
    Change,
    Kind,
    content,
    linked,
    removed,
    wrote,
    wrote_in_time,
)

OWN = "<folder>/data_<id>.txt"
SHARED = "<root>/shared/data_<id>.txt"
OUTSIDE = "<outside>/data.txt"


def _file(name: str, body: str, path: str = OUTSIDE, first: str = "1", then: str = "2") -> Kind:
    return Kind(name, body, **content(path, first, then))


def _opened(path: str) -> str:
    return f"with open('{path}') as file:\n    return file.read()"


READING = (
    _file("open of an own file", _opened(OWN), OWN),
    _file("open with a relative path", "return open('data_<id>.txt').read()", OWN),
    _file(
        "pathlib of an own file",
        "import pathlib\nreturn pathlib.Path(__file__).with_name('data_<id>.txt').read_text()",
        OWN,
    ),
    _file("open of a file in shared", _opened(SHARED), SHARED),
    _file("open of a file of another layer", _opened("<root>/stacks/notes/<id>.txt"), "<root>/stacks/notes/<id>.txt"),
    _file("open of a file at the top of the repository", _opened("<root>/notes_<id>.txt"), "<root>/notes_<id>.txt"),
    _file("open of a file outside", _opened(OUTSIDE)),
    _file("open of documentation", _opened("<folder>/about_<id>.README.md"), "<folder>/about_<id>.README.md"),
    _file("open for reading and writing", "with open('<outside>/data.txt', 'r+') as file:\n    return file.read()"),
    _file("os.open", "import os\nfd = os.open('<outside>/data.txt', os.O_RDONLY)\nreturn os.read(fd, 9)"),
    _file("os.open for reading and writing", "import os\nreturn os.read(os.open('<outside>/data.txt', os.O_RDWR), 9)"),
    _file(
        "os.open beside a folder",
        "import os\nat = os.open('<outside>', os.O_RDONLY)\nreturn os.read(os.open('data.txt', os.O_RDONLY, dir_fd=at), 9)",
    ),
    _file(
        "open after chdir",
        "import os\nbefore = os.getcwd()\nos.chdir('<outside>')\ntry:\n    return open('data.txt').read()\nfinally:\n    os.chdir(before)",
    ),
    _file("io.open", "import io\nreturn io.open('<outside>/data.txt').read()"),
    _file("io.FileIO", "import io\nreturn io.FileIO('<outside>/data.txt').read()"),
    _file("io.open_code", "import io\nreturn io.open_code('<outside>/data.txt').read()"),
    _file(
        "mmap",
        "import mmap\nwith open('<outside>/data.txt', 'rb') as file:\n    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[:]",
    ),
    _file(
        "json.load",
        "import json\nreturn json.load(open('data_<id>.json'))['x']",
        "<folder>/data_<id>.json",
        '{"x": 1}',
        '{"x": 2}',
    ),
    _file(
        "yaml.safe_load", "import yaml\nreturn yaml.safe_load(open('<outside>/data.txt'))['x']", OUTSIDE, "x: 1", "x: 2"
    ),
    _file(
        "configparser",
        "import configparser\nfound = configparser.ConfigParser()\nfound.read('<outside>/data.txt')\nreturn found['a']['x']",
        OUTSIDE,
        "[a]\nx = 1",
        "[a]\nx = 2",
    ),
    _file(
        "shutil.copyfile",
        "import shutil, tempfile\nwith tempfile.TemporaryDirectory() as there:\n    shutil.copyfile('<outside>/data.txt', there + '/x')\n    return open(there + '/x').read()",
    ),
    _file(
        "filecmp",
        "import filecmp\nreturn filecmp.cmp('<outside>/data.txt', __file__, shallow=False) or open('<outside>/data.txt').read()",
    ),
    _file(
        "a file in a thread",
        "import threading\nfound = []\nthread = threading.Thread(target=lambda: found.append(open('<outside>/data.txt').read()))\nthread.start()\nthread.join()\nreturn found",
    ),
    _file("a file in apply", "return pulumi.Output.from_input(1).apply(lambda _: open('<outside>/data.txt').read())"),
    _file("a file of a folder like the virtual environment's", _opened("<venv>-data/<id>.txt"), "<venv>-data/<id>.txt"),
    _file("a file in the virtual environment", _opened("<venv>/share/<id>.txt"), "<venv>/share/<id>.txt"),
    Kind(
        "a file that keeps its time",
        _opened(OUTSIDE),
        before=(wrote(OUTSIDE, "1"),),
        changes=(Change("its content", wrote_in_time(OUTSIDE, "2")),),
    ),
    Kind(
        "an own file that keeps its time",
        _opened(OWN),
        before=(wrote(OWN, "1"),),
        changes=(Change("its content", wrote_in_time(OWN, "2"), reach="folder"),),
    ),
    Kind(
        "a file that goes away",
        f"import os\nif os.path.exists('{OUTSIDE}'):\n    return open('{OUTSIDE}').read()",
        before=(wrote(OUTSIDE, "1"),),
        changes=(Change("it is deleted", removed(OUTSIDE)),),
    ),
)


def _through_link(name: str, link: str, *changes: Change) -> Kind:
    before = (wrote("<outside>/a/x.txt", "1"), wrote("<outside>/b/x.txt", "2"), linked(link, "<outside>/a/x.txt"))
    return Kind(name, _opened(link), before=before, changes=changes)


LINKS = (
    _through_link(
        "a link in its folder", "<folder>/link_<id>.txt", Change("its target", wrote("<outside>/a/x.txt", "3"))
    ),
    _through_link("a link outside", "<outside>/link.txt", Change("its target", wrote("<outside>/a/x.txt", "3"))),
    _through_link(
        "a link in its folder that is pointed elsewhere",
        "<folder>/link_<id>.txt",
        Change("the link", linked("<folder>/link_<id>.txt", "<outside>/b/x.txt"), reach="folder"),
    ),
    _through_link(
        "a link outside that is pointed elsewhere",
        "<outside>/link.txt",
        Change("the link", linked("<outside>/link.txt", "<outside>/b/x.txt")),
    ),
    Kind(
        "a linked folder that is pointed elsewhere",
        _opened("<outside>/link/x.txt"),
        before=(
            wrote("<outside>/a/x.txt", "1"),
            wrote("<outside>/b/x.txt", "2"),
            linked("<outside>/link", "<outside>/a"),
        ),
        changes=(Change("the link", linked("<outside>/link", "<outside>/b")),),
    ),
    Kind(
        "os.readlink",
        "import os\nreturn os.readlink('<outside>/link')",
        before=(linked("<outside>/link", "a"),),
        changes=(Change("the link", linked("<outside>/link", "b")),),
    ),
    Kind(
        "os.path.realpath",
        "import os\nreturn os.path.realpath('<outside>/link')",
        before=(linked("<outside>/link", "a"),),
        changes=(Change("the link", linked("<outside>/link", "b")),),
    ),
)

KINDS = (*READING, *LINKS)
