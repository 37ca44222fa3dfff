"""What no input can stand for: processes, the time, chance and the network. Such programs run each time by rule."""

from tests.automation.skipping.fuzz.reads.kind import Change, Kind, content

FILE = "<outside>/data.txt"


def _process(name: str, body: str, *, always: bool = True) -> Kind:
    """A process that reads a file. With a process forked from the program, `always` is false: it may be watched."""
    return Kind(name, body, always=always, **content(FILE, "1", "2"))


_GREP = "['grep', '-q', '2', '<outside>/data.txt']"

PROCESSES = (
    _process(
        "subprocess.run",
        "import subprocess\nreturn subprocess.run(['cat', '<outside>/data.txt'], capture_output=True).stdout",
    ),
    _process(
        "subprocess with a shell",
        "import subprocess\nreturn subprocess.check_output('cat <outside>/data.txt', shell=True)",
    ),
    _process("os.system", "import os\nreturn os.system('grep -q 2 <outside>/data.txt')"),
    _process("os.popen", "import os\nreturn os.popen('cat <outside>/data.txt').read()"),
    _process(
        "os.posix_spawn", f"import os\npid = os.posix_spawnp('grep', {_GREP}, os.environ)\nreturn os.waitpid(pid, 0)[1]"
    ),
    _process("os.spawnvp", f"import os\nreturn os.spawnvp(os.P_WAIT, 'grep', {_GREP})"),
    _process(
        "asyncio's processes",
        f"import asyncio, threading\nfound = []\nasync def grep():\n    process = await asyncio.create_subprocess_exec(*{_GREP})\n    found.append(await process.wait())\nthread = threading.Thread(target=lambda: asyncio.run(grep()))\nthread.start()\nthread.join()\nreturn found",
    ),
    _process(
        "os.fork",
        "import os\npid = os.fork()\nif pid == 0:\n    os._exit(int(open('<outside>/data.txt').read()))\nreturn os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])",
        always=False,
    ),
    _process(
        "multiprocessing",
        "import multiprocessing, pathlib\ncontext = multiprocessing.get_context('fork')\nwith context.Pool(1) as pool:\n    return pool.apply(pathlib.Path('<outside>/data.txt').read_text)",
        always=False,
    ),
)


def _calls(*calls: tuple[str, str]) -> tuple[Kind, ...]:
    """A kind for each call, with the import that it needs."""
    return tuple(Kind(name, f"{imports}\nreturn {name}", always=True) for imports, name in calls)


TIME = _calls(
    ("import time", "time.time()"),
    ("import time", "time.time_ns()"),
    ("import time", "time.monotonic()"),
    ("import time", "time.perf_counter()"),
    ("import time", "time.strftime('%s')"),
    ("import time", "time.ctime()"),
    ("import datetime", "datetime.datetime.now()"),
    ("from datetime import datetime, UTC", "datetime.now(UTC)"),
    ("import datetime", "datetime.datetime.utcnow()"),
    ("import datetime", "datetime.datetime.today()"),
    ("import datetime", "datetime.date.today()"),
)

CHANCE = _calls(
    ("import random", "random.random()"),
    ("import random", "random.choice(range(10**9))"),
    ("import random", "random.Random().random()"),
    ("import random", "random.SystemRandom().random()"),
    ("import uuid", "uuid.uuid4()"),
    ("import uuid", "uuid.uuid1()"),
    ("import secrets", "secrets.token_hex()"),
    ("import os", "os.urandom(9)"),
    ("import tempfile", "tempfile.mkdtemp()"),
)

FIXED = (
    Kind("a random number with a seed", "import random\nreturn random.Random(1).random()"),
    Kind("a time of its own", "import datetime\nreturn datetime.datetime(2026, 1, 1).isoformat()"),
    Kind("a name made of a name", "import uuid\nreturn uuid.uuid5(uuid.NAMESPACE_DNS, 'x')"),
    Kind("a digest", "import hashlib\nreturn hashlib.sha256(b'x').hexdigest()"),
)
"""Reads of nothing, which need not run each time."""

NETWORK = (
    Kind(
        "urllib",
        "import urllib.request\nreturn urllib.request.urlopen('http://127.0.0.1:<port>/<id>/data.txt').read()",
        always=True,
        **content(FILE, "1", "2"),
    ),
    Kind(
        "http.client",
        "import http.client\nfound = http.client.HTTPConnection('127.0.0.1', <port>)\nfound.request('GET', '/<id>/data.txt')\nreturn found.getresponse().read()",
        always=True,
        **content(FILE, "1", "2"),
    ),
    Kind(
        "a name in the network",
        "import socket\nreturn socket.getaddrinfo('localhost', 1)[0][4][0]",
        always=True,
        changes=(Change("nothing", lambda _read: None, harmless=True),),
    ),
)

KINDS = (*PROCESSES, *TIME, *CHANCE, *FIXED, *NETWORK)
