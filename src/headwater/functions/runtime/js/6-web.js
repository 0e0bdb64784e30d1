// console, timers, fetch. A cause from outside (an answer, a timer) belongs to the event during
// which it was asked for.
const log = (level) =>
  function (...values) {
    const into = current ?? loading;
    if (!into || into.lines.length > limits.lines) return;
    if (into.lines.length === limits.lines) {
      into.lines.push({ level: "warn", text: "Further lines are not kept." });
      return;
    }
    const text = values
      .slice(0, 20)
      .map((value) => safely(() => cut(shown(value)), "[unreadable]"))
      .join(" ");
    into.lines.push({ level, text: cut(text).toWellFormed() });
  };
globals.console = {
  log: log("info"),
  info: log("info"),
  debug: log("debug"),
  warn: log("warn"),
  error: log("error"),
};

// What has been asked for and not come yet, by its number: {unit, run, at}.
let awaited = new Map();
let asked = 0;
let outbox = [];

const wake = (number, answer) => {
  const held = awaited.get(number);
  if (!held) return;
  awaited.delete(number);
  current = held.unit;
  progress[0] = current?.index ?? 0;
  held.run(answer);
};

globals.setTimeout = function setTimeout(run, after = 0, ...values) {
  if (typeof run !== "function") throw new TypeError("setTimeout takes a function.");
  if (awaited.size >= 1000) throw new RangeError("Too many timers and requests are waiting.");
  const at = now() + Math.min(Math.max(Number(after) || 0, 0), 60000);
  const guarded = () => {
    try {
      run(...values);
    } catch (thrown) {
      globals.console.error(thrown);
    }
  };
  awaited.set(++asked, { unit: current, run: guarded, at });
  return asked;
};
globals.clearTimeout = function clearTimeout(number) {
  if (awaited.get(number)?.at !== undefined) awaited.delete(number);
};

class Headers {
  #held = new Map();
  constructor(from = {}) {
    const pairs = typeof from?.[Symbol.iterator] === "function" ? from : Object.entries(from ?? {});
    for (const [name, value] of pairs) this.append(name, value);
  }
  append(name, value) {
    const key = `${name}`.toLowerCase();
    this.#held.set(key, this.#held.has(key) ? `${this.#held.get(key)}, ${value}` : `${value}`);
  }
  delete(name) {
    this.#held.delete(`${name}`.toLowerCase());
  }
  get(name) {
    return this.#held.get(`${name}`.toLowerCase()) ?? null;
  }
  has(name) {
    return this.#held.has(`${name}`.toLowerCase());
  }
  set(name, value) {
    this.#held.set(`${name}`.toLowerCase(), `${value}`);
  }
  forEach(visit, self) {
    for (const [name, value] of this.#held) visit.call(self, value, name, this);
  }
  entries() {
    return [...this.#held].sort(([a], [b]) => (a < b ? -1 : 1))[Symbol.iterator]();
  }
  keys() {
    return [...this.entries()].map(([name]) => name)[Symbol.iterator]();
  }
  values() {
    return [...this.entries()].map(([, value]) => value)[Symbol.iterator]();
  }
  [Symbol.iterator]() {
    return this.entries();
  }
}
globals.Headers = Headers;

class Body {
  #text;
  #isUsed = false;
  constructor(text) {
    this.#text = text;
  }
  get bodyUsed() {
    return this.#isUsed;
  }
  async text() {
    if (this.#isUsed) throw new TypeError("The body was read already.");
    this.#isUsed = true;
    return this.#text;
  }
  async json() {
    return parse(await this.text());
  }
  async arrayBuffer() {
    return utf8(await this.text()).buffer;
  }
  async formData() {
    return new URLSearchParams(await this.text());
  }
}

class Response extends Body {
  constructor(text = "", { status = 200, statusText = "", headers = {}, url = "" } = {}) {
    super(text ?? "");
    this.status = status;
    this.statusText = statusText;
    this.ok = status >= 200 && status < 300;
    this.headers = new Headers(headers);
    this.url = url;
  }
}
globals.Response = Response;

// What `onRequest` is given. Its body is all there, so that it is read without waiting, as Segment
// has it, and as often as one likes.
class Request {
  constructor({ method = "POST", url = "", headers = {}, body = "" }) {
    this.method = method;
    this.url = safely(() => new URL(url), url);
    this.headers = new Headers(headers);
    this.body = body;
  }
  text() {
    return this.body;
  }
  json() {
    return parse(this.body);
  }
  arrayBuffer() {
    return utf8(this.body).buffer;
  }
  formData() {
    return new URLSearchParams(this.body);
  }
}

const bodyOf = (body, headers) => {
  if (body === undefined || body === null) return null;
  if (body instanceof URLSearchParams) {
    if (!headers.has("content-type"))
      headers.set("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
    return body.toString();
  }
  if (typeof body === "object")
    throw new TypeError("The body of a request is a text: JSON.stringify(…) or URLSearchParams.");
  if (!headers.has("content-type")) headers.set("content-type", "text/plain;charset=UTF-8");
  return `${body}`.toWellFormed();
};

globals.fetch = function fetch(url, options = {}) {
  return new PromiseClass((resolve, reject) => {
    const unit = current;
    if (!unit) throw new TypeError("fetch is there for handlers, not while the code loads.");
    if (++unit.fetches > limits.fetches)
      throw new RangeError(`An event makes at most ${limits.fetches} requests.`);
    const { method = "GET", headers: given, body, redirect = "follow" } = options ?? {};
    const headers = new Headers(given);
    const text = bodyOf(body, headers);
    const id = ++asked;
    const request = {
      id,
      url: `${url}`.toWellFormed(),
      method: `${method}`.toUpperCase().toWellFormed(),
      headers: [...headers].map((pair) => pair.map((part) => part.toWellFormed())),
      body: text,
      redirect: `${redirect}`,
    };
    outbox.push(stringify(request));
    const run = (answer) => {
      const { text, error, name, ...rest } = parse(answer);
      if (error === undefined) return resolve(new Response(text, rest));
      reject(name === "timeout" ? new globals.TimeoutError(error) : new TypeError(error));
    };
    awaited.set(id, { unit, run });
  });
};
