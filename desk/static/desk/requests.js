// Shows what becomes of a ticket's requests as it happens. Without this the page shows it when it is loaded again.
// Words of devices reach the page as text alone (textContent), never as HTML.
(() => {
  "use strict";
  const list = document.getElementById("desk-requests");
  const template = document.getElementById("desk-request-row");
  const live = document.getElementById("desk-requests-live");
  if (!list || !template || !live || !window.EventSource) { return; }
  const RETRY_MILLISECONDS = 15000;
  let source = null;
  let seen = list.dataset.seen;
  let over = false;

  const fill = (element, row) => {
    for (const field of element.querySelectorAll("[data-field]")) {
      field.textContent = row[field.dataset.field];
    }
    element.dataset.state = row.state;
    const bundle = element.querySelector("[data-bundle]");
    bundle.hidden = !row.bundle;
    if (row.bundle.startsWith("/")) { bundle.href = row.bundle; }
    const cancel = element.querySelector("form");
    cancel.hidden = !row.cancel;
    if (row.cancel.startsWith("/")) { cancel.action = row.cancel; }
  };

  const show = (rows) => {
    const elements = new Map(Array.from(list.children, (element) => [element.dataset.request, element]));
    const news = [];
    rows.forEach((row, at) => {
      let element = elements.get(row.id);
      if (!element) {
        element = template.content.firstElementChild.cloneNode(true);
        element.dataset.request = row.id;
      }
      const words = element.querySelector("[data-field=words]").textContent;
      if (element.dataset.state !== row.state || words !== row.words) {
        news.push(`Request of ${row.made_at}: ${row.state_text}. ${row.words}`.trim());
      }
      fill(element, row);
      // Moved only if it is out of place: moving takes the keyboard's focus away.
      if (list.children[at] !== element) { list.insertBefore(element, list.children[at] || null); }
    });
    while (list.children.length > rows.length) { list.lastElementChild.remove(); }
    if (news.length) { live.textContent = news.join(" "); }
  };

  const close = () => {
    if (source) { source.close(); }
    source = null;
  };

  const open = () => {
    if (source || over || document.hidden) { return; }
    source = new EventSource(`${list.dataset.events}?seen=${encodeURIComponent(seen)}`);
    source.addEventListener("requests", (event) => {
      seen = event.lastEventId;
      show(JSON.parse(event.data));
    });
    source.addEventListener("end", () => {
      over = true;
      close();
      live.textContent = "This page is not live any more. Load it again.";
    });
    source.addEventListener("error", () => {
      // The browser connects again by itself, except after an answer that is no stream of events.
      if (source && source.readyState === EventSource.CLOSED) {
        close();
        setTimeout(open, RETRY_MILLISECONDS);
      }
    });
  };

  // A browser holds six connections to a server at most: pages out of sight give theirs back.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
})();
