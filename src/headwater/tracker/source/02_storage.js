// What is remembered: in cookies and localStorage where consent and the browser allow it, and
// always in memory. Each access may throw where storage is blocked.

const memory = {};
let mayStore = false;

function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

function isObject(value) {
  return value !== null && typeof value === 'object';
}

// Pages without TLS have no crypto.randomUUID.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const digits = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join('');
  return digits.replace(/(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-a$4-');
}

function readLocal(name) {
  const json = attempt(() => localStorage.getItem(name));
  // Other libraries leave plain text, too.
  return json == null ? undefined : attempt(() => JSON.parse(json)) ?? json;
}

function writeLocal(name, json) {
  attempt(() => (json == null ? localStorage.removeItem(name) : localStorage.setItem(name, json)));
}

function readCookie(name) {
  const found = attempt(() => document.cookie.match(`(?:^|; )${name}=([^;]*)`));
  return found ? attempt(() => decodeURIComponent(found[1]).replace(/^"(.*)"$/, '$1')) : undefined;
}

function writeCookie(name, value) {
  const age = value == null ? 0 : 31536000;
  const domain = cookieDomain();
  attempt(() => {
    document.cookie =
      `${name}=${encodeURIComponent(value ?? '')}; path=/; max-age=${age}; samesite=lax` +
      (domain && `; domain=${domain}`) +
      (location.protocol === 'https:' ? '; secure' : '');
  });
}

// The widest domain that takes a cookie, so that subdomains know the same visitor.
let widestDomain;
function cookieDomain() {
  const labels = location.hostname.split('.');
  for (let count = 2; widestDomain == null && count <= labels.length; count++) {
    const domain = labels.slice(-count).join('.');
    attempt(() => {
      document.cookie = `hw_probe=1; domain=${domain}`;
      if (document.cookie.includes('hw_probe=1')) widestDomain = domain;
      document.cookie = `hw_probe=; max-age=0; domain=${domain}`;
    });
  }
  return (widestDomain = widestDomain || '');
}

// Storage alone where there is one: another tab may have changed or forgotten the visitor.
function read(name) {
  return mayStore ? readCookie(name) ?? readLocal(name) : memory[name];
}

// Ids are cookies too, as Segment's are.
function write(name, value, isForced) {
  memory[name] = value;
  if (!mayStore && !isForced) return;
  writeLocal(name, value == null ? value : JSON.stringify(value));
  if (/_id$/.test(name)) writeCookie(name, value);
}
