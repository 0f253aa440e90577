"""What befalls a machine: its disk fills up, a write is torn, its clock jumps."""
import os
import struct
import subprocess

AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
PAGE = 4096


class SmallDisk:
    """A file system of a few megabytes. A context manager; its value is the folder."""

    def __init__(self, folder, megabytes):
        self.folder, self._size = folder, f"size={megabytes}m"

    def __enter__(self):
        os.makedirs(self.folder)
        subprocess.run([*AS_ROOT, "mount", "-t", "tmpfs", "-o", f"{self._size},mode=0777", "tmpfs", self.folder], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run([*AS_ROOT, "umount", "--lazy", self.folder], check=True)

    def fill(self):
        """Until not a byte is left."""
        with open(os.path.join(self.folder, "filler"), "wb", buffering=0) as file:
            for size in (65_536, PAGE, 1):
                try:
                    while file.write(b"x" * size) == size:
                        pass
                except OSError:
                    pass

    def make_room(self):
        os.unlink(os.path.join(self.folder, "filler"))


def tear_last_page(path, chance):
    """As a power cut leaves it: the last page is there in part, and holds what was there before. False of a file without one."""
    size = os.path.getsize(path) if os.path.exists(path) else 0
    if size <= PAGE:
        return False
    with open(path, "r+b") as file:
        file.truncate(size - chance.randrange(1, PAGE))
        file.seek(-chance.randrange(1, 512), os.SEEK_END)
        file.write(os.urandom(16))
    return True


class Clock:
    """The wall clock of a process that is started with this environment; the monotonic one goes on as it does."""

    def __init__(self, folder):
        """Makes its library and its file in the folder."""
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jumping_clock.c")
        library, self._path = os.path.join(folder, "jumping_clock.so"), os.path.join(folder, "clock")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        self.jump(0)
        self.environment = {"LD_PRELOAD": library, "JUMPING_CLOCK": self._path}

    def jump(self, seconds):
        """So far from the true time."""
        with open(self._path, "r+b" if os.path.exists(self._path) else "wb") as file:
            file.write(struct.pack("q", seconds))
