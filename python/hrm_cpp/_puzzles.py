"""Families of puzzles, and puzzles as callers give them."""
from __future__ import annotations

import ctypes
import json
import os
from ctypes import byref, c_int, c_void_p
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
import numpy.typing as npt

from ._library import call, encoded, encoded_path, library, optional, owned, take_text

Tokens = npt.NDArray[np.int32]
# One text with any number of puzzles, the path of a file, an array of integers, or a list of texts and paths.
PuzzleInput = Union[str, "os.PathLike[str]", npt.ArrayLike, Sequence[Union[str, "os.PathLike[str]"]]]
# What the numbers of arrays are: "tokens", "digits" (Sudoku, 0 for a blank), or "either": what fits.
Numbers = str
_NUMBERS = {"either": 0, "tokens": 1, "digits": 2}


class Skipped(NamedTuple):
    """A puzzle that was left out with keep_going=True."""

    source: str  #: where it stood
    reason: str  #: why it cannot be solved


class Family:
    """A family of puzzles: how texts become tokens, and what the rules accept.

    Args:
        description: what describe() gives, for instance
            {"family": "sudoku", "box_rows": 3, "box_columns": 3} or {"family": "maze", "height": 30, "width": 30}.

    Raises:
        ValueError: for an unknown family or impossible sizes.
    """

    def __init__(self, description: Dict[str, Any]) -> None:
        text = encoded(json.dumps(description), "description")
        pointer = c_void_p()
        call(library.hrm_family_open, text, byref(pointer))
        owned(self, library.hrm_family_close, pointer)
        self._set(pointer)

    def _set(self, pointer: c_void_p, owner: object = None) -> None:
        self._pointer, self._owner = pointer, owner

    @classmethod
    def _of_model(cls, pointer: int, owner: object) -> Family:
        family = cls.__new__(cls)
        family._set(c_void_p(pointer), owner)  # alive as long as the model
        return family

    def __repr__(self) -> str:
        return f"Family({self.describe()!r})"

    def describe(self) -> Dict[str, Any]:
        """The family and its sizes, as the constructor takes them."""
        described: Dict[str, Any] = json.loads(library.hrm_family_json(self._pointer))
        return described

    @property
    def cells(self) -> int:
        """Tokens of a puzzle."""
        return int(library.hrm_family_cells(self._pointer))

    @property
    def vocabulary(self) -> int:
        """Tokens are below it."""
        return int(library.hrm_family_vocabulary(self._pointer))

    @property
    def has_rules(self) -> bool:
        """False where only a stored answer can tell right from wrong (tables)."""
        return bool(library.hrm_family_has_rules(self._pointer))

    def read(self, puzzles: PuzzleInput, *, symbols: Optional[str] = None, numbers: Numbers = "either") -> Tokens:
        """Reads puzzles as tokens, int32 [n, cells].

        Args:
            puzzles: as for Model.solve().
            symbols: the characters of the cells, as --symbols of the program; None: as each text tells.
            numbers: what the numbers of arrays are.

        Raises:
            ValueError: naming the puzzle and cell that cannot be read.
        """
        read = PuzzleList(self, puzzles, symbols=symbols, numbers=numbers)
        if read.count == 0:
            return np.zeros((0, self.cells), np.int32)
        return np.stack([read.tokens(i) for i in range(read.count)])

    def line(self, tokens: npt.ArrayLike) -> str:
        """The grid [cells] on one line, in a form that read() takes."""
        grid, text = self._grid(tokens, "tokens"), c_void_p()
        call(library.hrm_family_line, self._pointer, grid.ctypes.data, byref(text))
        return take_text(text)

    def render(self, tokens: npt.ArrayLike, question: Optional[npt.ArrayLike] = None) -> str:
        """The grid [cells] as lines of text; with its question [cells] the givens are set apart."""
        grid, text = self._grid(tokens, "tokens"), c_void_p()
        asked = None if question is None else self._grid(question, "question")
        call(library.hrm_family_render, self._pointer, grid.ctypes.data, None if asked is None else asked.ctypes.data,
             byref(text))
        return take_text(text)

    def check(self, question: npt.ArrayLike, answer: npt.ArrayLike) -> Tuple[bool, str]:
        """Do the rules accept the answer [cells] to the question [cells]? The result, and what is wrong ("" if nothing).

        Without rules only the form of the answer is checked.
        """
        asked, given = self._grid(question, "question"), self._grid(answer, "answer")
        accepted, reason = c_int(), c_void_p()
        call(library.hrm_family_check, self._pointer, asked.ctypes.data, given.ctypes.data, byref(accepted), byref(reason))
        return bool(accepted.value), take_text(reason)

    def _grid(self, values: npt.ArrayLike, name: str) -> Tokens:
        grid = integers(values, name)
        if grid.size != self.cells:
            raise ValueError(f"{name}: shape {grid.shape}; expected {self.cells} cells")
        return grid.reshape(-1)


def integers(values: Any, name: str) -> Tokens:
    """The values as contiguous int32, without a copy where they are; NumPy arrays, tensors (DLPack), nested lists."""
    if isinstance(values, np.ndarray) or not hasattr(values, "__dlpack__"):
        array = np.asarray(values)
    else:
        array = np.from_dlpack(values)
    if array.size == 0:
        return np.zeros(array.shape, np.int32)  # whatever the type: an empty list has none
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name}: an array of {array.dtype}; expected whole numbers (or texts)")
    if array.dtype != np.int32:
        limits = np.iinfo(np.int32)
        if int(array.max()) > limits.max or int(array.min()) < limits.min:
            raise ValueError(f"{name}: the numbers are {array.min()} to {array.max()}; tokens are much smaller")
    return np.ascontiguousarray(array, dtype=np.int32)


class ArrayForm(NamedTuple):
    """How an array held a puzzle."""

    shape: Tuple[int, ...]  # of a puzzle
    shift: int  # its numbers plus this are tokens


class PuzzleList:
    """A hrm_puzzles with what the caller gave."""

    def __init__(self, family: Family, puzzles: PuzzleInput, *, symbols: Optional[str] = None, numbers: Numbers = "either",
                 keep_going: bool = False) -> None:
        if numbers not in _NUMBERS:
            raise ValueError(f"numbers = {numbers!r}: expected one of {', '.join(_NUMBERS)}")
        self.family, self.numbers = family, numbers
        self.pointer = c_void_p()
        call(library.hrm_puzzles_new, family._pointer, optional(symbols, "symbols"), int(keep_going), byref(self.pointer))
        owned(self, library.hrm_puzzles_free, self.pointer)
        self._forms: List[Tuple[int, ArrayForm]] = []  # from which puzzle on
        self._add(puzzles)

    def _add(self, puzzles: Any) -> None:
        if isinstance(puzzles, (str, os.PathLike)):
            return self._add_text(puzzles, "puzzles")
        if isinstance(puzzles, bytes):
            raise TypeError("puzzles are bytes; expected a string: decode them")
        if isinstance(puzzles, (list, tuple)) and any(isinstance(item, (str, os.PathLike)) for item in puzzles):
            for i, item in enumerate(puzzles):
                self._add_text(item, f"puzzles[{i}]")
            return None
        return self._add_array(puzzles, "puzzles")

    def _add_text(self, item: Any, name: str) -> None:
        self._forms.append((self.count, ArrayForm((self.family.cells,), 0)))
        if isinstance(item, os.PathLike):
            call(library.hrm_puzzles_add_file, self.pointer, encoded_path(item, name))
        else:
            call(library.hrm_puzzles_add_text, self.pointer, encoded(item, name), name.encode())

    def _add_array(self, values: Any, name: str) -> None:
        cells = self.family.cells
        array = integers(values, name)
        if array.size == 0:
            array = array.reshape(0, cells)
        fitting = [k for k in range(array.ndim) if int(np.prod(array.shape[k:])) == cells]
        if not fitting:
            raise ValueError(f"{name}: shape {array.shape}; expected [{cells}] or [n, {cells}], or grids of {cells} cells")
        first, rows = self.count, array.reshape(-1, cells)
        call(library.hrm_puzzles_add_cells, self.pointer, rows.ctypes.data, len(rows), _NUMBERS[self.numbers], name.encode())
        if self.count > first:
            shift = 0 if bool((rows == self.tokens(first)).all(axis=1).any()) else 1
            self._forms.append((first, ArrayForm(array.shape[fitting[-1]:], shift)))

    @property
    def count(self) -> int:
        """Puzzles that can be solved."""
        return int(library.hrm_puzzles_count(self.pointer))

    def tokens(self, i: int) -> Tokens:
        """A copy, [cells]."""
        tokens: Tokens = copied(library.hrm_puzzles_tokens(self.pointer, i), self.family.cells, np.int32)
        return tokens

    def form(self, i: int) -> ArrayForm:
        """How puzzle i was given."""
        return [form for first, form in self._forms if first <= i][-1]

    def skipped(self) -> List[Skipped]:
        """Those left out."""
        return [Skipped(library.hrm_puzzles_skipped_source(self.pointer, i).decode("utf-8", "replace"),
                        library.hrm_puzzles_skipped_reason(self.pointer, i).decode("utf-8", "replace"))
                for i in range(library.hrm_puzzles_skipped(self.pointer))]


def copied(pointer: Any, count: int, kind: Any) -> Any:
    """A copy of memory of the library, as an array."""
    array = np.empty(count, kind)
    ctypes.memmove(array.ctypes.data, pointer, array.nbytes)
    return array
