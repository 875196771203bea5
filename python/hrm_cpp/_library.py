"""libhrm through ctypes: the structs and functions of hrm/hrm.h, and what every call has in common."""
from __future__ import annotations

import ctypes
import logging
import os
import pathlib
import threading
import weakref
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t, c_uint64, c_void_p
from typing import Any, Callable, Optional, TypeVar, Union

_log = logging.getLogger("hrm_cpp")

OK, FAILURE, BAD_INPUT, STOPPED = 0, 1, 2, 130


class ModelOptions(Structure):
    """hrm_model_options"""
    _fields_ = [("size", c_size_t), ("family", c_char_p), ("device", c_char_p), ("precision", c_char_p),
                ("threads", c_size_t), ("averaged", c_int), ("settings", POINTER(c_char_p)), ("setting_count", c_size_t)]


class SolveOptions(Structure):
    """hrm_solve_options"""
    _fields_ = [("size", c_size_t), ("segments", c_int64), ("halting", c_int), ("halt_margin", c_double), ("views", c_int64),
                ("complete", c_int), ("model_runs", c_int64), ("batch", c_size_t), ("seed", c_uint64), ("confidence", c_int),
                ("stop", c_void_p)]


class SegmentStruct(Structure):
    """hrm_segment"""
    _fields_ = [("puzzle", c_size_t), ("view", c_int64), ("segment", c_int64), ("answer", POINTER(c_int32)),
                ("confidence", POINTER(c_float)), ("q_halt", c_float), ("q_continue", c_float), ("residual_H", c_float),
                ("residual_L", c_float), ("last", c_int)]


class SolutionStruct(Structure):
    """hrm_solution"""
    _fields_ = [("source", c_char_p), ("question", POINTER(c_int32)), ("answer", POINTER(c_int32)), ("segments", c_int64),
                ("view", c_int64), ("halted", c_int), ("accepted", c_int), ("confidence", c_double), ("reason", c_char_p),
                ("completed", POINTER(c_int32)), ("completed_by", c_char_p), ("solutions", c_char_p),
                ("completion_reason", c_char_p)]


class EvaluateOptions(Structure):
    """hrm_evaluate_options"""
    _fields_ = [("size", c_size_t), ("split", c_char_p), ("segments", c_int64), ("halting", c_int), ("halt_margin", c_double),
                ("limit", c_int64), ("views", c_int64), ("until_solved", c_int), ("batch", c_size_t), ("seed", c_uint64),
                ("stop", c_void_p)]


class ScorerOptions(Structure):
    """hrm_scorer_options"""
    _fields_ = [("size", c_size_t), ("device", c_char_p), ("threads", c_size_t)]


class Steps(Structure):
    """hrm_steps"""
    _fields_ = [("texts", POINTER(c_char_p)), ("count", c_size_t)]


_ERROR = POINTER(c_void_p)
_HANDLE = POINTER(c_void_p)
# name: (result, arguments). Functions with c_int as their result and _ERROR as their last argument give a status.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "hrm_version": (c_char_p, []),
    "hrm_has_libtorch": (c_int, []),
    "hrm_free": (None, [c_void_p]),
    "hrm_take_messages": (c_void_p, []),
    "hrm_stop_new": (c_void_p, []),
    "hrm_stop_set": (None, [c_void_p]),
    "hrm_stop_free": (None, [c_void_p]),
    "hrm_family_open": (c_int, [c_char_p, _HANDLE, _ERROR]),
    "hrm_family_close": (None, [c_void_p]),
    "hrm_family_json": (c_char_p, [c_void_p]),
    "hrm_family_cells": (c_int64, [c_void_p]),
    "hrm_family_vocabulary": (c_int64, [c_void_p]),
    "hrm_family_has_rules": (c_int, [c_void_p]),
    "hrm_family_line": (c_int, [c_void_p, c_void_p, _HANDLE, _ERROR]),
    "hrm_family_render": (c_int, [c_void_p, c_void_p, c_void_p, _HANDLE, _ERROR]),
    "hrm_family_check": (c_int, [c_void_p, c_void_p, c_void_p, POINTER(c_int), _HANDLE, _ERROR]),
    "hrm_puzzles_new": (c_int, [c_void_p, c_char_p, c_int, _HANDLE, _ERROR]),
    "hrm_puzzles_free": (None, [c_void_p]),
    "hrm_puzzles_add_text": (c_int, [c_void_p, c_char_p, c_char_p, _ERROR]),
    "hrm_puzzles_add_file": (c_int, [c_void_p, c_char_p, _ERROR]),
    "hrm_puzzles_add_cells": (c_int, [c_void_p, c_void_p, c_size_t, c_int, c_char_p, _ERROR]),
    "hrm_puzzles_count": (c_size_t, [c_void_p]),
    "hrm_puzzles_tokens": (POINTER(c_int32), [c_void_p, c_size_t]),
    "hrm_puzzles_source": (c_char_p, [c_void_p, c_size_t]),
    "hrm_puzzles_skipped": (c_size_t, [c_void_p]),
    "hrm_puzzles_skipped_source": (c_char_p, [c_void_p, c_size_t]),
    "hrm_puzzles_skipped_reason": (c_char_p, [c_void_p, c_size_t]),
    "hrm_model_open": (c_int, [c_char_p, POINTER(ModelOptions), _HANDLE, _ERROR]),
    "hrm_model_close": (None, [c_void_p]),
    "hrm_model_json": (c_char_p, [c_void_p]),
    "hrm_model_family": (c_void_p, [c_void_p]),
    "hrm_run_begin": (c_int, [c_void_p, c_void_p, POINTER(SolveOptions), _HANDLE, _ERROR]),
    "hrm_run_next": (c_int, [c_void_p, POINTER(POINTER(SegmentStruct)), POINTER(c_size_t), _ERROR]),
    "hrm_run_end": (None, [c_void_p]),
    "hrm_run_count": (c_size_t, [c_void_p]),
    "hrm_run_solution": (POINTER(SolutionStruct), [c_void_p, c_size_t]),
    "hrm_run_json": (c_int, [c_void_p, c_int, _HANDLE, _ERROR]),
    "hrm_evaluate": (c_int, [c_void_p, c_char_p, POINTER(EvaluateOptions), _HANDLE, _ERROR]),
    "hrm_scorer_open": (c_int, [c_char_p, POINTER(ScorerOptions), _HANDLE, _ERROR]),
    "hrm_scorer_close": (None, [c_void_p]),
    "hrm_scorer_name": (c_char_p, [c_void_p]),
    "hrm_scorer_score": (c_int, [c_void_p, c_char_p, POINTER(Steps), c_size_t, POINTER(c_double), _ERROR]),
    "hrm_grade": (c_int, [c_char_p, c_char_p]),
}


def _open_library() -> ctypes.CDLL:
    beside = pathlib.Path(__file__).with_name("libhrm.so")
    name = os.environ.get("HRM_LIBRARY") or (str(beside) if beside.exists() else "libhrm.so.0.1")
    try:
        library = ctypes.CDLL(name)
        for function, (result, arguments) in _FUNCTIONS.items():
            entry = getattr(library, function)
            entry.restype, entry.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise ImportError(f"cannot use the library {name}: {error}; install the wheel, or set HRM_LIBRARY to the path of a "
                          "libhrm.so of this version") from error
    return library


library: Any = _open_library()


def version() -> str:
    """The version of the library: "0.1.0"."""
    return str(library.hrm_version().decode())


def has_libtorch() -> bool:
    """Whether the library was built with libtorch: then it opens reward models and has its devices."""
    return bool(library.hrm_has_libtorch())


def take_text(pointer: c_void_p) -> str:
    """A text of the library as a string; the text is freed."""
    try:
        return ctypes.string_at(pointer.value or 0).decode("utf-8", "replace")
    finally:
        library.hrm_free(pointer)


def _pass_messages() -> None:
    messages = c_void_p(library.hrm_take_messages())
    if messages.value:
        for line in take_text(messages).splitlines():
            warning = line.startswith("warning: ")
            _log.log(logging.WARNING if warning else logging.INFO, "%s", line[9:] if warning else line)


class Stopped(Exception):
    """A stop flag ended the call."""


def call(function: Any, *arguments: Any) -> None:
    """Calls a function that gives a status. Raises ValueError, RuntimeError or Stopped where that is not OK."""
    error = c_void_p()
    status = function(*arguments, byref(error))
    _pass_messages()
    if status == OK:
        return
    text = take_text(error) if error.value else "out of memory"
    if status == BAD_INPUT:
        raise ValueError(text)
    if status == STOPPED:
        raise Stopped(text)
    raise RuntimeError(text)


_T = TypeVar("_T")


def interruptible(stop: Stop, work: Callable[[], _T]) -> _T:
    """Does long work that looks at `stop`, so that Ctrl-C ends it: the main thread waits beside, where signals arrive."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    outcome: list[_T] = []
    fault: list[BaseException] = []
    # Not Thread.join(): once Ctrl-C has interrupted it, Python 3.11 takes a thread that still runs for ended.
    done = threading.Event()

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # raised again below
            fault.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=run, name="hrm_cpp", daemon=True)
    try:
        thread.start()
        done.wait()
    except BaseException:
        stop.set()
        if thread.ident is not None:  # it has started
            done.wait()
        raise
    if fault:
        raise fault[0]
    return outcome[0]


def owned(owner: object, free: Any, pointer: c_void_p) -> None:
    """Frees the handle with its owner, but not at exit: a thread that goes on may still use it."""
    weakref.finalize(owner, free, pointer).atexit = False


class Stop:
    """A hrm_stop."""

    def __init__(self) -> None:
        self.pointer = c_void_p(library.hrm_stop_new())
        if not self.pointer.value:
            raise MemoryError

    def set(self) -> None:
        """Asks the calls that were given it to end."""
        library.hrm_stop_set(self.pointer)

    def __del__(self) -> None:
        if getattr(self, "pointer", None):
            library.hrm_stop_free(self.pointer)


def encoded(text: str, name: str) -> bytes:
    """UTF-8. Raises TypeError for what is not a string, ValueError for a string with a NUL, which would end it early."""
    if not isinstance(text, str):
        raise TypeError(f"{name} is a {type(text).__name__}; expected a string")
    if "\0" in text:
        raise ValueError(f"{name}: the text has a NUL character at position {text.index(chr(0))}; remove it")
    return text.encode()


def encoded_path(path: Union[str, os.PathLike[str]], name: str) -> bytes:
    """As the file system wants it."""
    data = os.fsencode(path)
    if b"\0" in data:
        raise ValueError(f"{name}: the path has a NUL character; remove it")
    return data


def optional(text: Optional[str], name: str) -> Optional[bytes]:
    """None stays None."""
    return None if text is None else encoded(text, name)


def whole(value: Any, name: str, bits: int = 63, least: int = 0) -> int:
    """The value as an integer that fits. ctypes would cut off what does not."""
    try:
        number = int(value.__index__())
    except (AttributeError, TypeError):
        raise TypeError(f"{name} is a {type(value).__name__}; expected a whole number") from None
    if not least <= number < 2**bits:
        raise ValueError(f"{name} = {number}: expected a whole number from {least} to {2**bits - 1}")
    return number
