(() => {
'use strict';

// Where this script came from says where events go and for which source.

const VERSION = '1.0.0';
const script = document.currentScript || document.querySelector('script[src*="/analytics.js/v1/"]');
const [, base = '', keyInPath = ''] =
  /^(.*?)\/analytics\.js\/v1\/([^/?#]+)\//.exec((script && script.src) || '') || [];
const attributes = (script && script.dataset) || {};
const globalName =
  (script && script.getAttribute('data-global-segment-analytics-key')) || 'analytics';

// What Segment's snippet left: an array of the calls so far, with the options of `load`.
const stub = window[globalName] || [];
if (stub.initialized) return; // the page has loaded it twice

const options = Object.assign(
  {
    autocapture: 'autocapture' in attributes && (attributes.autocapture || true),
    singlePage: 'singlePage' in attributes,
    consent: attributes.consent,
    gpc: attributes.gpc !== 'ignore',
    page: !stub.invoked && !stub.length && attributes.page !== 'off',
  },
  stub._loadOptions,
);
const writeKey = decodeURIComponent(keyInPath) || attributes.writeKey || stub._writeKey;
const segmentOptions = (options.integrations || {})['Segment.io'] || {};
const endpoint = segmentOptions.apiHost
  ? `${segmentOptions.protocol || 'https'}://${segmentOptions.apiHost}/b`
  : `${base}/v1/b`;

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

// Who the visitor is, under the names that Segment's library uses.

const ANONYMOUS_ID = 'ajs_anonymous_id';
const USER_ID = 'ajs_user_id';
const SESSION = 'hw_session';
const IDENTITY = [
  ANONYMOUS_ID,
  USER_ID,
  'ajs_group_id',
  'ajs_user_traits',
  'ajs_group_properties',
  SESSION,
];

function textOf(id) {
  return id == null || id === '' ? null : String(id);
}

function anonymousId(id) {
  if (id !== undefined) write(ANONYMOUS_ID, textOf(id));
  let known = textOf(read(ANONYMOUS_ID));
  if (!known) write(ANONYMOUS_ID, (known = newId()));
  return known;
}

// The visitor and their group: an id, and traits that grow until the id changes.
function known(idName, traitsName) {
  const id = (value) => {
    const before = textOf(read(idName));
    if (value === undefined) return before;
    const wanted = textOf(value);
    // Another person at the same browser gets an anonymousId of their own.
    if (idName === USER_ID && before && wanted && before !== wanted) anonymousId(null);
    write(idName, wanted);
    return wanted;
  };
  const traits = (value) => {
    if (value !== undefined) write(traitsName, value || {});
    const stored = read(traitsName);
    return isObject(stored) ? stored : {};
  };
  const learn = (value, more) => {
    const isSame = !textOf(value) || !id() || id() === textOf(value);
    const all = { ...(isSame && traits()), ...more };
    if (textOf(value)) id(value);
    return traits(all);
  };
  return { id, traits, learn };
}

const user = { ...known(USER_ID, 'ajs_user_traits'), anonymousId };
const group = known('ajs_group_id', 'ajs_group_properties');

function forget() {
  for (const name of IDENTITY) write(name, null, true);
}

// What is known of each call beside itself: the page, the session, the campaign, its number.

const SESSION_MILLISECONDS = 30 * 60 * 1000;
const SEQUENCE = 'hw_sequence';
const CLICK_IDS =
  /^(gclid|gbraid|wbraid|dclid|fbclid|msclkid|ttclid|twclid|li_fat_id|epik|rdt_cid|yclid|bd_vid)$/;

let referrer = document.referrer;

// What the page is like, in the short form in which the snippet buffers it.
function pageState() {
  const canonical = document.querySelector("link[rel='canonical']");
  return {
    c: canonical && canonical.getAttribute('href'),
    p: location.pathname,
    u: location.href,
    s: location.search,
    t: document.title,
    r: referrer,
  };
}

function pageOf({ c, p, u, s, t, r }) {
  const canonical = c && attempt(() => new URL(c, u));
  const [url] = canonical ? [canonical.origin + canonical.pathname + s] : u.split('#');
  return { path: canonical ? canonical.pathname : p, referrer: r, search: s, title: t, url };
}

function campaignIn(search) {
  const campaign = {};
  new URLSearchParams(search).forEach((value, name) => {
    const key = name.toLowerCase();
    if (CLICK_IDS.test(key)) campaign[key] = value;
    else if (/^utm_./.test(key)) campaign[key === 'utm_campaign' ? 'name' : key.slice(4)] = value;
  });
  return campaign;
}

// The session goes on until nothing happened for half an hour; its campaign stays with it.
function sessionAt(now, search) {
  let session = read(SESSION);
  const isNew = !session || !(now - session.last < SESSION_MILLISECONDS);
  if (isNew) session = { id: now };
  const campaign = campaignIn(search);
  if (Object.keys(campaign).length) session.campaign = campaign;
  session.last = now;
  write(SESSION, session);
  return { session, isNew };
}

// Each page load counts its events, and the first event after says how far the page before in
// this tab had counted: what was counted and never arrived is what was lost.
const pageId = newId().slice(0, 13);
let count = 0;
let before;

function readSequence() {
  const [page, number] = (attempt(() => sessionStorage.getItem(SEQUENCE)) || '').split(':');
  if (number && page !== pageId) before = { previousPage: page, previousNumber: +number };
}

function nextSequence() {
  const sequence = { page: pageId, number: ++count, ...before };
  before = undefined;
  if (mayStore) attempt(() => sessionStorage.setItem(SEQUENCE, `${pageId}:${count}`));
  return sequence;
}

function contextOf(page) {
  const { width, height } = window.screen;
  return {
    library: { name: 'headwater.js', version: VERSION },
    locale: navigator.language,
    page,
    screen: { width, height, density: devicePixelRatio },
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    userAgent: navigator.userAgent,
  };
}

// From the queue to the server. An event leaves the queue when the server has acknowledged it and
// not before, and until then it is in localStorage too: a page that is closed, crashes or is
// offline leaves it to the next page. What is sent twice for that has the same messageId, and the
// server keeps the first.

const QUEUE_PREFIX = `hw_queue:${writeKey}:`;
const QUEUE_KEY = QUEUE_PREFIX + pageId;
const LONGEST_QUEUE = 1000;
const BATCH_EVENTS = 100;
const BATCH_BYTES = 400_000;
// Browsers let requests that outlive their page have 64 KiB in all.
const BEACON_BYTES = 60_000;
const FORGOTTEN_AFTER = 28 * 86_400_000;

let queue = []; // {id, body}: the event as JSON text
let inFlight = [];
let failures = 0;
let timer;

function entryOf(event) {
  return { id: event.messageId, body: JSON.stringify(event) };
}

function enqueue(event) {
  queue.push(entryOf(event));
  keepQueue();
  schedule(queue.length < BATCH_EVENTS ? 250 : 0);
}

function keepQueue() {
  queue = queue.slice(-LONGEST_QUEUE);
  if (!mayStore) return;
  const bodies = queue.map((entry) => entry.body);
  writeLocal(QUEUE_KEY, bodies.length ? `{"at":${Date.now()},"events":[${bodies}]}` : null);
}

// Events that earlier pages could not deliver, and that other tabs are about to.
function adoptQueues() {
  for (const name of attempt(() => Object.keys(localStorage)) || []) {
    if (!name.startsWith(QUEUE_PREFIX) || name === QUEUE_KEY) continue;
    attempt(() => {
      const { at, events } = readLocal(name);
      if (Date.now() - at < FORGOTTEN_AFTER) queue = [...events.map(entryOf), ...queue];
    });
    keepQueue();
    writeLocal(name);
  }
  if (queue.length) schedule(0);
}

function schedule(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(flush, milliseconds);
}

function bodyOf(entries) {
  const head = JSON.stringify({ writeKey, sentAt: new Date().toISOString() });
  return `${head.slice(0, -1)},"batch":[${entries.map((entry) => entry.body)}]}`;
}

function sizeOf(text) {
  return new Blob([text]).size;
}

// As many entries from the front as fit.
function firstOf(entries, bytes) {
  let size = 300;
  const end = entries.findIndex((entry, at) => {
    size += sizeOf(entry.body) + 1;
    return at && (size > bytes || at >= BATCH_EVENTS);
  });
  return end < 0 ? entries.slice() : entries.slice(0, end);
}

async function flush() {
  clearTimeout(timer);
  if (consent !== GRANTED || inFlight.length || !queue.length) return;
  const batch = (inFlight = firstOf(queue, BATCH_BYTES));
  const body = bodyOf(batch);
  let response;
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      body, // text/plain with the key inside: no preflight
      credentials: 'omit',
      keepalive: sizeOf(body) < BEACON_BYTES,
      signal: AbortSignal.timeout && AbortSignal.timeout(30_000),
    });
  } catch {
    // Offline, blocked or too slow: as if it had not been sent.
  }
  settle(batch, response);
}

function settle(batch, response) {
  const status = response ? response.status : 0;
  const isLater = !status || status >= 500 || status === 429 || status === 408;
  if (!isLater) {
    const done = new Set(batch.map((entry) => entry.id));
    queue = queue.filter((entry) => !done.has(entry.id));
    failures = 0;
    keepQueue();
    if (status >= 400) complain({ status, count: done.size }); // it will never take these
  }
  if (inFlight !== batch) return;
  inFlight = [];
  if (!queue.length) return;
  if (!isLater) return schedule(0);
  const asked = status && +response.headers.get('Retry-After') * 1000;
  const backoff = Math.min(1000 * 2 ** failures++, 300_000) * (0.5 + Math.random() / 2);
  schedule(asked || backoff);
}

// The page may be over: hand what is not on its way to the browser. It does not say whether it
// could deliver it, so everything stays in the queue.
function depart() {
  if (consent !== GRANTED) return;
  let left = queue.filter((entry) => !inFlight.includes(entry) && !entry.isHandedOver);
  while (left.length) {
    const batch = firstOf(left, BEACON_BYTES);
    if (!attempt(() => navigator.sendBeacon(endpoint, bodyOf(batch)))) return;
    for (const entry of batch) entry.isHandedOver = true;
    left = left.slice(batch.length);
  }
}

function watchPage() {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') depart();
    else if (queue.length) schedule(250);
  });
  addEventListener('pagehide', depart);
  addEventListener('online', () => {
    failures = 0;
    schedule(0);
  });
  addEventListener('pageshow', (shown) => {
    if (!shown.persisted) return;
    readSequence();
    inFlight = [];
    schedule(0);
    if (options.page || options.singlePage) api.page();
  });
}

// Until the visitor agrees, nothing is stored, read or sent; if they refuse, nothing ever is.

const GRANTED = 'granted';
const DENIED = 'denied';
const PENDING = 'pending';
const DECISION = 'hw_consent';

let held = []; // finished events that wait for a decision
let consent;
let categories;

function startConsent() {
  const decided = readLocal(DECISION);
  categories = decided && decided.categories;
  const refusedByBrowser = options.gpc && navigator.globalPrivacyControl;
  const configured = /^(pending|denied)$/.test(options.consent) ? options.consent : GRANTED;
  consent = decided ? decided.consent : refusedByBrowser ? DENIED : configured;
  if (consent === GRANTED) beginStoring();
  // Decided in another tab.
  addEventListener('storage', ({ key, newValue }) => {
    const made = key === DECISION && newValue && JSON.parse(newValue);
    if (made && made.consent !== consent) decide(made.categories || made.consent === GRANTED);
  });
}

function beginStoring() {
  const meanwhile = { ...memory };
  mayStore = true;
  // What storage knows of the visitor counts more than what was made up while waiting.
  anonymousId(read(ANONYMOUS_ID) || meanwhile[ANONYMOUS_ID] || newId());
  mayStore = !!read(ANONYMOUS_ID); // blocked storage forgets at once
  for (const name of IDENTITY.slice(1)) if (meanwhile[name]) write(name, meanwhile[name]);
  readSequence();
  adoptQueues();
}

// true, false, or Segment's categories: {Advertising: false, Analytics: true}.
function decide(decision) {
  const isObject = decision && typeof decision === 'object';
  categories = isObject ? decision : undefined;
  consent = (isObject ? Object.values(decision).includes(true) : decision) ? GRANTED : DENIED;
  if (consent === GRANTED && !mayStore) beginStoring();
  if (consent === DENIED) {
    mayStore = false;
    forget();
    queue = [];
    writeLocal(QUEUE_KEY);
    attempt(() => sessionStorage.removeItem(SEQUENCE));
  }
  writeLocal(DECISION, JSON.stringify({ consent, categories }));
  const waiting = held;
  held = [];
  waiting.forEach(release);
}

// The last step of each event: it gets its ids, session and number when it may be sent.
function release(event) {
  if (consent === DENIED) return;
  if (consent === PENDING) {
    held = [...held, event].slice(-LONGEST_QUEUE);
    return;
  }
  const { session, isNew } = sessionAt(Date.now(), event.context.page.search);
  const { context } = event;
  if (!event.anonymousId) event.anonymousId = anonymousId();
  context.sessionId = session.id;
  if (isNew) context.sessionStart = true;
  if (session.campaign && !context.campaign) context.campaign = session.campaign;
  if (categories) context.consent = { categoryPreferences: categories, ...context.consent };
  context.sequence = nextSequence();
  enqueue(event);
}

// The calls of Segment's library: track, page, identify, …

const listeners = {};
const middleware = [];
const OWN_OPTIONS = ['anonymousId', 'integrations', 'messageId', 'timestamp', 'userId', 'context'];

function emit(name, ...details) {
  for (const [listener, isOnce] of listeners[name] || []) {
    if (isOnce) off(name, listener);
    attempt(() => listener(...details));
  }
}

function complain(details) {
  console.warn('Headwater', details);
  emit('error', details);
}

function on(name, listener, isOnce) {
  listeners[name] = [...(listeners[name] || []), [listener, isOnce === true]];
  return api;
}

function off(name, listener) {
  listeners[name] = (listeners[name] || []).filter(([known]) => listener && known !== listener);
  return api;
}

// Calls end in ([object], [options], [callback]); what the snippet buffered has the page behind it.
function endOf(rest) {
  const buffered = rest.find((value) => isObject(value) && value.__t === 'bpc');
  const values = rest.filter((value) => value !== buffered);
  const callback = values.find((value) => typeof value === 'function');
  const [first, second] = values.filter((value) => typeof value !== 'function');
  return { first: first || {}, second: second || {}, callback, buffered };
}

function call(type, fields, { second: given, callback, buffered }, ...details) {
  const now = new Date();
  const page = pageOf(buffered || pageState());
  const event = {
    type,
    userId: user.id() || undefined,
    ...fields(page),
    messageId: given.messageId || `hw-${newId()}`,
    timestamp: attempt(() => new Date(given.timestamp || now).toISOString()) || now.toISOString(),
    context: { ...contextOf(page), ...given.context },
    integrations: { ...options.integrations, ...given.integrations },
  };
  delete event.integrations['Segment.io'];
  for (const key of Object.keys(given)) {
    if (!OWN_OPTIONS.includes(key)) event.context[key] = given[key];
  }
  if (given.anonymousId) event.anonymousId = given.anonymousId;
  if (given.userId) event.userId = given.userId;
  return new Promise((resolve) => {
    passOn(event, 0, (passed) => {
      if (passed) {
        release(passed);
        emit(type, ...details, given);
      } else if (passed === undefined) {
        complain({ type, message: 'is no JSON' });
      }
      if (callback) attempt(() => callback(passed));
      resolve(passed && { event: passed });
    });
  });
}

// Middleware sees the event as `payload.obj`, may change it, and passes it on or drops it.
function passOn(event, at, done) {
  if (!event) return done(null);
  if (at < middleware.length) {
    let isPassed;
    const payload = { obj: event, json: () => event, type: () => event.type };
    const next = (passed) => {
      if (isPassed) return;
      isPassed = true;
      passOn(passed && (passed.obj || passed), at + 1, done);
    };
    try {
      return middleware[at]({ payload, next, integrations: event.integrations });
    } catch {
      return next(payload);
    }
  }
  // A copy as it will be sent: what the page changes later does not reach it.
  const plain = (_, value) => (typeof value === 'bigint' ? `${value}` : value);
  done(attempt(() => JSON.parse(JSON.stringify(event, plain))));
}

function track(name, ...rest) {
  const end = endOf(rest);
  return call('track', () => ({ event: name, properties: end.first }), end, name, end.first);
}

function viewed(type, rest) {
  const names = [];
  while (names.length < 2 && rest.length && (rest[0] == null || typeof rest[0] === 'string')) {
    names.push(rest.shift());
  }
  const end = endOf(rest);
  const [name, category] = names.reverse();
  const fields = (page) => ({
    ...(category && { category }),
    ...(name && { name }),
    properties: { ...(type === 'page' && page), ...end.first },
  });
  return call(type, fields, end, category, name, end.first);
}

function identify(...rest) {
  const id = isObject(rest[0]) || typeof rest[0] === 'function' ? undefined : rest.shift();
  const end = endOf(rest);
  const traits = user.learn(id, end.first);
  return call('identify', () => ({ traits }), end, id, end.first);
}

function groupCall(...rest) {
  if (!rest.length) return group;
  const id = isObject(rest[0]) ? undefined : rest.shift();
  const end = endOf(rest);
  const traits = group.learn(id, end.first);
  return call('group', () => ({ groupId: group.id(), traits }), end, id, traits);
}

function alias(to, ...rest) {
  const from = typeof rest[0] === 'string' ? rest.shift() : user.id() || anonymousId();
  const end = endOf([{}, ...rest]);
  return call('alias', () => ({ userId: textOf(to), previousId: from }), end, to, from);
}

function reset() {
  forget();
  emit('reset');
  return api;
}

// Links and forms, as elements or as a jQuery-like list. The page is not held up: what it could
// not send is sent by the next one.
function listen(action, elements, name, properties) {
  const list = elements && elements.addEventListener ? [elements] : Array.from(elements || []);
  for (const element of list) {
    const resolved = (value) => (typeof value === 'function' ? value(element) : value);
    element.addEventListener(action, () => track(resolved(name), resolved(properties)));
  }
  return api;
}

// Take the place of the snippet's stub, make its calls, and follow the page.

const trackLink = (...rest) => listen('click', ...rest);
const trackForm = (...rest) => listen('submit', ...rest);
const nothing = () => api;

// The stub itself becomes the library, so that whoever holds it holds the library. What it offers
// and this library has not does nothing.
const OTHERS = ['addDestinationMiddleware', 'debug', 'load', 'timeout'];
for (const name of OTHERS.concat(stub.methods || [])) stub[name] = nothing;
const api = Object.assign(stub, {
  VERSION,
  initialized: true,
  invoked: true,
  track,
  page: (...rest) => viewed('page', rest),
  screen: (...rest) => viewed('screen', rest),
  identify,
  group: groupCall,
  alias,
  reset,
  on,
  off,
  once: (name, listener) => on(name, listener, true),
  ready: (act) => (attempt(act), Promise.resolve(api)),
  user: () => user,
  setAnonymousId: anonymousId,
  consent: decide,
  addSourceMiddleware: (...added) => (middleware.push(...added), Promise.resolve(api)),
  trackLink,
  trackClick: trackLink,
  trackForm,
  trackSubmit: trackForm,
  flush,
  push: ([name, ...rest]) => attempt(() => api[name](...rest)),
});

// What has a say in later calls goes before them.
const FIRST = /^(addSourceMiddleware|on|once|off|setAnonymousId|consent)$/;

function start() {
  const calls = Array.from(stub);
  stub.length = 0;
  window[globalName] = api;
  startConsent();
  watchPage();
  for (const isFirst of [true, false]) {
    for (const made of calls) if (FIRST.test(made[0]) === isFirst) api.push(made);
  }
  if (options.page) api.page();
  if (options.singlePage) followHistory();
  if (options.autocapture) attempt(loadAutocapture);
  emit('ready');
}

// Single-page applications: another path is another page, and was reached from the one before.
function followHistory() {
  const here = () => location.pathname + location.search;
  let [url] = location.href.split('#');
  let seen = here();
  const moved = () =>
    setTimeout(() => {
      if (here() === seen) return;
      seen = here();
      referrer = url;
      [url] = location.href.split('#');
      api.page();
    });
  for (const name of ['pushState', 'replaceState']) {
    const original = history[name];
    history[name] = function (...rest) {
      original.apply(this, rest);
      moved();
    };
  }
  addEventListener('popstate', moved);
}

function loadAutocapture() {
  const more = document.createElement('script');
  more.src = `${base}/analytics.js/v1/${encodeURIComponent(writeKey)}/autocapture.min.js`;
  more.integrity = 'sha256-cDpFv13bQESTXqsYMFtXz0SWiEa1CCWFAQd2Ch476QQ=';
  more.crossOrigin = 'anonymous';
  more.nonce = script && script.nonce;
  more.dataset.capture = options.autocapture === true ? '' : options.autocapture;
  more.dataset.name = globalName;
  document.head.append(more);
}

start();
})();
