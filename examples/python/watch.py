#!/usr/bin/env python3
"""Solves a Sudoku given as an array and shows what the model thinks after every segment.

    python3 watch.py MODEL
"""
import sys

import hrm_cpp
import numpy as np

PUZZLE = np.array([
    [5, 3, 0, 0, 7, 0, 0, 0, 0],
    [6, 0, 0, 1, 9, 5, 0, 0, 0],
    [0, 9, 8, 0, 0, 0, 0, 6, 0],
    [8, 0, 0, 0, 6, 0, 0, 0, 3],
    [4, 0, 0, 8, 0, 3, 0, 0, 1],
    [7, 0, 0, 0, 2, 0, 0, 0, 6],
    [0, 6, 0, 0, 0, 0, 2, 8, 0],
    [0, 0, 0, 4, 1, 9, 0, 0, 5],
    [0, 0, 0, 0, 8, 0, 0, 7, 9],
])


def main():
    model = hrm_cpp.Model(sys.argv[1])
    print(model.describe()["parameters"], "parameters")
    for segment in model.segments(PUZZLE):
        print(f"segment {segment.segment}: {(segment.confidence < 0.9).sum()} cells unsure, q_halt {segment.q_halt:+.2f}")
    solution = model.solve(PUZZLE, complete=True)[0]
    print(solution.array)
    print("the rules accept it" if solution.accepted else solution.reason, "--", solution.completion.solutions, "solution")


if __name__ == "__main__":
    main()
