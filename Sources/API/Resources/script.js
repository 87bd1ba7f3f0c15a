// What the pages do with a script. Every one of them works without it.
'use strict';

// The visitor's time zone, for the times that the server writes from now on.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) {
  document.cookie = `tz=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
}
// And for those on this page, when it did not know.
for (const time of document.querySelectorAll('time[data-local]')) {
  time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang, {
    weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit',
  });
}

// The summary of what is wrong with a form is the first thing to be read.
document.querySelector('.summary')?.focus();

// A form that is on its way is not sent again.
addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'yes';
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
});
// One comes back to it by the back button.
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll('form[data-sent]')) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll('button')) button.removeAttribute('aria-disabled');
  }
});
