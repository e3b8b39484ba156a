"""The seccomp profile for containers: a list of what may be called; Chromium runs under it, and a debugger does not."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.limits import HANG_S

PROFILE = Path(__file__).resolve().parents[2] / "docs" / "seccomp.json"
# what reads or drives other processes, the kernel's own machinery, and what mounts or enters other namespaces
NEVER = """
ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise perf_event_open bpf userfaultfd
add_key keyctl request_key io_uring_setup io_uring_enter io_uring_register
mount umount umount2 move_mount open_tree fsopen fsmount fsconfig fspick mount_setattr pivot_root setns
open_by_handle_at init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct
settimeofday clock_settime iopl ioperm syslog quotactl sethostname setdomainname
"""


def rules() -> list[dict[str, Any]]:
    return list(json.loads(PROFILE.read_text())["syscalls"])


def test_what_is_not_named_is_refused_and_nothing_that_harms_is_named() -> None:
    profile = json.loads(PROFILE.read_text())
    assert (profile["defaultAction"], profile["defaultErrnoRet"]) == ("SCMP_ACT_ERRNO", 1)
    allowed = {name for rule in rules() if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}
    assert allowed.isdisjoint(NEVER.split())
    assert {"clone", "unshare", "chroot", "seccomp", "read", "execve", "futex", "epoll_wait"} <= allowed
    (unconditional, *others) = rules()
    assert unconditional["names"] == sorted(set(unconditional["names"]))
    assert "args" not in unconditional
    # sockets to the hypervisor (AF_VSOCK, 40) and to the kernel's ciphers (AF_ALG, 38) are not given
    sockets = [(arg["op"], arg["value"]) for rule in others if rule["names"] == ["socket"] for arg in rule["args"]]
    assert sockets == [("SCMP_CMP_LT", 38), ("SCMP_CMP_EQ", 39), ("SCMP_CMP_GT", 40)]
    # glibc and Go take `clone`, whose flags a filter could see, when there is no clone3
    assert {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38} in others


COMPARE = {"SCMP_CMP_LT": 2, "SCMP_CMP_EQ": 4, "SCMP_CMP_GT": 6}
UNDER_IT = f"""
import sys, os
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
from tests.docs.test_seccomp import confine
confine()
os.execvp(sys.argv[1], sys.argv[1:])
"""


class _Argument(ctypes.Structure):
    _fields_ = [
        ("index", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("other", ctypes.c_uint64),
    ]


def confine() -> None:
    """This process and all it starts obey the profile from now on."""
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_void_p,
    ]
    context = library.seccomp_init(0x00050000 | 1)
    for rule in rules():
        action = 0x7FFF0000 if rule["action"] == "SCMP_ACT_ALLOW" else 0x00050000 | rule["errnoRet"]
        wanted = [_Argument(arg["index"], COMPARE[arg["op"]], arg["value"], 0) for arg in rule.get("args", [])]
        arguments = (_Argument * max(1, len(wanted)))(*wanted)
        for name in rule["names"]:
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:  # else another architecture's, or younger than the library
                failed = library.seccomp_rule_add_array(context, action, number, len(wanted), arguments)
                assert failed == 0, name
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    assert library.seccomp_load(context) == 0


def under_it(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", UNDER_IT, *command], check=False, capture_output=True, text=True, timeout=HANG_S
    )


needs_library = pytest.mark.skipif(
    ctypes.util.find_library("seccomp") is None or os.uname().machine != "x86_64", reason="needs libseccomp2"
)


@needs_library
def test_nothing_is_traced_or_mounted_under_it() -> None:
    calls = (
        "import ctypes; c = ctypes.CDLL(None, use_errno=True).syscall; print([c(n, 0, 0, 0, 0) for n in (101, 165)])"
    )
    done = under_it(sys.executable, "-c", calls)
    assert (done.stdout.strip(), done.returncode) == ("[-1, -1]", 0), done.stderr
    plain = subprocess.run([sys.executable, "-c", calls], check=True, capture_output=True, text=True)
    assert plain.stdout.startswith("[0"), "PTRACE_TRACEME is allowed without it"


@needs_library
@pytest.mark.chromium
@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs another user")
def test_chromium_draws_in_its_sandbox_under_it(tmp_path: Path) -> None:
    chromium = shutil.which("chromium-headless-shell") or "/usr/lib/chromium/chromium-headless-shell"
    if not Path(chromium).exists():
        pytest.skip("no Chromium of the system, and another user does not reach Playwright's own")
    user = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-i", "HOME=/tmp", "TMPDIR=/tmp")
    page = (chromium, "--dump-dom", "--disable-gpu", "data:text/html,<p id=drawn>drawn")
    if subprocess.run([*user, *page], check=False, capture_output=True, timeout=HANG_S).returncode:
        pytest.skip("Chromium's sandbox does not start here without the profile either")
    done = under_it(*user, *page)
    assert "drawn" in done.stdout, done.stderr[-2000:]
