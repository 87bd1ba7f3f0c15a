// What the pages do with a script. Every one of them works without it.
'use strict';

// The visitor's time zone, for the times that the server writes from now on.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) {
  document.cookie = `tz=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
}
// And for those on this page, when it did not know: in the words of the page, and the conventions of the visitor's region.
const conventions = (() => {
  const { region } = new Intl.Locale(navigator.language || 'en').maximize();
  return [`${document.documentElement.lang}-${region ?? '001'}`, document.documentElement.lang];
})();
// As the server writes it: 05:12 where the day has 24 hours, 5:12 AM where it has twice twelve.
const { hour12 } = new Intl.DateTimeFormat(conventions, { hour: 'numeric' }).resolvedOptions();
const hour = hour12 ? 'numeric' : '2-digit';
const localise = (root) => {
  for (const time of root.querySelectorAll('time[data-local]')) {
    time.textContent = new Date(time.dateTime).toLocaleString(conventions, {
      weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour, minute: '2-digit',
    });
  }
};
// What is live is compared with what the server sends, so it is looked at before anything is changed.
const live = [...document.querySelectorAll('[data-live]')].map((element) => (
  { element, shown: element.innerHTML.trim() }
));
localise(document);

// The summary of what is wrong with a form is the first thing to be read.
document.querySelector('.summary')?.focus();

const sendable = (form) => {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
};
// A form that is on its way is not sent again.
addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'yes';
  // Who stopped it, or waits in vain, may send it again.
  setTimeout(() => sendable(form), 10000);
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
});
// One comes back to it by the back button.
addEventListener('pageshow', (event) => {
  if (event.persisted) document.querySelectorAll('form[data-sent]').forEach(sendable);
});

// What changes by itself is told to those who do not see it: politely, the newest alone, no sentence twice in a row.
const teller = document.createElement('p');
teller.className = 'unseen';
teller.setAttribute('role', 'status');
let saidAt = -Infinity;
let saying;
const say = (text) => {
  clearTimeout(saying);
  saying = setTimeout(() => {
    saidAt = performance.now();
    if (teller.textContent !== text) teller.textContent = text;
  }, Math.max(100, saidAt + 5000 - performance.now()));
};

// How long a hold lasts. The server's clock counts: the page's own answer told how far this one is off.
const [answer] = performance.getEntriesByType('navigation');
const serverNow = answer?.type !== 'back_forward'
  && answer?.serverTiming?.find((entry) => entry.name === 'now')?.duration;
const ahead = serverNow ? performance.timeOrigin + answer.responseStart - serverNow : 0;
const clock = (seconds) => {
  const two = (value) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return (hours ? `${hours}:${two(minutes)}` : minutes) + `:${two(seconds % 60)}`;
};
const worthSaying = { 300: '5 minutes left', 60: '1 minute left', 0: 'The time is over' };
let ticking;
const tick = () => {
  clearTimeout(ticking);
  let next;
  for (const element of document.querySelectorAll('[data-countdown]')) {
    const left = Date.parse(element.dataset.countdown) - (Date.now() - ahead);
    const seconds = Math.max(0, Math.ceil(left / 1000));
    const text = `${clock(seconds)} left`;
    if (element.textContent !== text) {
      // What it begins with is on the page to be read.
      if (element.textContent && worthSaying[seconds]) say(worthSaying[seconds]);
      element.setAttribute('role', 'timer');
      element.textContent = text;
    }
    if (left > 0) next = Math.min(next ?? Infinity, left - (seconds - 1) * 1000);
  }
  if (next) ticking = setTimeout(tick, next + 10);
};
tick();

// What the page did not show when it was opened, and cannot show now.
const toldOf = (element) => {
  for (const note of element.querySelectorAll('[data-changed]')) {
    note.hidden = Number(note.dataset.changed) <= Number(element.dataset.version);
  }
  return [...element.querySelectorAll('[data-say]')].filter((one) => !one.hidden)
    .map((one) => one.textContent.trim()).join('. ');
};

// Puts a fragment where the one before was; who works in there with the keyboard stays there.
const replace = (element, fragment) => {
  const held = element.contains(document.activeElement) ? document.activeElement : null;
  const typed = new Map();
  // The key of a form too: it is this page's own, and makes a second press the same request as the first.
  for (const field of element.querySelectorAll('input:not([type=hidden]), input[name=key], select, textarea')) {
    typed.set(field.name, field.value);
  }
  const before = toldOf(element);
  element.replaceChildren(fragment);
  localise(element);
  tick();
  for (const [name, value] of typed) {
    const field = element.querySelector(`[name="${CSS.escape(name)}"]`);
    if (field) field.value = value;
  }
  if (held) {
    const alike = [...element.querySelectorAll(held.localName)].find((one) => held.id ? one.id === held.id
      : held.name ? one.name === held.name : one.textContent === held.textContent);
    if (!alike) element.tabIndex = -1;
    (alike ?? element).focus({ preventScroll: true });
  }
  const after = toldOf(element);
  if (after && after !== before) say(after);
};

// Watches what the server says of an element. A page that nobody sees watches nothing: browsers open few connections to
// one server, and the next look shows the state of the moment anyway.
const watch = (one) => {
  let source;
  let timer;
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const later = (seconds) => {
    close();
    timer = setTimeout(open, seconds * 1000 * (1 + Math.random()));
  };
  const show = (event) => {
    const box = document.createElement('template');
    box.innerHTML = event.data;
    const markup = box.innerHTML.trim();
    if (markup === one.shown) return;
    one.shown = markup;
    replace(one.element, box.content);
  };
  // An answer that is no stream: the page itself knows what to say of it, unless it is only not possible now.
  const ask = async () => {
    close();
    try {
      const { status, headers } = await fetch(one.element.dataset.live, { method: 'HEAD', cache: 'no-store' });
      if ([401, 403, 404].includes(status) && performance.now() > 10000) return location.reload();
      later(Number(headers.get('retry-after')) || 5);
    } catch {
      later(5);
    }
  };
  const open = () => {
    if (source || document.hidden) return;
    clearTimeout(timer);
    source = new EventSource(one.element.dataset.live);
    source.addEventListener('order', show);
    source.addEventListener('ticket', show);
    source.addEventListener('end', () => {
      close();
      location.reload();
    });
    source.addEventListener('error', () => {
      // Otherwise it comes again by itself.
      if (source?.readyState === EventSource.CLOSED) ask();
    });
  };
  addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(close, 5000);
    else open();
  });
  // A page that is kept for the back button keeps no connection.
  addEventListener('pagehide', close);
  addEventListener('pageshow', open);
  open();
};
if (live.length || document.querySelector('[data-countdown]')) document.querySelector('main').append(teller);
live.forEach(watch);
