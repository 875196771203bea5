"""Reward models, and grading."""
from __future__ import annotations

import os
from ctypes import byref, c_char_p, c_double, c_void_p, sizeof
from typing import List, Optional, Sequence, Union

import numpy as np
import numpy.typing as npt

from ._library import ScorerOptions, Steps, call, encoded, encoded_path, library, owned, whole


class Scorer:
    """A reward model that scores single reasoning steps.

    Args:
        path: folder of a reward model, or a run folder of `hrm reward train` (needs a library with libtorch: see
            has_libtorch()); or "truth", which judges steps of the arithmetic world exactly.
        device: "cpu", "cuda" or "cuda:1".
        threads: 0: HRM_THREADS, else all processors.

    Raises:
        ValueError: naming the folder and what is wrong with it.
    """

    def __init__(self, path: Union[str, os.PathLike[str]], *, device: str = "cpu", threads: int = 0) -> None:
        options = ScorerOptions(sizeof(ScorerOptions), encoded(device, "device"), whole(threads, "threads"))
        self._pointer = c_void_p()
        call(library.hrm_scorer_open, encoded_path(path, "path"), byref(options), byref(self._pointer))
        owned(self, library.hrm_scorer_close, self._pointer)

    def __repr__(self) -> str:
        return f"<Scorer {self.name}>"

    @property
    def name(self) -> str:
        """Of the model."""
        return str(library.hrm_scorer_name(self._pointer).decode("utf-8", "replace"))

    def score(self, problem: str, solutions: Sequence[Sequence[str]]) -> List[npt.NDArray[np.float64]]:
        """Scores the steps of solutions of one problem; higher is better.

        Args:
            problem: its text.
            solutions: each a list of steps. What solutions begin with alike is read once, so give all of a problem together.

        Returns:
            For each solution float64 [steps]: of each step, given the problem and the steps before it.

        Raises:
            ValueError: for an empty solution or step, and for one longer than the model reads.
        """
        if isinstance(solutions, str) or any(isinstance(solution, str) for solution in solutions):
            raise TypeError("solutions: expected a list of solutions, each a list of steps")
        rows = [[encoded(step, f"solutions[{i}][{k}]") for k, step in enumerate(s)] for i, s in enumerate(solutions)]
        given = (Steps * len(rows))()
        for at, row in zip(given, rows):
            at.texts, at.count = (c_char_p * len(row))(*row), len(row)
        flat = (c_double * sum(map(len, rows)))()
        call(library.hrm_scorer_score, self._pointer, encoded(problem, "problem"), given, len(rows), flat)
        ends = np.cumsum([len(row) for row in rows])[:-1]
        return [np.array(part) for part in np.split(np.array(flat, np.float64), ends)] if rows else []


def grade(given: str, gold: str) -> Optional[bool]:
    """Does an answer mean the same as the gold answer (docs/grading.md)? None: undecided.

    >>> grade("1/2", "0.5")
    True
    """
    verdict = library.hrm_grade(encoded(given, "given"), encoded(gold, "gold"))
    return None if verdict < 0 else bool(verdict)
