// The view Solve: a puzzle in, its answer segment by segment out, and back and forth through what was seen.
import {api} from "./api.js";
import {blank, draw, readText, shapeOf, writeText} from "./board.js";
import {chart, short} from "./chart.js";
import {examples} from "./examples.js";

const at = id => document.getElementById(id);
const state = {models: [], model: null, shape: null, question: null, frames: [], position: 0, result: null, abort: null, timer: null, paint: 1};

export function start() {
  at("solve-form").addEventListener("submit", event => {
    event.preventDefault();
    solve();
  });
  at("stop").addEventListener("click", () => state.abort?.abort());
  at("clear").addEventListener("click", () => setText(""));
  at("puzzle").addEventListener("input", textChanged);
  at("model").addEventListener("change", () => choose(state.models.find(model => model.id === at("model").value)));
  at("model-file-row").hidden = at("model-file-help").hidden = !api.opensModels;
  at("model-file").addEventListener("change", openModel);
  at("example").addEventListener("change", () => {
    const chosen = state.examples[at("example").selectedIndex - 1];
    if (chosen) setText(spread(chosen[1]()));
  });
  const go = to => {
    pause();
    show(to);
  };
  at("first").addEventListener("click", () => go(0));
  at("back").addEventListener("click", () => go(state.position - 1));
  at("forward").addEventListener("click", () => go(state.position + 1));
  at("last").addEventListener("click", () => go(state.frames.length - 1));
  at("position").addEventListener("input", () => go(Number(at("position").value) - 1));
  at("play").addEventListener("click", () => state.timer ? pause() : play());
  at("solve-form").addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("solve-form").requestSubmit();
  });
}

export function shown() {}

export async function setModels(models, error) {
  state.models = models.filter(model => model.kind === "reasoning");
  if (error) at("solve-error").textContent = error.text ?? error.message;
  else if (!state.models.length) at("solve-error").textContent = api.noModel;
  listModels();
  if (state.models.length) await choose(state.models[0]);
}

function listModels() {
  const name = model => model.parameters ? `${model.id} (${model.parameters.toLocaleString("en")} parameters)` : model.id;
  at("model").replaceChildren(...state.models.map(model => new Option(name(model), model.id)));
  if (state.model) at("model").value = state.model.id;
  at("solve").disabled = !state.model;
}

async function openModel() {
  const file = at("model-file").files[0];
  if (!file) return;
  at("model-file-error").textContent = "";
  at("model-file").removeAttribute("aria-invalid");
  try {
    const model = await api.open(file);
    state.models = [...state.models.filter(({id}) => id !== model.id), model];
    await choose(model);
  } catch (error) {
    at("model-file-error").textContent = error.text ?? error.message;
    at("model-file").setAttribute("aria-invalid", "true");
  } finally {
    at("model-file").value = "";  // so that the same file can be chosen again
  }
}

const help = {
  sudoku: shape => `${shape.rows} rows of ${shape.columns}: digits, and . for a blank. Type, paste, or type into the grid.`,
  maze: shape => `${shape.rows} lines of ${shape.columns}: # wall, blank open, S start, G goal. Paste, or draw into the grid.`,
  text: () => "As the model's data set writes its questions.",
};

async function choose(model) {
  if (!model.family) {
    at("solve").disabled = true;
    setStatus("Loading the model …");
    try {
      model = Object.assign(model, await api.describe(model));
    } catch (error) {
      if (at("model").value !== model.id) return;
      setStatus("");
      at("solve-error").textContent = error.text ?? error.message;
      listModels();
      return;
    }
    if (at("model").value !== model.id) return;  // another was chosen meanwhile
  }
  state.model = model;
  listModels();
  state.shape = shapeOf(model.family, model.cells);
  at("puzzle-help").textContent = help[state.shape.kind](state.shape);
  at("puzzle").rows = Math.min(34, Math.max(4, state.shape.rows + 1));
  at("views").disabled = !model.rules;
  at("segments").value = Math.max(16, model.segments);
  state.examples = examples(state.shape);
  at("example").replaceChildren(new Option("choose …", ""), ...state.examples.map(([name]) => new Option(name, name)));
  at("example").disabled = !state.examples.length;
  addTools();
  setText(state.examples.length ? spread(state.examples[0][1]()) : "");
}

// One line of cells as rows.
function spread(text) {
  const cells = readText(state.shape, text);
  return cells ? writeText(state.shape, cells) : text;
}

function addTools() {
  const tools = at("editor-tools");
  tools.hidden = state.shape.kind !== "maze";
  tools.replaceChildren();
  if (tools.hidden) return;
  tools.setAttribute("role", "radiogroup");
  tools.setAttribute("aria-label", "What a click draws");
  ["wall", "open", "start", "goal"].forEach((name, i) => {
    const label = document.createElement("label"), input = document.createElement("input");
    label.className = "check";
    Object.assign(input, {type: "radio", name: "paint", checked: i + 1 === state.paint});
    input.addEventListener("change", () => state.paint = i + 1);
    label.append(input, name);
    tools.append(label);
  });
}

function setText(text) {
  at("puzzle").value = text;
  textChanged();
}

function textChanged() {
  state.abort?.abort();
  clearErrors();
  reset();
  if (!state.shape) return;
  const cells = readText(state.shape, at("puzzle").value);
  state.question = cells;
  drawQuestion();
}

function reset() {
  pause();
  state.frames = [];
  state.result = null;
  at("scrub").hidden = true;
  at("curves").replaceChildren();
  setStatus("");
  at("grid-title").textContent = "Puzzle";
}

function drawQuestion() {
  if (state.shape.kind === "text") return draw(at("grid"), state.shape, {text: ""});
  const empty = Array(state.shape.rows * state.shape.columns).fill(blank(state.shape));
  draw(at("grid"), state.shape, {cells: state.question ?? empty, edit});
}

function edit(cell, token) {
  const cells = state.question ? [...state.question] : Array(state.shape.rows * state.shape.columns).fill(blank(state.shape));
  if (token === "paint") token = state.paint;
  if (cells[cell] === token) return;
  // A maze has one start and one goal.
  if (state.shape.kind === "maze" && (token === 3 || token === 4)) cells.forEach((old, i) => old === token && (cells[i] = 2));
  cells[cell] = token;
  setText(writeText(state.shape, cells));
}

function setStatus(text, kind = "") {
  at("status").textContent = text;
  at("status").className = kind;
}

function clearErrors() {
  for (const id of ["puzzle-error", "segments-error", "views-error", "solve-error"]) at(id).textContent = "";
  for (const id of ["puzzle", "segments", "views"]) at(id).removeAttribute("aria-invalid");
}

function showError(error) {
  const field = ["puzzle", "segments", "views"].find(name => error.field?.startsWith(name));
  at(field ? `${field}-error` : "solve-error").textContent = error.text ?? error.message;
  if (!field) return;
  at(field).setAttribute("aria-invalid", "true");
  at(field).focus();
}

function wholeNumber(id) {
  const value = at(id).value.trim();
  return value === "" ? undefined : Number(value);
}

async function solve() {
  state.abort?.abort();
  const abort = state.abort = new AbortController();
  clearErrors();
  reset();
  drawQuestion();
  const request = {model: state.model.id, puzzle: at("puzzle").value, segments: wholeNumber("segments"),
    views: at("views").disabled ? undefined : wholeNumber("views"), halting: at("halting").checked, steps: false};
  at("stop").disabled = false;
  setStatus("Solving …");
  const begun = performance.now();
  try {
    for await (const {name, data} of api.solve(request, abort.signal)) {
      if (state.abort !== abort) return;
      if (name === "error") throw Object.assign(new Error(data.error.message), {text: [data.error.message, data.error.hint].filter(Boolean).join("\n"), field: data.error.field});
      if (data.puzzle > 0) continue;  // of several in the text the first is shown
      if (name === "segment") add(data);
      if (name === "solution") finish(data, performance.now() - begun);
      if (name === "done" && data.puzzles > 1) at("solve-error").textContent = `The text holds ${data.puzzles} puzzles: the first is shown.`;
    }
  } catch (error) {
    if (state.abort !== abort) return;
    setStatus(error.name === "AbortError" ? "Stopped." : "");
    if (error.name !== "AbortError") showError(error);
  } finally {
    if (state.abort === abort) at("stop").disabled = true;
  }
}

function add(frame) {
  const follows = state.position === state.frames.length - 1 || !state.frames.length;
  state.frames.push(frame);
  at("scrub").hidden = false;
  at("position").max = state.frames.length;
  if (follows) show(state.frames.length - 1);
}

function finish(solution, milliseconds) {
  state.result = solution;
  // A puzzle that no view solves keeps the plain view's answer: that is where its last frame is.
  const last = state.frames.findLastIndex(frame => frame.view === solution.view);
  const view = state.frames.at(-1)?.view > 0 ? `, view ${solution.view + 1} of ${state.frames.at(-1).view + 1}` : "";
  const check = solution.accepted === null ? "There are no rules to check it by" : solution.accepted ? "The rules accept it" : `Wrong: ${solution.reason}`;
  const how = `${solution.segments} segment${solution.segments === 1 ? "" : "s"}${solution.halted ? "" : " (the limit)"}${view}, Q ${solution.confidence.toFixed(3)}, ${milliseconds.toFixed(0)} ms`;
  setStatus(`${check}. ${how}.`, solution.accepted === null ? "" : solution.accepted ? "good" : "bad");
  if (last >= 0) show(last);
}

function show(position) {
  if (!state.frames.length) return;
  state.position = Math.min(Math.max(position, 0), state.frames.length - 1);
  const frame = state.frames[state.position];
  at("grid-title").textContent = "Answer";
  at("position").value = state.position + 1;
  at("position").setAttribute("aria-valuetext", `segment ${frame.segment} of view ${frame.view + 1}`);
  at("back").disabled = at("first").disabled = state.position === 0;
  at("forward").disabled = at("last").disabled = state.position === state.frames.length - 1;
  at("segment-text").textContent = `View ${frame.view + 1}, segment ${frame.segment}: ${frame.changed.length} cells changed, q_halt ${short(frame.q_halt)}, residuals H ${short(frame.residual_H)}, L ${short(frame.residual_L)}`;
  draw(at("grid"), state.shape, {cells: frame.cells, question: state.question, changed: new Set(frame.changed), confidence: frame.confidence, text: frame.answer});
  drawCurves();
}

function drawCurves() {
  const points = key => state.frames.map((frame, i) => [i + 1, frame[key] ?? NaN]);
  const common = {xLabel: "segment", here: state.position + 1};
  at("curves").replaceChildren(
    chart({...common, title: "Q values: the model halts when q_halt is high", series: [{name: "q_halt", points: points("q_halt")}, {name: "q_continue", points: points("q_continue")}]}),
    chart({...common, title: "Residuals: how much the states still move", log: true, series: [{name: "z_H", points: points("residual_H")}, {name: "z_L", points: points("residual_L")}]}));
}

function play() {
  if (state.position === state.frames.length - 1) show(0);
  at("play").textContent = "Pause";
  state.timer = setInterval(() => {
    if (state.position === state.frames.length - 1) return pause();
    show(state.position + 1);
  }, 500);
}

function pause() {
  clearInterval(state.timer);
  state.timer = null;
  at("play").textContent = "Play";
}
