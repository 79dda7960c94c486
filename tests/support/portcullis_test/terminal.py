"""A program whose standard output is a terminal of so many columns."""
import fcntl
import os
import re
import struct
import subprocess
import termios


def lines_on(columns, argv, **options):
    """The lines @argv writes on it, without colours; it must end well."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    said = b""
    with subprocess.Popen(argv, stdout=slave, stderr=subprocess.PIPE, **options) as child:
        os.close(slave)
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # the last that had the other end has closed it
                break
            if not data:
                break
            said += data
        error = child.stderr.read()
    os.close(master)
    if child.returncode != 0:
        raise AssertionError(f"{argv}: exit {child.returncode}: {error!r}")
    return re.sub(r"\x1b\[[0-9;]*m", "", said.decode("utf-8")).split("\r\n")[:-1]
