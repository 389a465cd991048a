// The page: asks the program for news, and shows them.

import { TABLES } from "./columns.js";
import { show as showDetails } from "./details.js";
import { byId, el, setClass, setText } from "./dom.js";
import { figures } from "./figures.js";
import { bytes, clock, duration } from "./format.js";
import { table } from "./table.js";

const context = { view: null, sparks: {}, changes: false, search: "", selected: null, refresh: ask };
const updateFigures = figures(byId("figures"));
let kind = TABLES[0];
let rows = null;
let version = null;
let timer = null;

// News.

async function ask() {
  clearTimeout(timer);
  let wait = 1000;
  try {
    const reply = await fetch(version === null ? "state" : `state?after=${version}`);
    if (reply.status === 200) {
      const state = await reply.json();
      wait = state.interval_ms;
      take(state);
    } else if (reply.status === 204) {
      wait = 250;
    } else {
      trouble(`the program refuses the page (${reply.status}): open the address that it has printed`);
    }
  } catch {
    trouble("the program `redgrease ui` has ended: start it again, and open the address that it prints");
  }
  timer = setTimeout(ask, wait);
}

function take(state) {
  version = state.version;
  context.changes = state.changes;
  if (state.trouble) trouble(`no server: ${state.trouble}`);
  else link("up", state.view ? clock(state.view.at) : "connecting");
  byId("banner").hidden = !state.trouble;
  if (!state.view) return;
  context.view = state.view;
  context.sparks = state.sparks;
  facts(state.view);
  updateFigures(state.view, state.history);
  draw();
}

/** Says what is wrong. The last figures stay. */
function trouble(text) {
  const last = context.view ? ` The figures are of ${clock(context.view.at)}.` : "";
  setText(byId("banner"), `${text}.${last}`);
  byId("banner").hidden = false;
  link("down", "no news");
}

function link(name, text) {
  setClass(byId("link"), name);
  setText(byId("link-text"), text);
}

function facts({ server, totals, refusals }) {
  const known = [
    server.name,
    server.address,
    server.engine && `engine ${server.engine}`,
    server.python && `Python ${server.python} with ${bytes(totals.python_memory)}`,
    server.uptime_s !== null && `up ${duration(server.uptime_s * 1000)}`,
    server.clients !== null && `${server.clients} clients`,
    !context.changes && "read-only",
    ...refusals.map((refusal) => `refused: ${refusal}`),
  ].filter(Boolean);
  const place = byId("facts");
  const text = JSON.stringify(known);
  if (place.dataset.text !== text) {
    place.dataset.text = text;
    place.replaceChildren(...known.map((fact) => el("span", {}, fact)));
  }
  document.title = totals.failure_rate > 0 ? `(failing) ${server.address} · redgrease` : `${server.address} · redgrease`;
}

// Tables.

const tabs = TABLES.map((it, index) => {
  const number = el("span", { class: "count" });
  const button = el(
    "button",
    { type: "button", role: "tab", id: `tab-${index}`, "aria-controls": "rows", onclick: () => choose(index) },
    it.name,
    it.isQuiet ? null : number,
  );
  byId("tabs").append(button);
  return { button, number };
});

function choose(index) {
  kind = TABLES[index];
  tabs.forEach(({ button }, other) => {
    button.setAttribute("aria-selected", String(other === index));
    button.tabIndex = other === index ? 0 : -1;
  });
  byId("rows").setAttribute("aria-labelledby", `tab-${index}`);
  open(null);
  rows = table(byId("rows"), kind, open);
  draw();
}

function open(key) {
  const wasOpen = context.selected !== null;
  context.selected = key;
  draw();
  if (key === null && wasOpen) byId("rows").querySelector("tr.last button.name")?.focus({ preventScroll: true });
  for (const row of byId("rows").querySelectorAll("tr")) {
    if (key !== null) row.classList.toggle("last", row.classList.contains("selected"));
  }
}

function draw() {
  if (!context.view) return;
  TABLES.forEach((it, index) => {
    const { number } = tabs[index];
    setText(number, String(it.rows(context.view).length));
    setClass(number, it.isBad?.(context.view) ? "count bad" : "count");
  });
  rows?.update(context);
  showDetails(kind, context.selected, context, () => open(null));
}

// Keys.

byId("search").addEventListener("input", (event) => {
  context.search = event.target.value.trim();
  draw();
});

byId("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const index = (TABLES.indexOf(kind) + step + TABLES.length) % TABLES.length;
  choose(index);
  tabs[index].button.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("question").open) return;
  const isWriting = event.target === byId("search");
  if (event.key === "Escape" && context.selected !== null) open(null);
  else if (event.key === "Escape" && isWriting) event.target.blur();
  else if (isWriting) return;
  else if (event.key === "/") {
    event.preventDefault();
    byId("search").focus();
  } else if (/^[1-9]$/.test(event.key) && TABLES[event.key - 1]) choose(event.key - 1);
});

// Light or dark: as the system says, until a person chooses.

const stored = {
  get: () => {
    try {
      return localStorage.getItem("redgrease-theme");
    } catch {
      return null;
    }
  },
  set: (name) => {
    try {
      localStorage.setItem("redgrease-theme", name);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  },
};
if (stored.get()) document.documentElement.dataset.theme = stored.get();
byId("theme").addEventListener("click", () => {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (document.documentElement.dataset.theme ?? system) === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  stored.set(next);
});

choose(0);
ask();
