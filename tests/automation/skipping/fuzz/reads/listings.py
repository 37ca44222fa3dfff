"""What is known of files and folders without reading them, and databases."""

from tests.automation.skipping.fuzz.reads.kind import Change, Kind, Read, reach, touched, wrote

OWN = "<folder>/data_<id>.txt"
OUTSIDE = "<outside>/data.txt"


def _chmod(read: Read) -> None:
    read.path(OUTSIDE).chmod(0o644)


def _missing(name: str, body: str, path: str = OUTSIDE) -> Kind:
    change = Change("it is written", wrote(path, "1"), reach=reach(path))
    return Kind(name, body, before=(wrote("<outside>/other.txt", ""),), changes=(change,))


def _stat(name: str, body: str, *changes: Change) -> Kind:
    return Kind(name, body, before=(wrote(OUTSIDE, "1"),), changes=changes)


_LONGER = Change("its content", wrote(OUTSIDE, "a longer one"))
_TIME = Change("its time", touched(OUTSIDE))

KNOWING = (
    _missing(
        "open of a file that is not there",
        "try:\n    return open('<outside>/data.txt').read()\nexcept OSError:\n    return 0",
    ),
    _missing(
        "open of an own file that is not there",
        f"try:\n    return open('{OWN}').read()\nexcept OSError:\n    return 0",
        OWN,
    ),
    _missing("os.path.exists", "import os\nreturn os.path.exists('<outside>/data.txt')"),
    _missing("os.path.exists of an own file", f"import os\nreturn os.path.exists('{OWN}')", OWN),
    _missing("Path.is_file", "import pathlib\nreturn pathlib.Path('<outside>/data.txt').is_file()"),
    _missing("os.access of a missing file", "import os\nreturn os.access('<outside>/data.txt', os.F_OK)"),
    _stat("the time of a file", "import os\nreturn os.stat('<outside>/data.txt').st_mtime", _TIME),
    Kind(
        "the time of an own file",
        f"import os\nreturn os.path.getmtime('{OWN}')",
        before=(wrote(OWN, "1"),),
        changes=(Change("its time", touched(OWN), reach="folder"),),
    ),
    _stat("the size of a file", "import os\nreturn os.path.getsize('<outside>/data.txt')", _LONGER),
    _stat(
        "the size of an open file",
        "import os\nreturn os.fstat(os.open('<outside>/data.txt', os.O_RDONLY)).st_size",
        _LONGER,
    ),
    _stat(
        "the mode of a file",
        "import pathlib\nreturn pathlib.Path('<outside>/data.txt').stat().st_mode",
        Change("its mode", lambda read: read.path(OUTSIDE).chmod(0o755)),
    ),
    Kind(
        "os.access",
        "import os\nreturn os.access('<outside>/data.txt', os.X_OK)",
        before=(wrote(OUTSIDE, "1"), _chmod),
        changes=(Change("its mode", lambda read: read.path(OUTSIDE).chmod(0o755)),),
    ),
)

_MORE = Change("another file", wrote("<outside>/more.txt", ""))
_DEEP = Change("another file", wrote("<outside>/deep/more.txt", ""))


def _listing(name: str, body: str, change: Change = _MORE) -> Kind:
    return Kind(name, body, before=(wrote(OUTSIDE, "1"), wrote("<outside>/deep/x.txt", "1")), changes=(change,))


LISTING = (
    _listing("os.listdir", "import os\nreturn sorted(os.listdir('<outside>'))"),
    _listing("os.scandir", "import os\nreturn sorted(each.name for each in os.scandir('<outside>'))"),
    _listing("os.listdir of an open folder", "import os\nreturn sorted(os.listdir(os.open('<outside>', os.O_RDONLY)))"),
    _listing("glob", "import glob\nreturn sorted(glob.glob('<outside>/*.txt'))"),
    _listing(
        "glob through folders", "import glob\nreturn sorted(glob.glob('<outside>/**/*.txt', recursive=True))", _DEEP
    ),
    _listing("Path.iterdir", "import pathlib\nreturn sorted(map(str, pathlib.Path('<outside>').iterdir()))"),
    _listing("Path.rglob", "import pathlib\nreturn sorted(map(str, pathlib.Path('<outside>').rglob('*.txt')))", _DEEP),
    _listing(
        "os.walk", "import os\nreturn sorted(name for _, _, names in os.walk('<outside>') for name in names)", _DEEP
    ),
    _listing(
        "shutil.copytree",
        "import os, shutil, tempfile\nwith tempfile.TemporaryDirectory() as there:\n    shutil.copytree('<outside>', there + '/x')\n    return sorted(os.listdir(there + '/x/deep'))",
        _DEEP,
    ),
    Kind(
        "os.listdir of an own folder",
        "import os\nreturn sorted(os.listdir('<folder>/deep_<id>'))",
        before=(wrote("<folder>/deep_<id>/x.txt", ""),),
        changes=(Change("another file", wrote("<folder>/deep_<id>/y.txt", ""), reach="folder"),),
    ),
    Kind(
        "the files of a folder in shared",
        "import pathlib\nreturn [each.read_text() for each in sorted(pathlib.Path('<root>/shared/deep_<id>').glob('*.yaml'))]",
        before=(wrote("<root>/shared/deep_<id>/x.yaml", "1"),),
        changes=(Change("another file", wrote("<root>/shared/deep_<id>/y.yaml", "2"), reach="shared"),),
    ),
    Kind(
        "modules in a folder of shared",
        "import pathlib\nreturn [each.name for each in sorted(pathlib.Path('<root>/shared/deep_<id>').glob('*.py'))]",
        before=(wrote("<root>/shared/deep_<id>/x.py", ""),),
        changes=(Change("another module", wrote("<root>/shared/deep_<id>/y.py", ""), reach="shared"),),
    ),
    Kind(
        "an own empty folder",
        "import os\nreturn os.path.isdir('<folder>/empty_<id>')",
        changes=(
            Change("it is made", lambda read: read.world.made_folder(read.path("<folder>/empty_<id>")), reach="folder"),
        ),
    ),
)


def _database(color: str) -> Change:
    def act(read: Read) -> None:
        import sqlite3

        file = read.path("<outside>/data.db")
        file.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(file) as database:
            database.execute("create table if not exists item (color)")
            database.execute("delete from item")
            database.execute("insert into item values (?)", [color])
        database.close()

    return Change("a row", act)


DATABASES = (
    Kind(
        "sqlite3",
        "import sqlite3\nreturn sqlite3.connect('<outside>/data.db').execute('select color from item').fetchall()",
        before=(_database("red").act,),
        changes=(_database("blue"),),
    ),
    Kind(
        "sqlite3 of an address",
        "import sqlite3\nreturn sqlite3.connect('file:<outside>/data.db?mode=ro', uri=True).execute('select color from item').fetchall()",
        before=(_database("red").act,),
        changes=(_database("blue"),),
    ),
)

KINDS = (*KNOWING, *LISTING, *DATABASES)
