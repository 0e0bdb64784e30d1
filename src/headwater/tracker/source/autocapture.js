// What visitors do, without a line of code: clicks, forms, scrolling, web vitals, outbound links
// and errors. What they type is never read, and nothing inside [data-private].

const script = document.currentScript;
const analytics = window[script.dataset.name || 'analytics'];
const wanted = (script.dataset.capture || '').split(/[\s,]+/).filter(Boolean);
const isWanted = (name) => !wanted.length || wanted.includes(name);
const LONGEST_TEXT = 100;

function short(text) {
  return (text || '').replace(/\s+/g, ' ').trim().slice(0, LONGEST_TEXT) || undefined;
}

function isPrivate(element) {
  return !!element.closest('[data-private]');
}

// A field's own text is what was typed; a button's is its label.
function labelOf(element) {
  const isField = /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  const isButton = /^(submit|button|reset)$/.test(element.type);
  return short(
    element.getAttribute('aria-label') ||
      (isField ? (isButton ? element.value : element.name) : element.innerText || element.title),
  );
}

function about(element) {
  return {
    tag: element.tagName.toLowerCase(),
    id: element.id || undefined,
    classes: short(element.getAttribute('class')),
    name: element.getAttribute('name') || undefined,
    text: labelOf(element),
    href: element.href ? String(element.href) : undefined,
  };
}

const CLICKABLE = 'a, button, input, summary, [role=button], [data-track]';

function onClick(clicked) {
  const element = clicked.target.closest && clicked.target.closest(CLICKABLE);
  if (!element || isPrivate(element)) return;
  const isWeb = element.tagName === 'A' && /^https?:$/.test(element.protocol);
  if (isWeb && element.host !== location.host && isWanted('outbound')) {
    analytics.track('Outbound Link Clicked', { ...about(element), host: element.host });
  } else if (isWanted('clicks')) {
    analytics.track('Element Clicked', about(element));
  }
}

function onSubmit(submitted) {
  const form = submitted.target;
  if (isPrivate(form)) return;
  analytics.track('Form Submitted', {
    id: form.id || undefined,
    name: form.getAttribute('name') || undefined,
    action: attributeUrl(form.getAttribute('action')),
    method: form.method,
    fields: Array.from(form.elements, (field) => field.name).filter(Boolean).slice(0, 50),
  });
}

function attributeUrl(address) {
  return address === null ? undefined : new URL(address, location.href).href.replace(/[?#].*/, '');
}

const MARKS = [25, 50, 75, 90, 100];
let reached = 0;
let scrolledPath = location.pathname;

function onScroll() {
  if (scrolledPath !== location.pathname) {
    scrolledPath = location.pathname;
    reached = 0;
  }
  const whole = document.documentElement.scrollHeight - innerHeight;
  const percent = whole > 0 ? (scrollY / whole) * 100 : 100;
  const mark = MARKS.filter((one) => one <= percent + 0.5).pop();
  if (!mark || mark <= reached) return;
  reached = mark;
  analytics.track('Scroll Depth Reached', { percent: mark });
}

// The browser's own measures, told once, when the page is left.
const vitals = {};

function observe(type, use, more) {
  try {
    new PerformanceObserver((list) => list.getEntries().forEach(use)).observe({
      type,
      buffered: true,
      ...more,
    });
  } catch {
    // This browser does not measure it.
  }
}

function measureVitals() {
  let shift = { total: 0, first: 0, last: 0 };
  observe('largest-contentful-paint', (entry) => (vitals.LCP = entry.startTime));
  observe('paint', (entry) => {
    if (entry.name === 'first-contentful-paint') vitals.FCP = entry.startTime;
  });
  observe('navigation', (entry) => (vitals.TTFB = entry.responseStart));
  observe('layout-shift', (entry) => {
    if (entry.hadRecentInput) return;
    // The largest burst: gaps under a second, five seconds in all.
    const goesOn = entry.startTime - shift.last < 1000 && entry.startTime - shift.first < 5000;
    shift = {
      total: goesOn ? shift.total + entry.value : entry.value,
      first: goesOn ? shift.first : entry.startTime,
      last: entry.startTime,
    };
    vitals.CLS = Math.max(vitals.CLS || 0, shift.total);
  });
  const useDuration = (entry) => {
    if (entry.interactionId) vitals.INP = Math.max(vitals.INP || 0, entry.duration);
  };
  observe('event', useDuration, { durationThreshold: 40 });
  let isTold = false;
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'hidden' || isTold || !Object.keys(vitals).length) return;
    isTold = true;
    for (const name of Object.keys(vitals)) {
      const precision = name === 'CLS' ? 10_000 : 10;
      vitals[name] = Math.round(vitals[name] * precision) / precision;
    }
    analytics.track('Web Vitals Measured', vitals);
  }, true);
}

let errors = 0;

function onError(message, where, error) {
  if (++errors > 10) return;
  analytics.track('Error Occurred', {
    message: short(message),
    kind: error && error.name,
    where,
    stack: error && error.stack ? String(error.stack).slice(0, 2000) : undefined,
  });
}

if (isWanted('clicks') || isWanted('outbound')) document.addEventListener('click', onClick, true);
if (isWanted('forms')) document.addEventListener('submit', onSubmit, true);
if (isWanted('scroll')) addEventListener('scroll', onScroll, { passive: true });
if (isWanted('vitals')) measureVitals();
if (isWanted('errors')) {
  addEventListener('error', (event) => {
    const { message, filename, lineno, colno, error } = event;
    if (message) onError(message, `${filename}:${lineno}:${colno}`, error);
  });
  addEventListener('unhandledrejection', ({ reason }) => {
    onError(String((reason && reason.message) || reason), undefined, reason);
  });
}
