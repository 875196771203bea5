// One instance of the WebAssembly module and the host that it needs. No DOM: workers and programs use it alike.
//
// An error ends the instance: the method that was called throws a Fault, and `alive` is false from then on. Make a fresh
// instance from the same module and open the model again.
export class Fault extends Error {
  constructor({message, field = null, hint = null}) {
    super(message);
    this.field = field;
    this.hint = hint;
  }
}

const encoder = new TextEncoder(), decoder = new TextDecoder();
// General categories of Unicode, numbered from 1 as utf8proc does; 0: not assigned.
const CATEGORIES = ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So",
  "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co"].map(name => new RegExp(`^\\p{${name}}$`, "u"));
const SUCCESS = 0, BAD_FILE = 8;  // of WASI

export class Instance {
  // module: a compiled WebAssembly.Module. event(name, data): what a request comes to, docs/server.md. note(line):
  // messages to people.
  constructor(module, {event, note = line => console.warn(line)}) {
    this.alive = true;
    const text = (at, size) => decoder.decode(new Uint8Array(this.exports.memory.buffer, at, size));
    const host = {
      event: (name, nameSize, data, dataSize) => event(text(name, nameSize), JSON.parse(text(data, dataSize))),
      note: (line, size) => note(text(line, size)),
      fail: (json, size) => { throw new Fault(JSON.parse(text(json, size))); },
      category: value => CATEGORIES.findIndex(pattern => pattern.test(String.fromCodePoint(value))) + 1,
    };
    const set = (at, value) => new DataView(this.exports.memory.buffer).setUint32(at, value, true);
    // What the C library links: an empty environment, no files. Its own last words go to the console.
    const wasi = {
      environ_sizes_get: (count, bytes) => (set(count, 0), set(bytes, 0), SUCCESS),
      environ_get: () => SUCCESS,
      clock_time_get: (clock, precision, at) => (new DataView(this.exports.memory.buffer).setBigUint64(at, BigInt(Math.round(performance.now() * 1e6)), true), SUCCESS),
      fd_write: (file, parts, count, written) => {
        const view = new DataView(this.exports.memory.buffer);
        let bytes = 0;
        for (let i = 0; i < count; ++i) {
          const at = view.getUint32(parts + 8 * i, true), size = view.getUint32(parts + 8 * i + 4, true);
          if (size) note(text(at, size));
          bytes += size;
        }
        set(written, bytes);
        return SUCCESS;
      },
      fd_close: () => BAD_FILE,
      fd_seek: () => BAD_FILE,
      fd_fdstat_get: () => BAD_FILE,
      proc_exit: code => { throw new Fault({message: `the module ended with code ${code}`}); },
    };
    this.exports = new WebAssembly.Instance(module, {host, wasi_snapshot_preview1: wasi}).exports;
    this.exports._initialize?.();
  }

  // Tells "model". bytes: of a model file. id: its name in messages.
  open(bytes, id) {
    this.#call("open", bytes, encoder.encode(id));
  }
  begin(request) {
    this.#call("begin", encoder.encode(JSON.stringify(request)));
  }
  // Runs a segment; false at the end.
  step() {
    return this.#guarded(() => this.exports.step()) !== 0;
  }

  #call(name, ...parts) {
    this.#guarded(() => {
      const places = parts.map(part => {
        const at = this.exports.allocate(part.length);
        new Uint8Array(this.exports.memory.buffer, at, part.length).set(part);
        return at;
      });
      this.exports[name](...parts.flatMap((part, i) => [places[i], part.length]));
      places.forEach(at => this.exports.release(at));
    });
  }

  #guarded(action) {
    if (!this.alive) throw new Fault({message: "the instance has ended"});
    try {
      return action();
    } catch (error) {
      this.alive = false;
      if (error instanceof Fault) throw error;
      const why = error instanceof RangeError || error instanceof WebAssembly.RuntimeError ? error.message : String(error);
      throw new Fault({message: `the model failed: ${why}`, hint: "This is a fault of the program, not of the puzzle. hrm solve may do."});
    }
  }
}
