// Server-sent events that come back by themselves: `listen(url, {message, state})`.
//
// `message(data, name)` gets each event's parsed JSON; `names` lists the event names beside the
// unnamed ones; `state("connecting" | "live" | "waiting" | "paused" | "refused")` tells how it is.
// Returns {pause, resume, close}. A page in the background stays connected; a stream that failed is
// tried again after 1, 2, 4 … 30 seconds, and at once when the machine is online again.
export function listen(url, { message, state = () => {}, names = [] }) {
  let source = null;
  let pause = 1000;
  let timer = 0;
  let closed = false;

  const connect = () => {
    clearTimeout(timer);
    source?.close();
    state("connecting");
    source = new EventSource(url);
    source.addEventListener("open", () => {
      pause = 1000;
      state("live");
    });
    source.addEventListener("error", () => {
      source.close();
      if (closed) return;
      state("waiting");
      timer = setTimeout(connect, pause);
      pause = Math.min(pause * 2, 30000);
    });
    for (const name of ["message", ...names]) {
      source.addEventListener(name, (event) => message(JSON.parse(event.data), name));
    }
  };
  const stop = (how) => {
    clearTimeout(timer);
    source?.close();
    state(how);
  };
  window.addEventListener("online", () => !closed && source?.readyState === EventSource.CLOSED && connect());
  connect();
  return {
    pause: () => { closed = true; stop("paused"); },
    resume: () => { closed = false; pause = 1000; connect(); },
    close: () => { closed = true; stop("closed"); },
  };
}

// Shows such a state in an element made by the macro `live_state`.
export function showState(element) {
  return (state) => { element.dataset.state = state; };
}
