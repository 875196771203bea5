#!/usr/bin/env bash
# py-sudoku: most generated puzzles have several solutions, and `solve` returns one of them.
#
# py-sudoku 2.0.0. `Sudoku(3, seed=s).difficulty(d)` removes cells of a full grid at random without looking whether the
# puzzle still has one solution. Of 40 puzzles with 41 givens (d = 0.5) 25 have several, of 40 with 33 givens (d = 0.6)
# all. A model that is trained on such pairs learns answers that nothing in the puzzle determines, and a right answer of
# it counts as wrong. `has_multiple_solutions` tells, if asked; the count below is our own search.
#
# Exit code 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet py-sudoku==2.0.0 2>/dev/null
cat >count.py <<'END'
from sudoku import Sudoku

def candidates(board, row, column):
    seen = set(board[row]) | {line[column] for line in board}
    seen |= {board[row // 3 * 3 + i][column // 3 * 3 + j] for i in range(3) for j in range(3)}
    return [value for value in range(1, 10) if value not in seen]

def solutions(board, most=2):
    free = [(len(candidates(board, r, c)), r, c) for r in range(9) for c in range(9) if not board[r][c]]
    if not free:
        return 1
    _, row, column = min(free)
    found = 0
    for value in candidates(board, row, column):
        board[row][column] = value
        found += solutions(board, most - found)
        board[row][column] = 0
        if found >= most:
            break
    return found

for difficulty in (0.4, 0.5, 0.6):
    boards = [[[cell or 0 for cell in row] for row in Sudoku(3, seed=seed).difficulty(difficulty).board] for seed in range(40)]
    several = sum(solutions(board) > 1 for board in boards)
    print(difficulty, sum(map(bool, sum(boards[0], []))), "givens:", several, "of 40 have several solutions")
END
venv/bin/python count.py | tee seen
diff - seen <<'END'
0.4 49 givens: 14 of 40 have several solutions
0.5 41 givens: 25 of 40 have several solutions
0.6 33 givens: 40 of 40 have several solutions
END
