// Puzzles to begin with. Sudoku by number of cells, each with one solution; mazes are made here.
const SUDOKU = {
  16: [["four by four", "1..4..3..2..4..1"]],
  81: [
    ["easy", "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"],
    ["medium", "...26.7.168..7..9.19...45..82.1...4...46.29...5...3.28..93...74.4..5..367.3.18..."],
    ["hard", "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"],
  ],
};

// Corridors by a depth-first walk, S and G in opposite corners.
function maze(rows, columns) {
  const cells = Array.from({length: rows}, () => Array(columns).fill("#"));
  const stack = [[0, 0]];
  cells[0][0] = " ";
  while (stack.length) {
    const [r, c] = stack.at(-1);
    const ways = [[0, 2], [0, -2], [2, 0], [-2, 0]].filter(([dr, dc]) => cells[r + dr]?.[c + dc] === "#");
    if (!ways.length) {
      stack.pop();
      continue;
    }
    const [dr, dc] = ways[Math.floor(Math.random() * ways.length)];
    cells[r + dr / 2][c + dc / 2] = cells[r + dr][c + dc] = " ";
    stack.push([r + dr, c + dc]);
  }
  cells[0][0] = "S";
  cells[(rows - 1) & ~1][(columns - 1) & ~1] = "G";
  return cells.map(row => row.join("")).join("\n");
}

export function examples(shape) {
  if (shape.kind === "maze") return [["a new maze", () => maze(shape.rows, shape.columns)]];
  if (shape.kind === "sudoku") return (SUDOKU[shape.rows * shape.columns] ?? []).map(([name, text]) => [name, () => text]);
  return [];
}
