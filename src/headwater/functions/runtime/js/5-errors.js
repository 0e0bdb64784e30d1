// Segment's errors, and how any thrown thing is told. A thrown thing may be hostile: a proxy, an
// object with getters that throw. Whatever it does, it is told as something.
const KINDS = {
  EventNotSupported: "unsupported",
  InvalidEventPayload: "invalid",
  ValidationError: "invalid",
  RetryError: "retry",
  TimeoutError: "timeout",
  DropEvent: "dropped",
};

for (const name of Object.keys(KINDS)) {
  const made = {
    [name]: class extends Error {
      constructor(message, options) {
        super(message, options);
        Object.defineProperty(this, "name", { value: name, writable: true, configurable: true });
      }
    },
  };
  globals[name] = made[name];
}

const UNREADABLE = "What was thrown cannot be read.";

// The code stands in a function that begins on its first line: `(function(){`.
const WRAPPED = 12;
const FIRST_LINE = /:1:(\d+)\)$/;

const readText = (thrown, name) =>
  safely(() => {
    const value = thrown[name];
    return typeof value === "string" ? value : "";
  }, "");

const told = (thrown) => {
  const isObject = thrown !== null && (typeof thrown === "object" || typeof thrown === "function");
  if (!isObject) return { kind: "error", message: cut(safely(() => String(thrown), UNREADABLE)) };
  const name = cut(readText(thrown, "name"), 100);
  const message = readText(thrown, "message") || safely(() => shown(thrown), "") || name || UNREADABLE;
  const frames = readText(thrown, "stack")
    .slice(0, 20000)
    .split("\n")
    .filter((frame) => frame.includes("function.js:"))
    .map((frame) => frame.trim().replace(FIRST_LINE, (_, column) => `:1:${column - WRAPPED})`));
  const line = Number(/function\.js:(\d+)/.exec(frames[0] ?? "")?.[1] ?? 0);
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : "error";
  return { kind, name, message: cut(message), stack: cut(frames.join("\n")), line };
};

const failure = (thrown) => {
  const found = told(thrown);
  if (found.kind === "dropped") return { dropped: found.message };
  found.is_retryable = found.kind === "retry" || found.kind === "timeout";
  return { failed: found };
};

const failing = (kind, message) => ({ failed: { kind, message } });

// A value as a log line shows it.
const shown = (value) => {
  if (typeof value === "string") return value;
  if (value instanceof Error) {
    const { name, message, stack } = told(value);
    return `${name || "Error"}: ${message}${stack && "\n" + stack}`;
  }
  if (typeof value === "function") return "[function]";
  if (value !== null && typeof value === "object") return stringify(value) ?? "[object]";
  return String(value);
};
