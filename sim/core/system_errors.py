"""Errors of the operating system in one sentence each: what is the matter, and what to do.

A full disk, a folder that may not be written, too little memory: nothing is wrong with the program,
and nobody has to send anything in.
"""

from __future__ import annotations

import errno
import os

from sim.core.showing import quoted

_FULL = "the disk is full: make room there, or choose another folder"
_FORBIDDEN = "you have no permission for that: choose another place, or ask who owns it"
_FILES = "too many files are open: allow more (ulimit -n), or give fewer --workers"
_MEMORY = "there is not enough memory: give --memory-limit or fewer --workers, or allow more"
_PROCESSES = (
    "no more threads or processes can be started: allow more memory or processes (ulimit -v, -u),"
    " or give --workers 1"
)
_SENTENCES = {
    errno.ENOSPC: _FULL,
    getattr(errno, "EDQUOT", -1): "the disk quota is used up: make room there",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: "the disk is read-only: choose another place",
    errno.ENOTDIR: "there is a file where a folder must be: choose another place",
    errno.EEXIST: "there is a file where a folder must be: choose another place",
    errno.EISDIR: "there is a folder where a file must be: choose another place",
    errno.ENOENT: "the file, or the folder that it shall be in, is not there",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
    errno.ELOOP: "the symbolic links go round in a circle: choose another place",
    errno.EFBIG: "the file would be larger than is allowed here (ulimit -f)",
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.ENOMEM: _MEMORY,
    errno.EAGAIN: _PROCESSES,
    errno.EIO: "the disk cannot be read or written (input/output error)",
    errno.EPIPE: "who should read this has hung up",
}
_OF_MEMORY = ("failed to map segment", "cannot allocate memory", "unable to allocate")
_OF_THREADS = ("can't start new thread", "can't allocate lock")


def sentence_of(error: OSError) -> str:
    """What an error of the operating system means, without the file."""
    return _SENTENCES.get(error.errno or 0) or (
        quoted(error.strerror or type(error).__name__).lower()
    )


def in_words(error: BaseException) -> str | None:
    """What came from the operating system, with the file; None for any other error."""
    if isinstance(error, OSError):
        where = next((each for each in (error.filename2, error.filename) if each), None)
        sentence = sentence_of(error)
        return sentence if where is None else f"{quoted(os.fsdecode(where))}: {sentence}"
    text = str(error).lower()
    if isinstance(error, MemoryError) or any(sign in text for sign in _OF_MEMORY):
        return _MEMORY
    if isinstance(error, RuntimeError) and any(sign in text for sign in _OF_THREADS):
        return _PROCESSES
    return None
