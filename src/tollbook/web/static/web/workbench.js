// The ruler of the workbench: lines where columns begin, which can be dragged, moved with the arrow keys and added by a
// click between two signs. The fields stay the truth; whatever is moved here is written there, and the server answers.
(() => {
  const form = document.querySelector("form[data-workbench]");
  if (!form) return;

  const ready = new WeakSet();
  const fields = () => [...form.querySelectorAll("[data-start]")];

  function sizes(ruler) {
    const sample = ruler.querySelector("[data-sample]");
    const probe = document.createElement("span");
    probe.textContent = "0".repeat(100);
    sample.append(probe);
    const one = probe.getBoundingClientRect().width / 100;
    probe.remove();
    return { one, left: sample.offsetLeft };
  }

  function place(edge, at, size) {
    edge.style.left = `${size.left + at * size.one}px`;
    edge.setAttribute("aria-valuenow", String(at));
  }

  function tell(field) {
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function limits(number) {
    const all = fields().map((field) => Number(field.value));
    return { least: all[number - 1] + 1, most: number + 1 < all.length ? all[number + 1] - 1 : 999 };
  }

  function move(edge, number, at, size) {
    const { least, most } = limits(number);
    const held = Math.min(Math.max(at, least), most);
    fields()[number].value = String(held);
    place(edge, held, size);
  }

  function made(field, number, size) {
    const edge = document.createElement("button");
    const name = document.createElement("span");
    const title = field.closest("tr").querySelector("[name=c-name]").value;
    name.textContent = title;
    edge.type = "button";
    edge.className = "edge";
    edge.setAttribute("role", "slider");
    edge.setAttribute("aria-label", `Where ${title} begins`);
    edge.setAttribute("aria-valuemin", "0");
    edge.setAttribute("aria-valuemax", "999");
    edge.append(name);
    place(edge, Number(field.value), size);
    if (number) {
      edge.addEventListener("pointerdown", (event) => drag(edge, number, event));
      edge.addEventListener("keydown", (event) => step(edge, number, event));
    }
    return edge;
  }

  function drag(edge, number, begun) {
    const ruler = edge.closest("[data-ruler]");
    const size = sizes(ruler);
    begun.preventDefault();
    edge.focus();
    edge.setPointerCapture(begun.pointerId);
    const moved = (event) => {
      const inside = event.clientX - ruler.getBoundingClientRect().left - size.left;
      move(edge, number, Math.round(inside / size.one), size);
    };
    edge.addEventListener("pointermove", moved);
    edge.addEventListener("pointerup", () => {
      edge.removeEventListener("pointermove", moved);
      tell(fields()[number]);
    }, { once: true });
  }

  function step(edge, number, event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const field = fields()[number];
    move(edge, number, Number(field.value) + by, sizes(edge.closest("[data-ruler]")));
    tell(field);
  }

  function split(event) {
    const ruler = event.currentTarget;
    if (event.target.closest(".edge")) return;
    const size = sizes(ruler);
    const at = Math.round((event.clientX - ruler.getBoundingClientRect().left - size.left) / size.one);
    if (at <= 0 || fields().some((field) => Number(field.value) === at)) return;
    form.querySelector("[data-split-at]").value = String(at);
    form.querySelector("[data-split]").click();
  }

  function draw() {
    const ruler = form.querySelector("[data-ruler]");
    if (!ruler) return;
    const focused = [...ruler.querySelectorAll(".edge")].indexOf(document.activeElement);
    for (const edge of ruler.querySelectorAll(".edge")) edge.remove();
    const size = sizes(ruler);
    ruler.append(...fields().map((field, number) => made(field, number, size)));
    if (focused >= 0) ruler.querySelectorAll(".edge")[focused]?.focus();
    if (!ready.has(ruler)) ruler.addEventListener("click", split);
    ready.add(ruler);
  }

  // One question after another. An answer that comes late must not undo what was asked since, and a button that is
  // pressed meanwhile counts: it is pressed again once the answer is there, so that it sends the fields as they are then.
  let underway = null;
  let changed = false;
  let part = null;
  const pressed = [];

  form.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (!underway) {
      underway = ctx;
      part = ctx.request.submitter?.closest("section")?.getAttribute("aria-labelledby");
      return;
    }
    event.preventDefault();
    if (ctx.request.submitter) pressed.push(ctx.request.submitter);
    else changed = true;
  });

  form.addEventListener("htmx:finally:request", (event) => {
    if (event.detail.ctx !== underway) return;
    const asked = changed;
    underway = null;
    changed = false;
    while (pressed.length) {
      const button = pressed.shift();
      if (button.isConnected) return form.requestSubmit(button);
    }
    if (asked) tell(form);
  });

  // A button that is gone once it has been pressed leaves the focus to the heading of its part, not to the whole page.
  function stay() {
    const heading = part && document.getElementById(part);
    if (!heading || document.activeElement !== document.body) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  document.addEventListener("htmx:after:swap", draw);
  document.addEventListener("htmx:after:swap", stay);
  draw();
})();
