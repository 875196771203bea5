// Who answers the page of the static folder: the WebAssembly module, in a worker. models.json lists the models beside it
// ([{"id", "file"}]); the user may open more.
import {ApiError} from "./errors.js";

let worker = null, numbers = 0;
const listeners = new Map();  // by number: the message of the worker that is about it

function post(message, transfer = []) {
  if (!worker) {
    worker = new Worker(new URL("./worker.js", import.meta.url), {type: "module"});
    worker.addEventListener("message", ({data}) => listeners.get(data.number)?.(data));
    // The script itself did not run: without it nothing is ever answered.
    worker.addEventListener("error", event => {
      const fault = {message: `the worker of the page failed: ${event.message || "worker.js cannot be loaded"}`, field: null, hint: "Load the page again."};
      for (const [number, listener] of [...listeners]) listener({number, fault});
      worker = null;
    });
  }
  worker.postMessage(message, transfer);
}

// What the worker says of `number`, event by event, until it is done with it.
async function* answers(number, message, transfer) {
  const waiting = [];
  let wake = () => {};
  listeners.set(number, data => {
    waiting.push(data);
    wake();
  });
  try {
    post(message, transfer);
    for (;;) {
      while (!waiting.length) await new Promise(resolve => wake = resolve);
      const data = waiting.shift();
      if (data.fault) throw new ApiError(422, data.fault);
      if (data.ended) return;
      yield {name: data.event, data: data.data};
    }
  } finally {
    listeners.delete(number);
  }
}

async function open(id, bytes) {
  for await (const {name, data} of answers(++numbers, {open: id, bytes, number: numbers}, [bytes])) if (name === "model") return data;
  throw new ApiError(500, {message: `${id}: the module does not say what the model is`});
}

async function fetched(file) {
  let response;
  try {
    response = await fetch(file);
  } catch {
    throw new ApiError(0, {message: `${file} cannot be loaded.`, hint: "Is there a network?"});
  }
  if (!response.ok) throw new ApiError(response.status, {message: `${file} cannot be loaded: status ${response.status}.`});
  return response;
}

export const engine = {
  opensModels: true,
  hasRuns: false,
  noModel: "This page has no model yet: open a model file.",

  async models() {
    const list = await (await fetched("./models.json")).json();
    return list.map(model => ({...model, kind: "reasoning"}));
  },
  describe: async model => open(model.id, await (await fetched(model.file)).arrayBuffer()),
  open: async file => open(file.name, await file.arrayBuffer()),

  async* solve(request, signal) {
    const number = ++numbers;
    const stop = () => worker?.postMessage({stop: number});
    const ended = () => { throw new DOMException("The request was stopped.", "AbortError"); };
    if (signal.aborted) ended();
    signal.addEventListener("abort", stop, {once: true});
    try {
      for await (const event of answers(number, {solve: {...request, stream: true}, id: request.model, number})) {
        if (signal.aborted) ended();
        yield event;
      }
      if (signal.aborted) ended();
    } finally {
      stop();  // whoever listens no more wants no more
      signal.removeEventListener("abort", stop);
    }
  },
};
