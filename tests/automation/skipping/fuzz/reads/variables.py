"""Environment variables, asked for in every way, and what Python and its library make of them."""

import shutil

from tests.automation.skipping.fuzz.reads.kind import Change, Kind, Read, exported, unset, variable, wrote

NAME = "FUZZ_<id>"


def _variable(name: str, body: str, variable_name: str = NAME, first: str = "1", then: str = "2") -> Kind:
    return Kind(name, f"import os\n{body}", **variable(variable_name, first, then))


def _missing(name: str, body: str) -> Kind:
    return Kind(name, f"import os\n{body}", changes=(Change("it is set", exported(NAME, "1"), reach="names"),))


def _moved(read: Read) -> None:
    """Another home folder, with the same files of AWS."""
    shutil.copytree(read.path("<home>"), read.path("<outside>"), dirs_exist_ok=True)
    read.world.made(read.path("<outside>"))
    exported("HOME", "<outside>")(read)


ASKED = (
    _variable("os.environ[]", "return os.environ['FUZZ_<id>']"),
    _variable("os.environ.get", "return os.environ.get('FUZZ_<id>')"),
    _variable("os.getenv", "return os.getenv('FUZZ_<id>')"),
    _variable("os.environ.items", "return sorted(v for k, v in os.environ.items() if k == 'FUZZ_<id>')"),
    _variable("os.environ.values", "return '<id> 2' in list(os.environ.values())", NAME, "<id> 1", "<id> 2"),
    _variable("os.environ.copy", "return os.environ.copy()['FUZZ_<id>']"),
    _variable("dict(os.environ)", "return dict(os.environ)['FUZZ_<id>']"),
    _variable("os.environ | {}", "return (os.environ | {})['FUZZ_<id>']"),
    _variable("{**os.environ}", "return {**os.environ}['FUZZ_<id>']"),
    _variable("os.environb", "return os.environb[b'FUZZ_<id>']"),
    _variable("os.getenvb", "return os.getenvb(b'FUZZ_<id>')"),
    _variable("posix.environ of a child", "return os.environ.setdefault('FUZZ_<id>', '0')"),
    _variable("os.environ.pop", "return os.environ.pop('FUZZ_<id>')"),
    _variable("os.environ._data", "return os.environ._data[b'FUZZ_<id>']"),
    _variable("os.path.expandvars", "return os.path.expandvars('$FUZZ_<id>')"),
    _variable("string.Template", "import string\nreturn string.Template('$FUZZ_<id>').substitute(os.environ)"),
    _variable("format_map", "return '{FUZZ_<id>}'.format_map(os.environ)"),
    _variable("%", "return '%(FUZZ_<id>)s' % os.environ"),
    _variable("ChainMap", "import collections\nreturn collections.ChainMap({}, os.environ)['FUZZ_<id>']"),
    _variable("json.dumps", "import json\nreturn json.loads(json.dumps(dict(os.environ)))['FUZZ_<id>']"),
    _variable(
        "a variable in a thread",
        "from concurrent.futures import ThreadPoolExecutor as Pool\nwith Pool() as pool:\n    return pool.submit(os.getenv, 'FUZZ_<id>').result()",
    ),
    _variable("a variable in apply", "return pulumi.Output.from_input(1).apply(lambda _: os.environ['FUZZ_<id>'])"),
    _variable(
        "configparser of variables",
        "import configparser\nfound = configparser.RawConfigParser(os.environ)\nreturn found.defaults()['fuzz_<id>']",
    ),
    _variable(
        "getenv of the C library",
        "import ctypes\nlibrary = ctypes.CDLL(None)\nlibrary.getenv.restype = ctypes.c_char_p\nreturn library.getenv(b'FUZZ_<id>')",
    ),
    _variable(
        "/proc/self/environ",
        "return [each for each in open('/proc/self/environ', 'rb').read().split(b'\\0') if b'FUZZ_<id>=' in each]",
    ),
    _missing("a variable that is not set", "return os.environ.get('FUZZ_<id>')"),
    _missing("in os.environ", "return 'FUZZ_<id>' in os.environ"),
    _missing("not in os.environ", "return 'FUZZ_<id>' not in os.environ"),
    _missing("the names in os.environ", "return sorted(k for k in os.environ if k == 'FUZZ_<id>')"),
    _missing("os.environ.keys", "return 'FUZZ_<id>' in os.environ.keys()"),
    _missing("the number of variables", "return len(os.environ)"),
    Kind(
        "a variable that goes away",
        "import os\nreturn os.environ.get('FUZZ_<id>', '')",
        before=(exported(NAME, "1"),),
        changes=(Change("it is unset", unset(NAME), reach="names"),),
    ),
)

CREDENTIALS = (
    _variable("a variable of AWS", "return os.environ['AWS_FUZZ_<id>']", "AWS_FUZZ_<id>"),
    _variable("a variable of Pulumi", "return os.environ['PULUMI_FUZZ_<id>']", "PULUMI_FUZZ_<id>"),
    _variable("a key", "return os.environ['FUZZ_<id>_KEY']", "FUZZ_<id>_KEY"),
    _variable("a key of AWS", "return os.environ['AWS_FUZZ_<id>_KEY']", "AWS_FUZZ_<id>_KEY"),
    _variable("a key of AWS by its id", "return os.environ['AWS_<id>_KEY_ID']", "AWS_<id>_KEY_ID"),
    _variable("a token of Pulumi", "return os.environ['PULUMI_FUZZ_<id>_TOKEN']", "PULUMI_FUZZ_<id>_TOKEN"),
    _variable("an expiration of AWS", "return os.environ['AWS_<id>_EXPIRATION']", "AWS_<id>_EXPIRATION"),
)

PYTHON = (
    Kind("__debug__", "return __debug__", **variable("PYTHONOPTIMIZE", "", "1")),
    Kind("the development mode", "import sys\nreturn sys.flags.dev_mode", **variable("PYTHONDEVMODE", "", "1")),
)

LIBRARY = (
    Kind(
        "the zone of time.localtime",
        "import time\nreturn time.strftime('%z', time.localtime(0))",
        **variable("TZ", "UTC", "Asia/Tokyo"),
    ),
    Kind(
        "the zone of astimezone",
        "import datetime\nreturn datetime.datetime.fromtimestamp(0, datetime.UTC).astimezone().isoformat()",
        **variable("TZ", "UTC", "Asia/Tokyo"),
    ),
    Kind(
        "os.path.expanduser",
        "import os\nreturn os.path.expanduser('~/x')",
        changes=(Change("HOME", _moved, reach="home"),),
    ),
    Kind(
        "Path.home",
        "import pathlib\nreturn pathlib.Path.home()",
        changes=(Change("HOME", _moved, reach="home"),),
    ),
    Kind(
        "tempfile.gettempdir",
        "import tempfile\nreturn tempfile.gettempdir()",
        before=(wrote("<outside>/x", ""),),
        changes=(Change("TMPDIR", exported("TMPDIR", "<outside>"), reach="names"),),
    ),
    Kind("getpass.getuser", "import getpass\nreturn getpass.getuser()", **variable("LOGNAME", "ann", "bob")),
    Kind(
        "shutil.get_terminal_size",
        "import shutil\nreturn shutil.get_terminal_size().columns",
        **variable("COLUMNS", "80", "81"),
    ),
    Kind(
        "locale.setlocale",
        "import locale\nreturn locale.setlocale(locale.LC_ALL, '')",
        **variable("LC_ALL", "C.UTF-8", "C"),
    ),
    Kind(
        "urllib.request.getproxies",
        "import urllib.request\nreturn urllib.request.getproxies().get('ftp')",
        **variable("ftp_proxy", "http://a", "http://b"),
    ),
    Kind(
        "shutil.which",
        "import shutil\nreturn shutil.which('tool_<id>')",
        before=(wrote("<outside>/x", ""), lambda read: read.world.on_path(read.path("<outside>"))),
        changes=(
            Change("the tool is there", lambda read: read.world.tool(read.path("<outside>/tool_<id>")), reach="names"),
        ),
    ),
    Kind(
        "the default of a region",
        "import botocore.session\nreturn botocore.session.get_session().get_config_variable('region')",
        before=(wrote("<home>/.aws/config", "[default]\nregion = eu-west-1\n"),),
        changes=(
            Change("the profile", wrote("<home>/.aws/config", "[default]\nregion = eu-west-2\n"), reach="environment"),
        ),
    ),
    Kind(
        "the default of an output",
        "import botocore.session\nreturn botocore.session.get_session().get_scoped_config().get('color')",
        before=(wrote("<home>/.aws/credentials", "[default]\ncolor = red\n"),),
        changes=(Change("the credentials", wrote("<home>/.aws/credentials", "[default]\ncolor = blue\n")),),
    ),
)

KINDS = (*ASKED, *CREDENTIALS, *PYTHON, *LIBRARY)
