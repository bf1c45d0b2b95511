// Beside htmx's stream of rows: keeps a live list short, says whether it is live, and tells the page that calls came.
// A list that lost its stream for a while is loaded again, since calls may have come meanwhile.
(() => {
  const said = { live: "live", lost: "connection lost, trying again" };

  function mark(list, state) {
    const place = list.closest("main").querySelector("[data-live-mark]");
    if (!place) return;
    place.textContent = said[state];
    place.dataset.state = state;
  }

  function isLive(target) {
    return target instanceof Element && target.matches("[data-live]");
  }

  document.addEventListener("htmx:after:sse:connection", (event) => {
    if (!isLive(event.target)) return;
    if (event.target.dataset.connected) {
      const place = "#" + event.target.id;
      htmx.ajax("GET", window.location.href, { target: place, select: place, swap: "outerHTML" });
      return;
    }
    event.target.dataset.connected = "yes";
    mark(event.target, "live");
  });

  document.addEventListener("htmx:sse:error", (event) => {
    if (isLive(event.target)) mark(event.target, "lost");
  });

  document.addEventListener("htmx:before:sse:connection", (event) => {
    if (isLive(event.target) && event.target.dataset.connected) mark(event.target, "lost");
  });

  document.addEventListener("htmx:after:sse:message", (event) => {
    const list = event.target;
    if (!isLive(list)) return;
    const most = Number(list.dataset.most);
    while (list.childElementCount > most) list.lastElementChild.remove();
    list.parentElement.querySelector(".empty")?.remove();
    document.body.dispatchEvent(new CustomEvent("tollbook:calls"));
  });
})();
