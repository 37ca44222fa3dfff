"""How a command's Python is set, before it loads what the command needs.

invoke switches off the writing of compiled modules (its `--write-pyc`), so each command compiled all of this repository
again, which took longer than all the rest of a short one. And a command is short and makes few circles of objects: by
default a tenth of its time would be spent on looking for them.
"""

import gc
import os
import sys

sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
gc.set_threshold(100_000)
