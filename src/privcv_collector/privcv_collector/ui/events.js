// SPDX-License-Identifier: Apache-2.0
/**
 * What the collector tells by itself. One stream for all tabs of a browser: the tab that holds a lock
 * listens, and passes on what it hears.
 */

const MISSED = 3; // so many failures one after another, and the clock asks alone again
let ended = null;

/**
 * Calls `told(kind, content)` with 'now' and a site, or with 'reload'; `lost()` where the stream can
 * not be had. Ends what was listened to before.
 */
export function listen(told, lost) {
  hush();
  const others = new BroadcastChannel("privcv-events"), mine = new AbortController();
  ended = () => { mine.abort(); others.close(); };
  others.onmessage = ({ data: [kind, content] }) => told(kind, content);
  const pass = (kind, content) => { others.postMessage([kind, content]); told(kind, content); };
  navigator.locks.request("privcv-events", { signal: mine.signal }, () => held(pass, lost, mine.signal)).catch(() => {});
}

/** Listen no longer, as where somebody signed out. */
export function hush() {
  ended?.();
  ended = null;
}

/** Holds the stream until it is aborted or cannot be had. */
function held(pass, lost, signal) {
  return new Promise((done) => {
    if (signal.aborted) { done(); return; }
    const stream = new EventSource("v1/events");
    let failures = 0;
    const end = () => { stream.close(); done(); };
    signal.addEventListener("abort", end);
    stream.onopen = () => { failures = 0; };
    stream.onerror = () => {
      failures += 1;
      if (stream.readyState === EventSource.CLOSED || failures >= MISSED) { end(); lost(); }
    };
    for (const kind of ["now", "reload"]) {
      stream.addEventListener(kind, ({ data }) => pass(kind, JSON.parse(data)));
    }
  });
}
