// Shows bytes and records as they arrive. Everything is put in as text, never as markup; both panes stay short.
(() => {
  const place = document.querySelector("[data-arrivals]");
  if (!place || !window.EventSource) return;
  const most = Number(place.dataset.most);
  const mark = place.querySelector("[data-arrivals-mark]");
  const bytes = place.querySelector("[data-bytes]");
  const records = place.querySelector("[data-records]");
  const head = document.querySelector("[data-stream-state]");
  const source = new EventSource(place.dataset.arrivals);
  let begun = false;

  function part(name, kind, text) {
    const made = document.createElement(name);
    made.className = kind;
    made.textContent = text;
    return made;
  }

  function shorten(list) {
    while (list.childNodes.length > most) list.firstChild.remove();
    const pane = list.closest(".stream-pane");
    pane.scrollTop = pane.scrollHeight;
  }

  function say(text, state) {
    mark.textContent = text;
    mark.dataset.state = state;
  }

  function begin() {
    if (!begun) {
      bytes.replaceChildren();
      records.replaceChildren();
    }
    begun = true;
  }

  source.addEventListener("open", () => say("live", "live"));
  source.addEventListener("error", () => {
    say(source.readyState === EventSource.CLOSED ? "not live; load the page again" : "connection lost, trying again", "lost");
  });
  source.addEventListener("over", () => {
    source.close();
    say("ended; load the page again to go on", "lost");
  });
  source.addEventListener("state", (event) => {
    const told = JSON.parse(event.data);
    head.className = "page-head state-" + told.state;
    head.querySelector("[data-state-word]").textContent = told.state.replaceAll("-", " ");
    head.querySelector("[data-state-message]").textContent = told.message;
  });
  source.addEventListener("message", (event) => {
    const shown = JSON.parse(event.data);
    begin();
    bytes.append(part("span", "arrival", shown.raw));
    for (const record of shown.records) {
      const item = part("li", "fate-" + record.fate, "");
      const told = part("span", "told", " " + record.told);
      told.prepend(part("span", "number", record.number));
      item.append(told, part("code", "", record.raw));
      records.append(item);
    }
    shorten(bytes);
    shorten(records);
  });
})();
