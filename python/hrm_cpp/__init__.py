"""Hierarchical reasoning and reward models: solve puzzles, measure models, score reasoning steps.

    >>> import hrm_cpp
    >>> model = hrm_cpp.Model("models/sudoku9")
    >>> result = model.solve("53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79")
    >>> result[0].accepted, result[0].text[:9]
    (True, '534678912')

This package is a thin layer over the library libhrm (hrm/hrm.h), which computes without Python's lock. docs/python.md is
the guide.

Errors: what the caller can mend raises ValueError with the line that the program `hrm` prints; what breaks while running
raises RuntimeError. Ctrl-C raises KeyboardInterrupt after the current segment. What the library remarks (for instance with
which digits it reads a 16x16 grid) goes to the logger "hrm_cpp".

Threads: a Model or a Scorer may be used by several threads; the arithmetic of one takes turns. A running segments() is
for one thread at a time. Do not fork a process while a model computes.
"""
from ._library import has_libtorch, version as _version
from ._model import Model
from ._puzzles import Family, Numbers, PuzzleInput, Skipped
from ._results import Completion, Result, Segment, Solution
from ._scorer import Scorer, grade

__version__ = _version()
__all__ = ["Completion", "Family", "Model", "Numbers", "PuzzleInput", "Result", "Scorer", "Segment", "Skipped", "Solution",
           "grade", "has_libtorch"]
