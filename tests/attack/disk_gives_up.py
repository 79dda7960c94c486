#!/usr/bin/python3
"""ext4 gives up while records are being made durable: what was called durable is there after the next mount.

The control is fdatasync alone, which on some kernels returns 0 for what is lost, one time in ten to twenty
(docs/adr/0028-what-durable-asks.md); it runs until it has lost once, so that it is known here whether this
kernel does that. The moment is left to chance: that is the attack.
"""
import os
import random
import subprocess
import time

import disk_load
import stage
from stage import Failed, Skip

SIZE = 16 << 20
LINE = 512
CONTROL_AT_MOST = 40
GUARDED = 30


def lines_lost(s, program, folder, image, mode):
    """One file system that gives up under one writer; how many lines were called durable and are not there."""
    disk_load.mount_image(image, folder)
    path = os.path.join(folder, f"log{time.monotonic_ns()}")
    writer = subprocess.Popen([program, path, mode], stdout=subprocess.PIPE, text=True)
    try:
        if writer.stdout.readline() != "begun\n":
            raise Failed("nothing was written")
        time.sleep(random.uniform(0, 0.008))  # waits for nothing: when it strikes is the attack
        if subprocess.run(["mount", "-o", "remount,abort", folder], capture_output=True).returncode != 0:
            raise Skip("ext4 cannot be told to give up here")
        durable = int(writer.communicate(timeout=stage.PATIENCE_S)[0])
    finally:
        writer.kill()
        writer.wait()
        subprocess.run(["umount", folder], check=True)
    disk_load.mount_image(image, folder)
    try:
        there = os.stat(path).st_size // LINE
        os.unlink(path)
    finally:
        subprocess.run(["umount", folder], check=True)
    return max(0, durable - there)


def durable_means_durable(s):
    """What durable_sync() called durable is there; fdatasync alone is the control."""
    s.ended = True  # there is no gateway
    program = os.path.join(s.build, "bin", "syncloop")
    folder, image = s.deployment.path("disk.d"), s.deployment.path("disk")
    os.makedirs(folder)
    disk_load.file_system("ext4", image, SIZE)
    tries = 0
    while tries < CONTROL_AT_MOST:
        tries += 1
        if lines_lost(s, program, folder, image, "plain"):
            break
    else:
        tries = 0
    for n in range(GUARDED):
        lost = lines_lost(s, program, folder, image, "guarded")
        if lost:
            raise Failed(f"{lost} lines were called durable and are gone, try {n + 1}")
    said = f"lost lines at try {tries}" if tries else f"lost nothing in {CONTROL_AT_MOST}: not this kernel's fault"
    print(f"        {GUARDED} times none was lost; fdatasync alone {said}")


if __name__ == "__main__":
    stage.run([durable_means_durable])
