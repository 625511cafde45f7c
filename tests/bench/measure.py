# SPDX-License-Identifier: MIT
"""One run of a program, and what the kernel says it took."""
import os
import subprocess
import tempfile


class Run:
    """cpu and wall in seconds, kib the peak of memory, out what it wrote; stdin may come from another program."""

    def __init__(self, build, *command, feeder=None):
        with tempfile.NamedTemporaryFile() as report:
            source = subprocess.Popen(feeder, stdout=subprocess.PIPE) if feeder else None
            done = subprocess.run([os.path.join(build, 'tools/usage'), report.name, *command],
                                  stdin=source.stdout if source else subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if source:
                source.stdout.close()
                source.wait()
            self.status, self.out, self.complaint = done.returncode, done.stdout, done.stderr.decode('utf-8', 'replace')
            figures = report.read().split()
        if self.status != 0:
            raise RuntimeError('%s: exit status %d\n%s' % (' '.join(command), self.status, self.complaint[-2000:]))
        self.cpu, self.wall, self.kib = float(figures[0]), float(figures[1]), int(figures[2])
