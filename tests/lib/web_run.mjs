// Runs jobs in the WebAssembly module, without a browser: node web_run.mjs INSTANCE.mjs hrm.wasm < jobs > results, both
// JSON lists. A job: {model: FILE, requests: [...]}; of each request {events: [[name, data]], milliseconds} or {fault};
// of a model that cannot be opened {fault}. After a fault a fresh instance goes on, as the page does it.
import {readFileSync} from "node:fs";

const {Instance} = await import(process.argv[2]);
const module = await WebAssembly.compile(readFileSync(process.argv[3]));
const notes = [];
let listener = () => {};

function opened(file) {
  const instance = new Instance(module, {event: (name, data) => listener(name, data), note: line => notes.push(line)});
  instance.open(new Uint8Array(readFileSync(file)), file);
  return instance;
}

const faultOf = ({message, field, hint}) => ({fault: {message, field, hint}});

function ran(job) {
  let instance, model = null;
  listener = (name, data) => model = data;
  try {
    instance = opened(job.model);
  } catch (error) {
    return faultOf(error);
  }
  const results = job.requests.map(request => {
    listener = () => {};
    if (!instance.alive) instance = opened(job.model);
    const events = [], times = [];
    listener = (name, data) => events.push([name, data]);
    try {
      const begun = performance.now();
      instance.begin(request);
      while (instance.step()) times.push(performance.now() - begun);
      return {events, milliseconds: performance.now() - begun};
    } catch (error) {
      return {...faultOf(error), alive: instance.alive};
    }
  });
  return {model, results, memory: instance.exports.memory.buffer.byteLength};
}

const results = JSON.parse(readFileSync(0, "utf8")).map(ran);
process.stdout.write(JSON.stringify({results, notes}));
