"""What comes of solving."""
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Sequence, Union, overload

import numpy as np
import numpy.typing as npt

from ._puzzles import ArrayForm, Skipped, Tokens


@dataclass(frozen=True)
class Segment:
    """A puzzle after one segment of a model."""

    puzzle: int  #: its number
    view: int  #: 0: the puzzle itself; else a symmetry of it, mapped back
    segment: int  #: of this view, from 1
    answer: Tokens  #: int32 [cells]
    confidence: Optional[npt.NDArray[np.float32]]  #: [cells] probability of each answered token, where asked for
    q_halt: float  #: logit of the model's estimate that the answer is right
    q_continue: float  #: its alternative
    residual_H: float  #: |z_new - z_old| / |z_new| of the last call of the high-level net
    residual_L: float  #: the same of the low-level net
    last: bool  #: the puzzle has its result


@dataclass(frozen=True)
class Completion:
    """What an exact search found out about a puzzle (complete=True)."""

    answer: Optional[Tokens]  #: int32 [cells]; None: no answer
    text: str  #: the answer on one line, or ""
    by: Optional[str]  #: "model" or "search"
    solutions: str  #: "one", "several", "none", or for mazes "some"
    reason: str  #: where two solutions differ, or why no solution exists


@dataclass(frozen=True)
class Solution:
    """The answer to a puzzle and the rules' verdict."""

    source: str  #: where the puzzle stood
    question: Tokens  #: int32 [cells]
    answer: Tokens  #: int32 [cells]
    text: str  #: the answer on one line
    segments: int  #: that were run
    view: int  #: that solved it; 0: the puzzle itself, or no view did
    halted: bool  #: the model asked to halt; else it reached the limit
    accepted: Optional[bool]  #: whether the rules accept the answer; None: the family has no rules
    confidence: float  #: the model's own estimate of being right
    reason: str  #: what is wrong; "" if nothing
    completion: Optional[Completion]  #: with complete=True
    form: ArrayForm  #: how the puzzle was given

    @property
    def array(self) -> Tokens:
        """The answer as the puzzle was given: in the shape and the numbers of its array. Of texts: the tokens [cells]."""
        return (self.answer - np.int32(self.form.shift)).reshape(self.form.shape)


class Result(Sequence[Solution]):
    """The solutions in the order of the puzzles.

    Attributes:
        skipped: puzzles that were left out, with keep_going=True.
    """

    def __init__(self, solutions: List[Solution], skipped: List[Skipped], text: str, cells: int) -> None:
        """Made by Model.solve()."""
        self._solutions, self.skipped, self._text, self._cells = solutions, skipped, text, cells

    @overload
    def __getitem__(self, i: int) -> Solution: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[Solution]: ...

    def __getitem__(self, i: Union[int, slice]) -> Union[Solution, Sequence[Solution]]:
        """Solution i."""
        return self._solutions[i]

    def __len__(self) -> int:
        """Number of solutions."""
        return len(self._solutions)

    def __iter__(self) -> Iterator[Solution]:
        """In the order of the puzzles."""
        return iter(self._solutions)

    def __repr__(self) -> str:
        accepted = sum(solution.accepted is True for solution in self)
        return f"<{len(self)} solutions, {accepted} accepted by the rules, {len(self.skipped)} skipped>"

    @property
    def answers(self) -> Tokens:
        """All answers, int32 [n, cells]."""
        return np.stack([s.answer for s in self]) if len(self) else np.zeros((0, self._cells), np.int32)

    def json(self) -> Dict[str, Any]:
        """What `hrm solve --json` prints (docs/solving.md), with every segment."""
        value: Dict[str, Any] = json.loads(self._text)
        return value
