// What the server is asked: the page of hrm serve.
import {ApiError} from "./errors.js";

let token = sessionStorage.getItem("token") ?? "";
let asking = null;  // the dialog, while it is open: all who wait share it

function askForToken() {
  asking ??= new Promise(resolve => {
    const dialog = document.getElementById("token-dialog");
    dialog.addEventListener("close", () => {
      token = document.getElementById("token").value.trim();
      sessionStorage.setItem("token", token);
      asking = null;
      resolve();
    }, {once: true});
    dialog.showModal();
  });
  return asking;
}

async function ask(path, options = {}) {
  for (;;) {
    let response;
    try {
      response = await fetch(path, {...options, headers: {...options.headers, ...(token ? {Authorization: `Bearer ${token}`} : {})}});
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError(0, {message: "The server does not answer.", hint: "Is hrm serve still running?"});
    }
    if (response.ok) return response;
    if (response.status === 401) {
      await askForToken();
      continue;
    }
    let body = null;
    try {
      body = (await response.json()).error;
    } catch { /* no JSON: a proxy's page */ }
    throw new ApiError(response.status, body ?? {message: `The server answers with status ${response.status}.`});
  }
}

// The events of a stream as {name, data}.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    text += value;
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      const event = {name: "message", data: ""};
      for (const line of text.slice(0, end).split("\n")) {
        if (line.startsWith("event: ")) event.name = line.slice(7);
        if (line.startsWith("data: ")) event.data += line.slice(6);
      }
      text = text.slice(end + 2);
      yield {name: event.name, data: JSON.parse(event.data)};
    }
  }
}

export const engine = {
  opensModels: false,
  hasRuns: true,
  noModel: "This server has no reasoning model. Start it with --model, for instance: hrm serve --model models/sudoku9",
  models: async () => (await (await ask("/v1/models")).json()).data,
  describe: async model => model,
  runs: async () => (await (await ask("/v1/runs")).json()).runs,
  log: async (name, offset) => await (await ask(`/v1/runs/${encodeURIComponent(name)}/log?offset=${offset}`)).arrayBuffer(),
  async* solve(request, signal) {
    const response = await ask("/v1/solve", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({...request, stream: true}), signal});
    yield* events(response);
  },
};
