/** Headwater's browser tracker: `window.analytics` once a page has loaded it. */

export type Id = string | number | null;
export type Values = Record<string, unknown>;

/** What a call may say beside its properties; other members go into the event's context. */
export interface CallOptions {
  anonymousId?: string;
  userId?: string;
  messageId?: string;
  timestamp?: Date | string | number;
  context?: Values;
  integrations?: Record<string, boolean | Values>;
  [key: string]: unknown;
}

export interface TrackedEvent {
  type: 'track' | 'page' | 'screen' | 'identify' | 'group' | 'alias';
  messageId: string;
  timestamp: string;
  anonymousId?: string;
  userId?: string;
  event?: string;
  name?: string;
  category?: string;
  groupId?: string;
  previousId?: string;
  properties?: Values;
  traits?: Values;
  context: Values;
  integrations: Values;
}

/** Fulfilled once the event is in the queue; without a value where it was dropped. */
export type Sent = Promise<{ event: TrackedEvent } | null | undefined>;
export type Callback = (event: TrackedEvent | null | undefined) => void;

export interface Middleware {
  (step: {
    payload: { obj: TrackedEvent; type(): string; json(): TrackedEvent };
    integrations: Values;
    /** Pass the event on, or `null` to drop it. */
    next(payload: { obj: TrackedEvent } | TrackedEvent | null): void;
  }): unknown;
}

export interface Entity {
  id(id?: Id): string | null;
  traits(traits?: Values | null): Values;
}

export interface User extends Entity {
  anonymousId(id?: Id): string;
}

export type Captured = 'clicks' | 'forms' | 'scroll' | 'vitals' | 'outbound' | 'errors';

/** The second argument of `load`, or `analytics._loadOptions` before the script. */
export interface LoadOptions {
  /** Load the second script, which tracks what visitors do: all of it, or the parts named. */
  autocapture?: boolean | Captured[] | string;
  /** A page call for every new path of a single-page application. */
  singlePage?: boolean;
  /** Wait for `analytics.consent(…)` before anything is stored or sent. */
  consent?: 'pending' | 'denied';
  /** `false`: send although the browser says Global Privacy Control. */
  gpc?: boolean;
  /** A page call when the tracker starts. */
  page?: boolean;
  integrations?: Record<string, boolean | Values>;
}

export interface Analytics {
  readonly VERSION: string;
  readonly initialized: boolean;

  track(
    event: string,
    properties?: Values | null,
    options?: CallOptions,
    callback?: Callback,
  ): Sent;
  track(event: string, callback: Callback): Sent;

  page(options?: Values): Sent;
  page(
    name: string | null,
    properties?: Values | null,
    options?: CallOptions,
    callback?: Callback,
  ): Sent;
  page(
    category: string | null,
    name: string | null,
    properties?: Values | null,
    options?: CallOptions,
    callback?: Callback,
  ): Sent;
  screen: Analytics['page'];

  identify(id: Id, traits?: Values | null, options?: CallOptions, callback?: Callback): Sent;
  identify(traits: Values, options?: CallOptions, callback?: Callback): Sent;

  group(): Entity;
  group(id: Id | Values, traits?: Values | null, options?: CallOptions, callback?: Callback): Sent;

  alias(to: Id, from?: string, options?: CallOptions, callback?: Callback): Sent;

  user(): User;
  setAnonymousId(id: string): string;
  /** Forget the visitor, the group and the session. */
  reset(): Analytics;

  /** The visitor's decision, which is kept: yes, no, or by category. */
  consent(decision: boolean | Record<string, boolean>): void;

  ready(act: () => void): Promise<Analytics>;
  on(name: string, listener: (...details: any[]) => void): Analytics;
  once(name: string, listener: (...details: any[]) => void): Analytics;
  off(name: string, listener?: (...details: any[]) => void): Analytics;
  addSourceMiddleware(...middleware: Middleware[]): Promise<Analytics>;

  trackLink(
    links: Element | ArrayLike<Element> | null,
    event: string | ((link: Element) => string),
    properties?: Values | ((link: Element) => Values),
  ): Analytics;
  trackForm(
    forms: Element | ArrayLike<Element> | null,
    event: string | ((form: Element) => string),
    properties?: Values | ((form: Element) => Values),
  ): Analytics;

  /** Send what waits, now. */
  flush(): Promise<void>;
}

declare global {
  interface Window {
    analytics: Analytics;
  }
}
