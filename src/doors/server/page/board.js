// Boards of cells: Sudoku and mazes as tables, raw tables as text. Tokens are those of the model (puzzles/*.h).
const DIGITS = "123456789ABCDEFG";
const MAZE = "# SGo";  // tokens 1 to 5
const MAZE_WORDS = ["wall", "open", "start", "goal", "path"];

export function shapeOf(family, cells) {
  if (family?.family === "sudoku") {
    const side = family.box_rows * family.box_columns;
    return {kind: "sudoku", rows: side, columns: side, boxRows: family.box_rows, boxColumns: family.box_columns};
  }
  if (family?.family === "maze") return {kind: "maze", rows: family.height, columns: family.width};
  return {kind: "text", rows: 1, columns: cells};
}

export const blank = shape => shape.kind === "maze" ? 2 : 1;

export function symbol(shape, token) {
  if (shape.kind === "sudoku") return token <= 1 ? "" : DIGITS[token - 2] ?? "?";
  return MAZE[token - 1] ?? "?";
}

// The cells of a text that is plainly written; null where only the server can tell.
export function readText(shape, text) {
  const count = shape.rows * shape.columns, cells = [];
  if (shape.kind === "sudoku") {
    for (const c of text.toUpperCase()) {
      const digit = DIGITS.slice(0, shape.rows).indexOf(c);
      if (digit >= 0) cells.push(digit + 2);
      else if (".0_*".includes(c)) cells.push(1);
      else if (!"\n\r\t |+-".includes(c)) return null;
    }
  } else if (shape.kind === "maze") {
    for (const line of text.replace(/\r/g, "").replace(/\n+$/, "").split("\n")) {
      if (line.length > shape.columns) return null;
      for (const c of line.padEnd(shape.columns)) {
        const token = MAZE.indexOf(c) + 1;
        if (token < 1 || token > 4) return null;
        cells.push(token);
      }
    }
  }
  return cells.length === count ? cells : null;
}

export function writeText(shape, cells) {
  const lines = [];
  for (let r = 0; r < shape.rows; ++r) {
    const row = cells.slice(r * shape.columns, (r + 1) * shape.columns);
    lines.push(row.map(token => shape.kind === "sudoku" ? symbol(shape, token) || "." : symbol(shape, token)).join(""));
  }
  return lines.join("\n");
}

function words(shape, token, place, extra) {
  const what = shape.kind === "sudoku" ? symbol(shape, token) || "blank" : MAZE_WORDS[token - 1] ?? "unknown";
  return `row ${place.r + 1}, column ${place.c + 1}: ${what}${extra}`;
}

// options: {cells, question, changed: Set, confidence: [], edit: (cell, token|"paint") => void}
export function draw(host, shape, options) {
  const {cells, question = null, changed = new Set(), confidence = null, edit = null} = options;
  const focus = host.contains(document.activeElement) ? document.activeElement.dataset?.cell : null;
  host.replaceChildren();
  if (shape.kind === "text") {
    const text = document.createElement("pre");
    text.textContent = options.text ?? "";
    host.append(text);
    return;
  }
  const table = document.createElement("table");
  table.className = `board ${shape.kind}${shape.kind === "sudoku" && shape.rows > 9 ? " large" : ""}`;
  if (edit) table.setAttribute("role", "grid");
  table.setAttribute("aria-label", edit ? "The puzzle, to be edited" : "The answer");
  for (let r = 0; r < shape.rows; ++r) {
    const row = table.insertRow();
    for (let c = 0; c < shape.columns; ++c) {
      const i = r * shape.columns + c, token = cells[i], td = row.insertCell();
      td.dataset.cell = i;
      const given = question ? question[i] !== blank(shape) : token !== blank(shape);
      const classes = [];
      let extra = "";
      if (shape.kind === "sudoku") {
        td.textContent = symbol(shape, token);
        if (given) classes.push("given");
        if (given && question) extra += ", given";
        if (c % shape.boxColumns === 0) classes.push("left");
        if (r % shape.boxRows === 0) classes.push("top");
        if (c === shape.columns - 1) classes.push("right");
        if (r === shape.rows - 1) classes.push("bottom");
        if (question && given && token !== question[i]) classes.push("wrong");
      } else {
        td.textContent = token === 1 || token === 2 ? "" : symbol(shape, token);
        if (token === 1) classes.push("wall");
        if (token === 5) classes.push("path");
      }
      if (changed.has(i)) classes.push("changed"), extra += ", changed";
      if (confidence && !(shape.kind === "sudoku" && given) && token !== 1) {
        classes.push(`heat${Math.min(9, Math.floor(confidence[i] * 10))}`);
        extra += `, ${(100 * confidence[i]).toFixed(0)} % sure`;
        td.title = `${(100 * confidence[i]).toFixed(1)} %`;
      }
      td.className = classes.join(" ");
      td.setAttribute("aria-label", words(shape, token, {r, c}, extra));
      if (edit) td.tabIndex = i === Number(focus ?? 0) ? 0 : -1, td.setAttribute("role", "gridcell");
    }
    if (edit) row.setAttribute("role", "row");
  }
  host.append(table);
  if (edit) addKeys(host, table, shape, edit);
  if (focus !== null && focus !== undefined) table.querySelector(`[data-cell="${focus}"]`)?.focus();
}

function addKeys(host, table, shape, edit) {
  const cellAt = i => host.querySelector(`[data-cell="${i}"]`);
  const move = (from, to) => {
    if (!cellAt(to)) return;
    from.tabIndex = -1;
    cellAt(to).tabIndex = 0;
    cellAt(to).focus();
  };
  table.addEventListener("keydown", event => {
    const td = event.target.closest("td");
    if (!td || event.ctrlKey || event.metaKey || event.altKey) return;
    const i = Number(td.dataset.cell), c = i % shape.columns;
    const steps = {ArrowLeft: c > 0 ? -1 : 0, ArrowRight: c < shape.columns - 1 ? 1 : 0, ArrowUp: -shape.columns, ArrowDown: shape.columns};
    if (event.key in steps) {
      event.preventDefault();
      move(td, i + steps[event.key]);
      return;
    }
    const key = event.key.toUpperCase();
    let token = null;
    if (shape.kind === "sudoku") {
      if (["BACKSPACE", "DELETE", " ", ".", "0"].includes(key)) token = 1;
      const digit = DIGITS.slice(0, shape.rows).indexOf(key);
      if (key.length === 1 && digit >= 0) token = digit + 2;
    } else if ([" ", "ENTER"].includes(key)) {
      token = "paint";
    } else if (key.length === 1 && "#SG.".includes(key)) {
      token = key === "." ? 2 : MAZE.indexOf(key) + 1;
    }
    if (token === null) return;
    event.preventDefault();
    edit(i, token);
    if (shape.kind === "sudoku" && token !== 1) move(cellAt(i), i + 1);
  });
  table.addEventListener("pointerdown", event => {
    const td = event.target.closest("td");
    if (!td) return;
    table.querySelectorAll('td[tabindex="0"]').forEach(other => other.tabIndex = -1);
    td.tabIndex = 0;
    td.focus();
    if (shape.kind !== "maze") return;
    event.preventDefault();
    edit(Number(td.dataset.cell), "paint");
  });
  table.addEventListener("pointerover", event => {
    const td = event.target.closest("td");
    if (td && shape.kind === "maze" && event.buttons === 1) edit(Number(td.dataset.cell), "paint");
  });
}
