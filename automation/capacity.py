"""How many stacks this machine can work on at the same time."""

import os
from pathlib import Path

import psutil

MEGABYTE = 1024 * 1024
STACK_MEGABYTES = 750
"""Memory for one stack that is being worked on: the engine, the program and one official AWS provider, which alone
takes 300 to 430 MB (https://github.com/pulumi/pulumi-aws/issues/5860)."""

STACKS_PER_CORE = 2
"""More than one, because a stack waits for AWS most of the time."""


def default_parallel(cores: int | None = None, free_megabytes: int | None = None) -> int:
    """How many stacks to work on at a time with this machine's cores and free memory; at least one."""
    cores = cores or _cores()
    by_memory = (free_megabytes or _free_megabytes()) // STACK_MEGABYTES
    return max(1, min(cores * STACKS_PER_CORE, by_memory))


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _free_megabytes() -> int:
    """Memory that is available without swapping, on the machine and, in a container, within its limit."""
    free = psutil.virtual_memory().available
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text().strip()
        free = min(free, int(limit) - int(used))
    except (OSError, ValueError):  # no limit
        pass
    return max(0, free // MEGABYTE)
