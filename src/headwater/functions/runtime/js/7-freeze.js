// The built-ins are frozen before a function's code runs: what it does to them changes nothing,
// for no event after.
//
// A frozen prototype also forbids objects below it to have members of the same names by
// assignment (`error.name = …`), which much honest code does. Such members become accessors whose
// setter defines the member on the object itself.
const define = Object.defineProperty;
const descriptorOf = Object.getOwnPropertyDescriptor;

const assignable = (prototype, names) => {
  for (const name of names) {
    const held = descriptorOf(prototype, name);
    if (!held || !held.configurable || !("value" in held)) continue;
    define(prototype, name, {
      configurable: false,
      enumerable: held.enumerable,
      get: () => held.value,
      set(value) {
        if (this === prototype) throw new TypeError("Built-ins cannot be changed.");
        define(this, name, { value, writable: true, enumerable: true, configurable: true });
      },
    });
  }
};

const REMOVED = ["WebAssembly", "SharedArrayBuffer", "Atomics", "setInterval", "gc"];

const hidden = () => [
  (function* () {})().__proto__.__proto__,
  (async function* () {})().__proto__.__proto__,
  Object.getPrototypeOf(function* () {}),
  Object.getPrototypeOf(async function* () {}),
  Object.getPrototypeOf(async function () {}),
  [][Symbol.iterator]().__proto__,
  ""[Symbol.iterator]().__proto__,
  new Map()[Symbol.iterator]().__proto__,
  new Set()[Symbol.iterator]().__proto__,
  /a/[Symbol.matchAll]("").__proto__,
  Object.getPrototypeOf(Int8Array),
];

const freezeAll = () => {
  for (const name of REMOVED) delete globalThis[name];
  globals.__timer_manager = undefined; // of the embedder, as is the setTimeout that is replaced
  for (const [name, value] of Object.entries(globals)) globalThis[name] = value;
  assignable(Object.prototype, Object.getOwnPropertyNames(Object.prototype).filter((n) => n !== "__proto__"));
  assignable(Function.prototype, ["toString", "call", "apply", "bind"]);
  assignable(Array.prototype, ["toString", "constructor"]);
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const value = globalThis[name];
    if (typeof value !== "function" || !(value === Error || value.prototype instanceof Error)) continue;
    assignable(value.prototype, ["name", "message", "toString", "constructor"]);
  }
  const seen = new Set();
  const waiting = [...hidden()];
  for (const key of Reflect.ownKeys(globalThis)) {
    const held = descriptorOf(globalThis, key);
    if ("value" in held) waiting.push(held.value);
    if (held.configurable) define(globalThis, key, "value" in held ? { writable: false, configurable: false } : { configurable: false });
  }
  while (waiting.length) {
    const one = waiting.pop();
    const isObject = one !== null && (typeof one === "object" || typeof one === "function");
    if (!isObject || seen.has(one) || one === globalThis) continue;
    seen.add(one);
    Object.freeze(one);
    waiting.push(Object.getPrototypeOf(one));
    for (const key of Reflect.ownKeys(one)) {
      const held = descriptorOf(one, key);
      waiting.push(held.value, held.get, held.set);
    }
  }
};

const frozenDeep = (value) => {
  if (value !== null && typeof value === "object") {
    Object.values(value).forEach(frozenDeep);
    Object.freeze(value);
  }
  return value;
};
