"""Reasoning models."""
from __future__ import annotations

import json
import os
from ctypes import POINTER, byref, c_char_p, c_size_t, c_void_p, sizeof
from typing import Any, Dict, Iterator, List, Optional, Sequence, Union

import numpy as np

from ._library import (EvaluateOptions, ModelOptions, SegmentStruct, SolveOptions, Stop, call, encoded, encoded_path,
                       interruptible, library, optional, owned, take_text, whole)
from ._puzzles import Family, Numbers, PuzzleInput, PuzzleList, copied
from ._results import Completion, Result, Segment, Solution


class Model:
    """A reasoning model that solves puzzles.

    Args:
        path: a model file, a run folder of `hrm train`, or a checkpoint of the authors.
        family: a name or a description of the puzzles; None: the model's own.
        device: "cpu", or with libtorch "cuda", "cuda:1".
        precision: "float32", "bfloat16" or "int8"; None: the model's own.
        threads: 0: HRM_THREADS, else all processors.
        averaged: the averaged weights where a checkpoint has both.
        settings: what the file does not say, for instance ["data.seq_len=81"].

    Raises:
        ValueError: naming the file and what is wrong with it.
    """

    def __init__(self, path: Union[str, os.PathLike[str]], *, family: Union[str, Dict[str, Any], None] = None,
                 device: str = "cpu", precision: Optional[str] = None, threads: int = 0, averaged: bool = True,
                 settings: Sequence[str] = ()) -> None:
        if isinstance(settings, str):
            raise TypeError("settings is a string; expected a list of strings")
        described = json.dumps(family) if isinstance(family, dict) else family
        texts = (c_char_p * len(settings))(*[encoded(text, "settings") for text in settings])
        options = ModelOptions(sizeof(ModelOptions), optional(described, "family"), encoded(device, "device"),
                               optional(precision, "precision"), whole(threads, "threads"), int(averaged), texts, len(settings))
        self._pointer = c_void_p()
        call(library.hrm_model_open, encoded_path(path, "path"), byref(options), byref(self._pointer))
        owned(self, library.hrm_model_close, self._pointer)

    def __repr__(self) -> str:
        return f"<Model {self.describe()['path']}>"

    def describe(self) -> Dict[str, Any]:
        """path, family, parameters, table_parameters, cells, vocabulary, segments, device."""
        described: Dict[str, Any] = json.loads(library.hrm_model_json(self._pointer))
        return described

    @property
    def family(self) -> Family:
        """The puzzles that it solves."""
        return Family._of_model(library.hrm_model_family(self._pointer), self)

    def solve(self, puzzles: PuzzleInput, *, segments: int = 0, halting: bool = True, halt_margin: float = 0.0, views: int = 1,
              complete: bool = False, model_runs: int = 1, batch: int = 64, seed: int = 0, symbols: Optional[str] = None,
              numbers: Numbers = "either", keep_going: bool = False) -> Result:
        """Solves puzzles, as `hrm solve` does and with its answers.

        Args:
            puzzles: a text with any number of puzzles (docs/formats/puzzle-text.md), a path (pathlib.Path) of a file, a list
                of texts and paths, or an array of integers: [cells], [n, cells], grids [h, w] or [n, h, w]. Arrays and CPU
                tensors in int32 are not copied on their way.
            segments: at most; 0: the model's own limit.
            halting: False: always all segments.
            halt_margin: above 0 the model runs longer, below 0 shorter.
            views: while the rules reject the answer, symmetries of the puzzle, at most this many views.
            complete: an exact search completes what the model does not solve, and proves how many solutions there are.
            model_runs: with complete, maximum runs of the model on reduced puzzles, per puzzle; 0: only the first run.
            batch: puzzles side by side; affects speed, not answers.
            seed: of initial states, noise and symmetries.
            symbols: the characters of the cells; None: as each text tells.
            numbers: what the numbers of arrays are: "tokens", "digits" (Sudoku, 0 for a blank), or "either": what fits.
            keep_going: puzzles that cannot be read are skipped and listed in Result.skipped.

        Raises:
            ValueError: for a puzzle that cannot be read or contradicts itself, and for options out of range.
            KeyboardInterrupt: after the current segment.
        """
        run = _Run(self, PuzzleList(self.family, puzzles, symbols=symbols, numbers=numbers, keep_going=keep_going),
                   dict(segments=segments, halting=halting, halt_margin=halt_margin, views=views, complete=complete,
                        model_runs=model_runs, batch=batch, seed=seed))
        while run.advance():
            pass
        return run.result()

    def segments(self, puzzles: PuzzleInput, *, segments: int = 0, halting: bool = True, halt_margin: float = 0.0,
                 views: int = 1, batch: int = 64, seed: int = 0, confidence: bool = True, symbols: Optional[str] = None,
                 numbers: Numbers = "either") -> Iterator[Segment]:
        """Solves puzzles and yields what came of every segment, as soon as it has run.

        Nothing is computed ahead: a caller who has seen enough ends the loop. Puzzles are read at once.

        Args:
            puzzles, segments, halting, halt_margin, views, batch, seed, symbols, numbers: as for solve().
            confidence: also the probability of each cell, which costs time.

        Raises:
            ValueError: as solve() does.
        """
        run = _Run(self, PuzzleList(self.family, puzzles, symbols=symbols, numbers=numbers),
                   dict(segments=segments, halting=halting, halt_margin=halt_margin, views=views, batch=batch, seed=seed,
                        confidence=confidence))
        return run.events()

    def evaluate(self, data: Union[str, os.PathLike[str]], *, split: str = "test", segments: int = 0, halting: bool = True,
                 halt_margin: float = 0.0, limit: int = 0, views: int = 1, until_solved: bool = False, batch: int = 256,
                 seed: int = 0) -> Dict[str, Any]:
        """Measures the model on a data set; the object that `hrm eval --json` prints (docs/solving.md).

        Args:
            data: folder of a data set.
            split: "test" or "train".
            segments, halting, halt_margin, batch, seed: as for solve().
            limit: this many puzzles, spread evenly over the split; 0: all.
            views: runs per puzzle, of which one is selected.
            until_solved: more views only for puzzles whose answers the rules have rejected so far.

        Raises:
            ValueError: for a data set that cannot be read or does not fit the model.
            KeyboardInterrupt: after the current segment.
        """
        stop = Stop()
        options = EvaluateOptions(sizeof(EvaluateOptions), encoded(split, "split"), whole(segments, "segments"), int(halting),
                                  float(halt_margin), whole(limit, "limit"), whole(views, "views"), int(until_solved),
                                  whole(batch, "batch"), whole(seed, "seed", 64), stop.pointer)
        folder, text = encoded_path(data, "data"), c_void_p()
        interruptible(stop, lambda: call(library.hrm_evaluate, self._pointer, folder, byref(options), byref(text)))
        measured: Dict[str, Any] = json.loads(take_text(text))
        return measured


class _Run:
    """A hrm_run."""

    def __init__(self, model: Model, puzzles: PuzzleList, options: Dict[str, Any]) -> None:
        self._model, self._puzzles, self._cells = model, puzzles, puzzles.family.cells
        self._stop, self._complete = Stop(), bool(options.get("complete"))
        self._options = SolveOptions(
            sizeof(SolveOptions), whole(options["segments"], "segments"), int(options["halting"]),
            float(options["halt_margin"]), whole(options["views"], "views"), int(self._complete),
            whole(options.get("model_runs", 1), "model_runs"), whole(options["batch"], "batch"),
            whole(options["seed"], "seed", 64), int(options.get("confidence", False)), self._stop.pointer)
        self._pointer = c_void_p()
        call(library.hrm_run_begin, model._pointer, puzzles.pointer, byref(self._options), byref(self._pointer))
        owned(self, library.hrm_run_end, self._pointer)

    def _next(self, segments: Any) -> int:
        count = c_size_t()
        call(library.hrm_run_next, self._pointer, segments, byref(count))
        return count.value

    def advance(self) -> int:
        """Runs a segment; the number of puzzles in it. The search after the last one may take long."""
        return interruptible(self._stop, lambda: self._next(None)) if self._complete else self._next(None)

    def events(self) -> Iterator[Segment]:
        """All segments from here on."""
        pointer = POINTER(SegmentStruct)()
        while count := self._next(byref(pointer)):
            events = [self._event(pointer[i]) for i in range(count)]  # before the next call
            yield from events

    def _event(self, event: SegmentStruct) -> Segment:
        confidence = copied(event.confidence, self._cells, np.float32) if event.confidence else None
        return Segment(event.puzzle, event.view, event.segment, copied(event.answer, self._cells, np.int32), confidence,
                       event.q_halt, event.q_continue, event.residual_H, event.residual_L, bool(event.last))

    def result(self) -> Result:
        """After the last segment."""
        text = c_void_p()
        call(library.hrm_run_json, self._pointer, 1, byref(text))
        solutions: List[Solution] = [self._solution(i) for i in range(library.hrm_run_count(self._pointer))]
        return Result(solutions, self._puzzles.skipped(), take_text(text), self._cells)

    def _solution(self, i: int) -> Solution:
        found, family = library.hrm_run_solution(self._pointer, i).contents, self._puzzles.family
        answer = copied(found.answer, self._cells, np.int32)
        return Solution(source=found.source.decode("utf-8", "replace"),
                        question=copied(found.question, self._cells, np.int32), answer=answer, text=family.line(answer),
                        segments=found.segments, view=found.view, halted=bool(found.halted),
                        accepted=None if found.accepted < 0 else bool(found.accepted), confidence=found.confidence,
                        reason=found.reason.decode("utf-8", "replace"), completion=self._completion(found),
                        form=self._puzzles.form(i))

    def _completion(self, found: Any) -> Optional[Completion]:
        if not self._complete:
            return None
        answer = copied(found.completed, self._cells, np.int32) if found.completed else None
        return Completion(answer=answer, text="" if answer is None else self._puzzles.family.line(answer),
                          by=found.completed_by.decode() if found.completed_by else None, solutions=found.solutions.decode(),
                          reason=found.completion_reason.decode("utf-8", "replace"))
