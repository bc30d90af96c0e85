"""What this machine is and has: batch sizes and worker counts that suit one machine suit no other."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

_CPU_NAME = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)
_FREE = re.compile(r"^MemAvailable:\s*(\d+) kB$", re.MULTILINE)
_CGROUP = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """Return the number of cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine_name() -> str:
    """Name the kind of machine: processor and usable cores, such as `x86_64 AMD EPYC 9R14, 2 cores`."""
    found = _CPU_NAME.search(_text(Path("/proc/cpuinfo")))
    processor = found[1].strip() if found else platform.processor()
    cores = usable_cores()
    return f"{platform.machine()} {processor}".strip() + f", {cores} core{'s' if cores > 1 else ''}"


def free_memory() -> int | None:
    """Return the bytes that new processes can take here, within the container's limit; None where nobody says."""
    found = _FREE.search(_text(Path("/proc/meminfo")))
    system = int(found[1]) * 1024 if found else None
    limit, used = _text(_CGROUP / "memory.max").strip(), _text(_CGROUP / "memory.current").strip()
    if limit.isdigit() and used.isdigit():
        left = max(0, int(limit) - int(used))
        return left if system is None else min(left, system)
    return system


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:  # another system than Linux, or no container
        return ""
