"""Disks that do less than a local one: FAT and exFAT if this machine mounts them, a made-up share, closed folders."""

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

_BYTES = 512 << 20
_POOR_SHARE = '''
"""Makes a poor share of every disk: no permissions, no flushing of folders, no locks, removal as on NFS."""

import errno, fcntl, os, stat

def refuse_lock(*_):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

def change_mode(path, mode, former=os.chmod, **options):
    if stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))
    former(path, mode, **options)  # a socket's, in the folder of temporary files

def flush(descriptor, former=os.fsync):
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    former(descriptor)

def is_open(path):
    return any(os.path.realpath(f"/proc/self/fd/{number}") == os.path.realpath(path)
               for number in os.listdir("/proc/self/fd"))

def unlink(path, *, dir_fd=None, former=os.unlink):
    if dir_fd is None and is_open(path):
        os.rename(path, os.path.join(os.path.dirname(path), f".nfs{os.stat(path).st_ino:016x}"))
    else:
        former(path, dir_fd=dir_fd)

os.chmod, os.fsync, os.unlink, os.remove = change_mode, flush, unlink, unlink
fcntl.flock = refuse_lock
'''


def make_poor_share(folder: Path) -> Mapping[str, str]:
    """The environment in which every Python process finds all file systems as poor as the poorest share."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_POOR_SHARE)
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


def refuse_folders(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Makes the system refuse to list the folders of these names; it would list every one for root."""
    scandir = os.scandir

    def refuse(path: Path | str) -> object:
        if Path(path).name in names:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)


@contextmanager
def mount_fat(folder: Path) -> Iterator[Path]:
    """An empty FAT disk; skips where it cannot be mounted."""
    with _image(folder, "mkfs.vfat", "fusefat") as (image, disk), _mounted(["fusefat", "-o", "rw+", image, disk], disk):
        yield disk


@contextmanager
def mount_exfat(folder: Path) -> Iterator[Path]:
    """An empty exFAT disk; skips where it cannot be mounted."""
    with (
        _image(folder, "mkfs.exfat", "mount.exfat-fuse", "losetup") as (image, disk),
        _loop_device(image) as device,
        _mounted(["mount.exfat-fuse", device, disk], disk),
    ):
        yield disk


DISKS: Mapping[str, Callable[[Path], AbstractContextManager[Path]]] = {"fat": mount_fat, "exfat": mount_exfat}


@contextmanager
def _image(folder: Path, make: str, *tools: str) -> Iterator[tuple[Path, Path]]:
    """A file with an empty file system in it, and a folder to mount it on."""
    for tool in (make, *tools):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    image, disk = folder / "disk.img", folder / "disk"
    with image.open("wb") as file:
        file.truncate(_BYTES)
    disk.mkdir()
    subprocess.run([make, image], check=True, capture_output=True)
    yield image, disk


@contextmanager
def _loop_device(image: Path) -> Iterator[str]:
    attached = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True, check=False)
    if attached.returncode:
        pytest.skip("loop devices are not allowed here")
    device = attached.stdout.strip()
    try:
        yield device
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


@contextmanager
def _mounted(command: list[str | Path], disk: Path) -> Iterator[None]:
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode or not disk.is_mount():
        pytest.skip("mounting by FUSE is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
