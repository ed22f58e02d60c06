"""What /proc tells of a process: of this one, and of one that is not there."""

import os
import subprocess
import sys
import time

import pytest

from bench.usage import MIB, Usage

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")


def test_memory_and_cpu_of_a_process_are_those_that_it_took() -> None:
    before = Usage.of(os.getpid())
    held = bytearray(32 * MIB)
    began = time.process_time()
    while time.process_time() - began < 0.1:
        held[0] += 1
        held[0] &= 0x7F

    after = Usage.of(os.getpid())

    assert after.rss - before.rss > 30 * MIB
    assert after.peak >= after.rss
    assert 0.08 <= after.cpu - before.cpu < 5
    assert after.cpu == pytest.approx(time.process_time(), abs=0.5)
    assert held


def test_a_process_that_is_gone_is_told() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()

    with pytest.raises(ProcessLookupError, match=str(child.pid)):
        Usage.of(child.pid)
