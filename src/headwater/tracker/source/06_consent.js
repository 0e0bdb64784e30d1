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
