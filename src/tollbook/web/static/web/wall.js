// Says when a board on a wall is no longer what it was: the connection is lost, or nothing new has come for a while.
(() => {
  const STALE_MS = 75_000;
  let seen = "";
  let since = Date.now();
  let isLost = false;

  function say() {
    const wall = document.getElementById("wall");
    const place = wall?.querySelector("[data-wall-lost]");
    if (!place) return;
    if (wall.dataset.at !== seen) {
      seen = wall.dataset.at;
      since = Date.now();
    }
    const isStale = Date.now() - since > STALE_MS;
    wall.classList.toggle("wall-stale", isStale);
    place.hidden = !isStale && !isLost;
    place.textContent = isStale ? "⚠ out of date, no connection" : "⚠ connection lost, trying again";
  }

  document.addEventListener("htmx:after:sse:connection", (event) => {
    event.target.dataset.connected = "yes";
    isLost = false;
    say();
  });
  document.addEventListener("htmx:before:sse:connection", (event) => {
    isLost = Boolean(event.target.dataset.connected);
    say();
  });
  setInterval(say, 1000);
  say();
})();
