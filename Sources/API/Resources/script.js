// Adds live updates and conveniences. Every page works without this script.
'use strict';

// Tells the server the visitor's time zone, for the times on later pages.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) {
  document.cookie = `tz=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
}
// If the server did not know the zone, formats this page's times: in the page's language, for the visitor's region.
const locales = (() => {
  const { region } = new Intl.Locale(navigator.language || 'en').maximize();
  return [`${document.documentElement.lang}-${region ?? '001'}`, document.documentElement.lang];
})();
// The format is the same as on the server: 05:12 with a 24-hour clock, 5:12 AM with a 12-hour clock.
const { hour12 } = new Intl.DateTimeFormat(locales, { hour: 'numeric' }).resolvedOptions();
const hour = hour12 ? 'numeric' : '2-digit';
const localise = (root) => {
  for (const time of root.querySelectorAll('time[data-local]')) {
    time.textContent = new Date(time.dateTime).toLocaleString(locales, {
      weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour, minute: '2-digit',
    });
  }
};
// Reads the live elements before changing anything, because they are compared with the fragments of the server.
const live = [...document.querySelectorAll('[data-live]')].map((element) => (
  { element, shown: element.innerHTML.trim() }
));
localise(document);

// Focus the error summary, so that screen readers start there.
document.querySelector('.summary')?.focus();

const enable = (form) => {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
};
// Prevents submitting a form twice.
addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'yes';
  // After a stopped or failed load the form can be sent again.
  setTimeout(() => enable(form), 10000);
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
});
// The back button may restore the page with a disabled form.
addEventListener('pageshow', (event) => {
  if (event.persisted) document.querySelectorAll('form[data-sent]').forEach(enable);
});

// Fills a text field with the chosen file.
for (const choice of document.querySelectorAll('[data-file-for]')) {
  const field = document.getElementById(choice.dataset.fileFor);
  choice.hidden = false;
  choice.querySelector('input').addEventListener('change', async ({ target }) => {
    const [file] = target.files;
    const isTooLarge = file?.size > 150000;
    target.setCustomValidity(isTooLarge ? 'This file is too large. Split it into parts of at most 150 kB.' : '');
    target.reportValidity();
    if (file && !isTooLarge) field.value = await file.text();
  });
}

// Announces changes to screen readers: politely, only the newest text, and no text twice in a row.
const announcer = document.createElement('p');
announcer.className = 'unseen';
announcer.setAttribute('role', 'status');
let announcedAt = -Infinity;
let announceTimer;
const announce = (text) => {
  clearTimeout(announceTimer);
  announceTimer = setTimeout(() => {
    announcedAt = performance.now();
    if (announcer.textContent !== text) announcer.textContent = text;
  }, Math.max(100, announcedAt + 5000 - performance.now()));
};

// Countdowns use the server's clock. The page's Server-Timing header shows how far the browser's clock is ahead.
const [navigationEntry] = performance.getEntriesByType('navigation');
const serverNow = navigationEntry?.type !== 'back_forward'
  && navigationEntry?.serverTiming?.find((entry) => entry.name === 'now')?.duration;
const ahead = serverNow ? performance.timeOrigin + navigationEntry.responseStart - serverNow : 0;
const clock = (seconds) => {
  const two = (value) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return (hours ? `${hours}:${two(minutes)}` : minutes) + `:${two(seconds % 60)}`;
};
const announcements = { 300: '5 minutes left', 60: '1 minute left', 0: "Time's up" };
let ticking;
const tick = () => {
  clearTimeout(ticking);
  let next;
  for (const element of document.querySelectorAll('[data-countdown]')) {
    const left = Date.parse(element.dataset.countdown) - (Date.now() - ahead);
    const seconds = Math.max(0, Math.ceil(left / 1000));
    const text = `${clock(seconds)} left`;
    if (element.textContent !== text) {
      // Does not announce the first text, which is read with the page.
      if (element.textContent && announcements[seconds]) announce(announcements[seconds]);
      element.setAttribute('role', 'timer');
      element.textContent = text;
    }
    if (left > 0) next = Math.min(next ?? Infinity, left - (seconds - 1) * 1000);
  }
  if (next) ticking = setTimeout(tick, next + 10);
};
tick();

// Shows the notes about changes that are newer than the page. Returns the text to announce.
const updateNotes = (element) => {
  for (const note of element.querySelectorAll('[data-changed]')) {
    note.hidden = Number(note.dataset.changed) <= Number(element.dataset.version);
  }
  return [...element.querySelectorAll('[data-say]')].filter((one) => !one.hidden)
    .map((one) => one.textContent.trim()).join('. ');
};

// Replaces the content of a live element. Keeps the keyboard focus and the values of its fields.
const replace = (element, fragment) => {
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const values = new Map();
  // Also keeps the form's key, so that a second press sends the same request as the first.
  for (const field of element.querySelectorAll('input:not([type=hidden]), input[name=key], select, textarea')) {
    values.set(field.name, field.value);
  }
  const opened = [...element.querySelectorAll('details')].map((one) => one.open);
  const before = updateNotes(element);
  element.replaceChildren(fragment);
  element.querySelectorAll('details').forEach((one, index) => { one.open = opened[index] ?? false; });
  localise(element);
  tick();
  for (const [name, value] of values) {
    const field = element.querySelector(`[name="${CSS.escape(name)}"]`);
    if (field) field.value = value;
  }
  if (focused) {
    const same = [...element.querySelectorAll(focused.localName)].find((one) => focused.id ? one.id === focused.id
      : focused.name ? one.name === focused.name : one.textContent === focused.textContent);
    if (!same) element.tabIndex = -1;
    (same ?? element).focus({ preventScroll: true });
  }
  const after = updateNotes(element);
  if (after && after !== before) announce(after);
};

// Shows a part of the page that depends on what a seller types: the amounts that a price leads to, or the row of seats.
// Without scripts, the form shows this part only when it comes back with errors.
const preview = (box) => {
  const form = box.closest('form');
  const names = box.dataset.names.split(' ');
  let timer;
  let latest = 0;
  const load = async () => {
    const query = new URLSearchParams(names.map((name) => [name, form.elements[name]?.value ?? '']));
    if (box.dataset.performance) query.set('performance', box.dataset.performance);
    latest += 1;
    const number = latest;
    try {
      const response = await fetch(`${box.dataset.preview}?${query}`);
      const markup = response.ok ? await response.text() : '';
      // A later answer may have come first.
      if (number === latest) box.innerHTML = markup;
    } catch {
      // The next key press loads it again.
    }
  };
  form.addEventListener('input', (event) => {
    if (!names.includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(load, 400);
  });
  if (form.elements[names[0]]?.value) load();
};
document.querySelectorAll('[data-preview]').forEach(preview);

// Keeps an element up to date with server-sent events. A hidden page closes its stream, because browsers open few
// connections to one server. The first event after reopening the stream shows the current state.
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
  // The response was not a stream. Reload the page if access is denied; otherwise try again later.
  const checkAccess = async () => {
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
      // In other states, the browser reconnects automatically.
      if (source?.readyState === EventSource.CLOSED) checkAccess();
    });
  };
  addEventListener('visibilitychange', () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(close, 5000);
    else open();
  });
  // A page in the back-forward cache must not keep a connection.
  addEventListener('pagehide', close);
  addEventListener('pageshow', open);
  open();
};
if (live.length || document.querySelector('[data-countdown]')) document.querySelector('main').append(announcer);
live.forEach(watch);
