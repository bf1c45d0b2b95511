// Beside htmx's stream of rows: keeps a live list short, says whether it is live, and tells the page that calls came.
// A list that calls have passed by, while it was loading or its stream was lost, is told that it is behind and loads
// itself again.
(() => {
  for (const here of document.querySelectorAll(":is(.tabs, .periods) [aria-current]")) {
    here.scrollIntoView({ block: "nearest", inline: "center" });
  }
})();

(() => {
  const said = { live: "live", lost: "connection lost, trying again" };

  function isLive(target) {
    return target instanceof Element && target.matches("[data-live]");
  }

  function mark(list, state) {
    const place = list.closest("main").querySelector("[data-live-mark]");
    place.textContent = said[state];
    place.dataset.state = state;
  }

  function tell() {
    document.body.dispatchEvent(new CustomEvent("tollbook:calls"));
  }

  // A call that has another leg comes again, with what it has become.
  function keepNewest(list) {
    const met = new Set();
    for (const row of [...list.children]) {
      if (row.dataset.call && met.has(row.dataset.call)) row.remove();
      met.add(row.dataset.call);
    }
  }

  document.addEventListener("htmx:after:sse:connection", (event) => {
    if (!isLive(event.target)) return;
    event.target.dataset.connected = "yes";
    mark(event.target, "live");
  });

  document.addEventListener("htmx:before:sse:connection", (event) => {
    if (isLive(event.target) && event.target.dataset.connected) mark(event.target, "lost");
  });

  document.addEventListener("behind", (event) => {
    const place = "#" + event.target.id;
    htmx.ajax("GET", window.location.href, { target: place, select: place, swap: "outerHTML" });
    tell();
  });

  document.addEventListener("htmx:after:sse:message", (event) => {
    const list = event.target;
    if (!isLive(list) || !list.isConnected) return;
    keepNewest(list);
    const most = Number(list.dataset.most);
    while (list.childElementCount > most) list.lastElementChild.remove();
    tell();
  });
})();
