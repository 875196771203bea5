// The models of the static page at work, off the page's own thread.
//
// In: {open: id, bytes, number}, {solve: request, id, number}, {stop: number}. Out: {number, event, data} and, as the last
// word of each, {number, fault} or {number, ended}.
import {Fault, Instance} from "./instance.js";

const module = load();
module.catch(() => {});  // told when it is first needed
const models = new Map();  // bytes by id: an instance that ended is made anew
const busy = new Set(), stopped = new Set();  // numbers that are not done yet; of these, those to be ended
let current = null;  // {id, instance}: one at a time, for an instance never gives memory back
let listener = () => {};
let queue = Promise.resolve();

// Not compileStreaming: it refuses what a host serves under another type than application/wasm.
async function load() {
  let response;
  try {
    response = await fetch("./hrm.wasm");
  } catch {
    throw new Fault({message: "hrm.wasm cannot be loaded", hint: "Is there a network? The page is kept by the browser, the module perhaps not yet."});
  }
  if (!response.ok) throw new Fault({message: `hrm.wasm cannot be loaded: status ${response.status}`, hint: "It belongs beside index.html."});
  try {
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new Fault({message: `this browser cannot run the module: ${error.message}`, hint: "WebAssembly with SIMD is needed: Chrome or Edge 97, Firefox 114, Safari 16.4, or newer."});
  }
}

async function instanceOf(id) {
  if (current?.id === id && current.instance.alive) return current.instance;
  current = null;  // before the next one takes its memory
  const instance = new Instance(await module, {event: (name, data) => listener(name, data)});
  instance.open(models.get(id), id);
  current = {id, instance};
  return instance;
}

async function open(id, bytes, number) {
  const before = models.get(id);
  models.set(id, new Uint8Array(bytes));
  try {
    current = null;
    listener = (event, data) => postMessage({number, event, data});
    await instanceOf(id);
  } catch (error) {
    if (before) models.set(id, before);
    else models.delete(id);
    throw error;
  }
}

async function solve(request, id, number) {
  listener = () => {};  // the model has been told of
  const instance = await instanceOf(id);
  listener = (event, data) => postMessage({number, event, data});
  instance.begin(request);
  // Between two segments messages come in: a stop, above all.
  while (!stopped.has(number) && instance.step()) await breath();
}

const channel = new MessageChannel();
const breath = () => new Promise(resolve => {  // setTimeout would wait 4 ms
  channel.port1.onmessage = resolve;
  channel.port2.postMessage(null);
});

// One after the other: an instance does one thing at a time.
function inTurn(number, action) {
  busy.add(number);
  queue = queue.then(async () => {
    try {
      if (!stopped.has(number)) await action();
      postMessage({number, ended: true});
    } catch ({message, field = null, hint = null}) {
      postMessage({number, fault: {message, field, hint}});
    }
    busy.delete(number);
    stopped.delete(number);
  });
}

addEventListener("message", ({data}) => {
  if ("open" in data) inTurn(data.number, () => open(data.open, data.bytes, data.number));
  else if ("solve" in data) inTurn(data.number, () => solve(data.solve, data.id, data.number));
  else if (busy.has(data.stop)) stopped.add(data.stop);
});
