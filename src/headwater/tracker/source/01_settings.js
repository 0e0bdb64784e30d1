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
