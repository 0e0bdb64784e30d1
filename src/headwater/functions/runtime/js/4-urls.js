// URL and URLSearchParams: what functions need of them. Host names stay as they are written, in
// lower case; a name beyond ASCII must be written in its xn-- form.
const PORTS = { "http:": "80", "https:": "443", "ftp:": "21", "ws:": "80", "wss:": "443" };

const escaped = (text, kept) => {
  const parts = [];
  for (const byte of utf8(text)) {
    const character = fromCharCode(byte);
    if (byte > 32 && byte < 127 && kept.test(character)) parts.push(character);
    else parts.push("%" + (byte < 16 ? "0" : "") + byte.toString(16).toUpperCase());
  }
  return parts.join("");
};

const unescaped = (text) => {
  const bytes = utf8(text);
  let at = 0;
  for (let i = 0; i < bytes.length; i++, at++) {
    const digits = bytes[i] === 37 ? fromCharCode(bytes[i + 1] ?? 0, bytes[i + 2] ?? 0) : "";
    if (/^[0-9a-fA-F]{2}$/.test(digits)) {
      bytes[at] = parseInt(digits, 16);
      i += 2;
    } else bytes[at] = bytes[i];
  }
  return fromUtf8(bytes.subarray(0, at), false);
};

const FORM = /[A-Za-z0-9*._-]/;
const formEscaped = (text) =>
  `${text}`.split(" ").map((part) => escaped(part, FORM)).join("+");
const formUnescaped = (text) => unescaped(text.replaceAll("+", " "));

class URLSearchParams {
  #pairs = [];
  #changed = null;
  constructor(from = "") {
    if (from !== null && typeof from === "object") {
      const pairs = typeof from[Symbol.iterator] === "function" ? from : Object.entries(from);
      for (const [name, value] of pairs) this.#pairs.push([`${name}`, `${value}`]);
    } else this.#read(`${from}`);
  }
  static tied(text, changed) {
    const made = new URLSearchParams(text);
    made.#changed = changed;
    return made;
  }
  #read(text) {
    const bare = text.startsWith("?") ? text.slice(1) : text;
    this.#pairs = bare
      .split("&")
      .filter(Boolean)
      .map((pair) => {
        const [, name, value = ""] = /^([^=]*)=?([^]*)$/.exec(pair);
        return [formUnescaped(name), formUnescaped(value)];
      });
  }
  #tell() {
    this.#changed?.(this.toString());
  }
  append(name, value) {
    this.#pairs.push([`${name}`, `${value}`]);
    this.#tell();
  }
  delete(name) {
    this.#pairs = this.#pairs.filter(([held]) => held !== `${name}`);
    this.#tell();
  }
  get(name) {
    return this.#pairs.find(([held]) => held === `${name}`)?.[1] ?? null;
  }
  getAll(name) {
    return this.#pairs.filter(([held]) => held === `${name}`).map(([, value]) => value);
  }
  has(name) {
    return this.#pairs.some(([held]) => held === `${name}`);
  }
  set(name, value) {
    const at = this.#pairs.findIndex(([held]) => held === `${name}`);
    if (at < 0) return this.append(name, value);
    const [held] = this.#pairs[at];
    this.#pairs = this.#pairs.filter((pair, i) => i <= at || pair[0] !== held);
    this.#pairs[at] = [held, `${value}`];
    this.#tell();
  }
  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#tell();
  }
  forEach(visit, self) {
    for (const [name, value] of this.#pairs) visit.call(self, value, name, this);
  }
  entries() {
    return this.#pairs.map((pair) => [...pair])[Symbol.iterator]();
  }
  keys() {
    return this.#pairs.map(([name]) => name)[Symbol.iterator]();
  }
  values() {
    return this.#pairs.map(([, value]) => value)[Symbol.iterator]();
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  get size() {
    return this.#pairs.length;
  }
  toString() {
    return this.#pairs.map(([n, v]) => `${formEscaped(n)}=${formEscaped(v)}`).join("&");
  }
}
const tied = URLSearchParams.tied;
delete URLSearchParams.tied;
globals.URLSearchParams = URLSearchParams;

const LATER = /[A-Za-z0-9!$&'()*+,./:;=?@_~%[\]\\^|`{}-]/;
const PATH = /[A-Za-z0-9!$&'()*+,./:;=@_~%[\]\\^|-]/;
const USER = /[A-Za-z0-9!$&'()*+,._~%-]/;
const QUERY = /[A-Za-z0-9!$&()*+,./:;=?@_~%[\]\\^|`{}-]/;

const withoutDots = (path) => {
  const kept = [];
  const parts = path.split("/").slice(1);
  parts.forEach((part, i) => {
    const isLast = i === parts.length - 1;
    const plain = part.replaceAll(/%2e/gi, ".");
    if (plain === "..") {
      kept.pop();
      if (isLast) kept.push("");
    } else if (plain === ".") {
      if (isLast) kept.push("");
    } else kept.push(part);
  });
  return "/" + kept.join("/");
};

const invalid = (text) => new TypeError(`Invalid URL: ${cut(text, 200)}`);

const readAuthority = (url, text, whole) => {
  const [, user, host, port] = /^(?:([^]*)@)?(\[[0-9a-fA-F:.]+\]|[^:@[\]]*)(?::(\d*))?$/.exec(text) ?? [];
  if (!host || /[^\x21-\x7e]|[#%/<>?\\^|]/.test(host)) throw invalid(whole);
  if (port && Number(port) > 65535) throw invalid(whole);
  const [, name = "", password = ""] = /^([^:]*):?([^]*)$/.exec(user ?? "");
  url.username = escaped(name, USER);
  url.password = escaped(password, USER);
  url.hostname = host.toLowerCase();
  url.port = port && `${Number(port)}` !== PORTS[url.protocol] ? `${Number(port)}` : "";
};

const readUrl = (text, base) => {
  const trimmed = text.replace(/^[\0- ]+|[\0- ]+$/g, "").replace(/[\t\n\r]/g, "");
  const [, before, hash] = /^([^#]*)(#[^]*)?$/.exec(trimmed);
  const [, head, query] = /^([^?]*)(\?[^]*)?$/.exec(before);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*:)([^]*)$/.exec(head);
  const url = { protocol: "", username: "", password: "", hostname: "", port: "", pathname: "" };
  url.search = query && query !== "?" ? "?" + escaped(query.slice(1), QUERY) : "";
  url.hash = hash && hash !== "#" ? "#" + escaped(hash.slice(1), LATER) : "";
  if (!scheme) {
    if (!base || base.isOpaque) throw invalid(text);
    return readRelative(url, head, query, base, text);
  }
  url.protocol = scheme[1].toLowerCase();
  const isSpecial = url.protocol in PORTS;
  const rest = isSpecial ? scheme[2].replaceAll("\\", "/") : scheme[2];
  const authority = isSpecial ? /^\/*([^/]*)([^]*)$/.exec(rest) : /^\/\/([^/]*)([^]*)$/.exec(rest);
  if (!authority) return { ...url, pathname: rest, isOpaque: true };
  readAuthority(url, authority[1], text);
  url.pathname = withoutDots(escaped(authority[2] || "/", PATH));
  return url;
};

const readRelative = (url, head, query, base, text) => {
  const path = base.protocol in PORTS ? head.replaceAll("\\", "/") : head;
  url.protocol = base.protocol;
  if (path.startsWith("//")) {
    const [, authority, rest] = /^\/\/([^/]*)([^]*)$/.exec(path);
    readAuthority(url, authority, text);
    url.pathname = withoutDots(escaped(rest || "/", PATH));
    return url;
  }
  for (const part of ["username", "password", "hostname", "port"]) url[part] = base[part];
  if (path === "") {
    url.pathname = base.pathname;
    if (query === undefined) url.search = base.search;
  } else {
    const start = path.startsWith("/") ? "" : base.pathname.replace(/[^/]*$/, "");
    url.pathname = withoutDots(escaped(start + path, PATH));
  }
  return url;
};

class URL {
  #parts;
  #params = null;
  constructor(text, base) {
    const under = base === undefined ? null : readUrl(`${base}`, null);
    this.#parts = readUrl(`${text}`, under);
  }
  static canParse(text, base) {
    return safely(() => Boolean(new URL(text, base)), false);
  }
  #again(change) {
    const parts = { ...this.#parts, ...change };
    this.#parts = readUrl(spelled(parts), null);
    this.#params = null;
  }
  get href() {
    return spelled(this.#parts);
  }
  set href(text) {
    this.#parts = readUrl(`${text}`, null);
    this.#params = null;
  }
  get origin() {
    const { protocol } = this.#parts;
    return protocol in PORTS ? `${protocol}//${this.host}` : "null";
  }
  get protocol() {
    return this.#parts.protocol;
  }
  set protocol(text) {
    this.#again({ protocol: `${text}`.replace(/:?$/, ":") });
  }
  get username() {
    return this.#parts.username;
  }
  set username(text) {
    this.#again({ username: escaped(`${text}`, USER) });
  }
  get password() {
    return this.#parts.password;
  }
  set password(text) {
    this.#again({ password: escaped(`${text}`, USER) });
  }
  get host() {
    const { hostname, port } = this.#parts;
    return port ? `${hostname}:${port}` : hostname;
  }
  set host(text) {
    const [, hostname, port = ""] = /^(\[[^\]]*\]|[^:]*):?(\d*)$/.exec(`${text}`) ?? [, ""];
    this.#again({ hostname, port });
  }
  get hostname() {
    return this.#parts.hostname;
  }
  set hostname(text) {
    this.#again({ hostname: `${text}` });
  }
  get port() {
    return this.#parts.port;
  }
  set port(text) {
    this.#again({ port: `${text}` });
  }
  get pathname() {
    return this.#parts.pathname;
  }
  set pathname(text) {
    const path = `${text}`.replaceAll("?", "%3F").replaceAll("#", "%23");
    this.#again({ pathname: path.startsWith("/") ? path : "/" + path });
  }
  get search() {
    return this.#parts.search;
  }
  set search(text) {
    const query = `${text}`.replaceAll("#", "%23");
    this.#again({ search: query === "" || query.startsWith("?") ? query : "?" + query });
  }
  get hash() {
    return this.#parts.hash;
  }
  set hash(text) {
    this.#again({ hash: text === "" || `${text}`.startsWith("#") ? `${text}` : "#" + text });
  }
  get searchParams() {
    this.#params ??= tied(this.#parts.search, (query) => {
      this.#parts.search = query && "?" + query;
    });
    return this.#params;
  }
  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }
}

const spelled = (parts) => {
  const { protocol, username, password, hostname, port, pathname, search, hash } = parts;
  if (parts.isOpaque) return protocol + pathname + search + hash;
  const user = username || password ? `${username}${password && ":" + password}@` : "";
  return `${protocol}//${user}${hostname}${port && ":" + port}${pathname}${search}${hash}`;
};
globals.URL = URL;
