"""What processes cost: CPU time and memory of a process and all its descendants, from /proc."""
import os


def read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def tree(pid):
    """@pid and all its descendants."""
    found = [pid]
    for parent in found:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                found += [int(child) for child in read(f"/proc/{parent}/task/{task}/children").split()]
        except FileNotFoundError:
            continue  # ended between two looks
    return found


def cpu_ns(pids):
    """CPU time of all threads. schedstat counts nanoseconds, utime and stime of stat ticks of 10 ms."""
    total = 0
    for pid in pids:
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
            total += sum(int(read(f"/proc/{pid}/task/{task}/schedstat").split()[0]) for task in tasks)
        except FileNotFoundError:
            if os.path.exists(f"/proc/{pid}"):
                fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
                total += (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    return total


def pss_bytes(pids):
    """Proportional set size: shared pages count by their share. Sockets of the kernel are not in it."""
    total = 0
    for pid in pids:
        for line in read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


class Machine:
    """What else went on since birth. Ask when no descendant of ours is alive, as at birth."""

    def __init__(self):
        self.used, self.stolen, self.all = self._others(), *self._stat()

    @staticmethod
    def _stat():
        user, nice, system, idle, iowait, irq, softirq, steal = map(int, read("/proc/stat").split(None, 9)[1:9])
        return steal, user + nice + system + idle + iowait + irq + softirq + steal

    @staticmethod
    def _others():
        """Ticks of all processes but this one; who ended is in the numbers of who waited for it."""
        total = 0
        for pid in os.listdir("/proc"):
            if pid.isdigit() and int(pid) != os.getpid():
                try:
                    total += sum(map(int, read(f"/proc/{pid}/stat").rpartition(")")[2].split()[11:15]))
                except (FileNotFoundError, ProcessLookupError):
                    continue
        return total

    def others(self):
        """(share of all processors used by others, share stolen by the hypervisor)."""
        stolen, total = self._stat()
        total = max(1, total - self.all)
        return max(0.0, (self._others() - self.used) / total), (stolen - self.stolen) / total
