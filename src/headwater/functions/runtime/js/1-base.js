// The parts of this folder become one strict function, in the order of their names. Nothing of
// theirs is reachable by a function's code but what `globals` holds in the end. What they use of
// the built-ins is taken here, before any other code runs.
const parse = JSON.parse;
const stringify = JSON.stringify;
const now = Date.now;
const PromiseClass = Promise;
const SharedMemory = SharedArrayBuffer;
const call = Function.prototype.call;
const then = call.bind(Promise.prototype.then);
const isArray = Array.isArray;
const fromCharCode = String.fromCharCode;

const globals = {};
const limits = {
  slice_ms: 20,
  slice_events: 128,
  output: 1e6,
  depth: 100,
  lines: 20,
  characters: 1000,
  fetches: 50,
};

// The event that runs now, for the one who watches from outside.
const progress = new Uint32Array(new SharedMemory(4));
let current = null;

const cut = (text, most = limits.characters) =>
  text.length > most ? text.slice(0, most) + "…" : text;

const safely = (work, otherwise) => {
  try {
    return work();
  } catch {
    return otherwise;
  }
};
