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
