// The view Runs: curves of a training log, from a file or live from the server's --runs folder.
import {api} from "./api.js";
import {chart, short} from "./chart.js";
import {LineReader} from "./lines.js";

const at = id => document.getElementById(id);
const state = {records: [], source: "", timer: null, name: "", offset: 0, reader: null, busy: false, listed: false};
const MOST_POINTS = 600;

export function start() {
  at("run-file").addEventListener("change", async () => {
    const file = at("run-file").files[0];
    if (!file) return;
    stopLive();
    at("run-choice").value = "";
    at("run-error").textContent = "";
    try {
      begin(file.name);
      state.records = new LineReader().add(await file.arrayBuffer(), true);
      check();
      drawAll();
    } catch (error) {
      at("run-error").textContent = `${file.name}: ${error.message}`;
      at("run-curves").replaceChildren();
      at("run-summary").textContent = "";
    }
  });
  at("run-choice").addEventListener("change", () => {
    stopLive();
    at("run-error").textContent = "";
    if (!at("run-choice").value) return;
    begin(at("run-choice").value);
    state.name = at("run-choice").value;
    state.timer = setInterval(poll, 2000);
    poll();
  });
}

export async function shown() {
  if (!api.hasRuns) at("run-choice-row").hidden = at("run-live").hidden = true;
  if (state.listed || !api.hasRuns) return;
  state.listed = true;
  try {
    const runs = await api.runs();
    at("run-choice").append(...runs.map(run => new Option(run.name === "." ? "this folder" : run.name, run.name)));
    at("run-choice").disabled = !runs.length;
  } catch { /* a server without --runs: files can be opened */ }
}

function begin(source) {
  Object.assign(state, {records: [], source, offset: 0, reader: new LineReader()});
}

function stopLive() {
  clearInterval(state.timer);
  state.timer = null;
}

async function poll() {
  if (state.busy) return;
  state.busy = true;
  const name = state.name;
  try {
    for (;;) {
      const bytes = await api.log(name, state.offset);
      if (name !== state.name || !state.timer) return;
      if (!bytes.byteLength) break;
      state.offset += bytes.byteLength;
      state.records.push(...state.reader.add(bytes));
      drawAll();
    }
    check();
    at("run-error").textContent = "";
  } catch (error) {
    if (error.field === "offset") begin(name);  // the run has begun anew
    else at("run-error").textContent = error.text ?? error.message;
  } finally {
    state.busy = false;
  }
}

function check() {
  if (!state.records.some(record => "step" in Object(record))) throw new Error("holds no record with a step: is it the log.jsonl of a run folder?");
}

function thin(points) {
  if (points.length <= MOST_POINTS) return points;
  const every = points.length / MOST_POINTS;
  return Array.from({length: MOST_POINTS}, (_, i) => points[Math.floor((i + 1) * every) - 1]);
}

const TITLES = {loss: "Loss", lm_loss: "Token loss", exact_accuracy: "Share solved exactly", accuracy: "Share of cells right", q_halt_loss: "Halting loss",
  q_halt_accuracy: "Halting right", steps: "Segments used", gradient_norm: "Gradient norm", lr: "Learning rate", rules_accepted: "Share that the rules accept"};

function drawAll() {
  const kinds = {train: {}, evaluation: {}};
  let last = 0, seconds = 0;
  for (const record of state.records) {
    if (!Number.isFinite(record?.step)) continue;
    last = Math.max(last, record.step);
    seconds = record.seconds ?? seconds;
    const curves = kinds[record.kind];
    if (!curves) continue;
    for (const [key, value] of Object.entries(record))
      if (typeof value === "number" && !["step", "seconds", "count"].includes(key)) (curves[key] ??= []).push([record.step, value]);
  }
  const keys = [...new Set([...Object.keys(kinds.train), ...Object.keys(kinds.evaluation)])].filter(key => !key.startsWith("ema_"));
  const rank = key => Object.keys(TITLES).indexOf(key) + 1 || 99;
  keys.sort((a, b) => rank(a) - rank(b));
  at("run-curves").replaceChildren(...keys.map(key => {
    const held = [...(kinds.evaluation[key] ?? [])];
    const series = [{name: "training", points: thin(kinds.train[key] ?? [])}];
    if (held.length) series.push({name: "held out", points: thin(held)});
    if (kinds.evaluation[`ema_${key}`]) series[1] = {name: "held out, averaged", points: thin(kinds.evaluation[`ema_${key}`])};
    return chart({title: TITLES[key] ?? key, series: series.filter(s => s.points.length), xLabel: "step", log: key === "lr" || key === "gradient_norm"});
  }));
  const best = kinds.evaluation.ema_exact_accuracy ?? kinds.evaluation.exact_accuracy;
  at("run-summary").textContent = `${state.source}: ${last.toLocaleString("en")} steps, ${(seconds / 60).toFixed(1)} minutes` +
    (best?.length ? `; solved exactly in the last evaluation: ${short(100 * best.at(-1)[1])} %` : "") + (state.timer ? "; read again every two seconds" : "");
}
