// All about a row, in a panel at the side.

import { buttons } from "./actions.js";
import { state } from "./columns.js";
import { byId, el, replace } from "./dom.js";
import { bytes, clock, count, duration, rate, shortId } from "./format.js";

const panel = byId("details");
let drawn = "";

/** Shows the row with a key, or nothing. */
export function show(kind, key, context, close) {
  const row = key === null ? null : kind.rows(context.view).find((it) => kind.key(it) === key);
  const text = row ? JSON.stringify([kind.name, row, context.changes, related(kind, row, context.view)]) : "";
  // A panel that is drawn again loses the focus and the selected text.
  if (text === drawn) return;
  const isNew = panel.hidden;
  const opened = [...panel.querySelectorAll("details")].map((it) => it.open);
  const focused = [...panel.querySelectorAll("button")].indexOf(document.activeElement);
  drawn = text;
  panel.hidden = !row;
  if (!row) return;
  const [title, ...parts] = PAGES[kind.name](row, context.view);
  replace(
    panel,
    el("div", { class: "details-head" }, el("h2", {}, title), el("button", { type: "button", class: "close", onclick: close }, "Close")),
    buttons(kind, row, context),
    parts,
  );
  panel.querySelectorAll("details").forEach((it, index) => (it.open = opened[index] ?? false));
  if (isNew) {
    panel.scrollTop = 0;
    panel.focus({ preventScroll: true });
  } else if (focused >= 0) {
    panel.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
  }
}

/** What else the panel of a row shows. */
function related(kind, row, view) {
  if (kind.name === "Registrations") return problemsOf(row, view);
  if (kind.name === "Sessions") return view.registrations.filter((it) => it.session === row.id).map((it) => [it.id, it.rate, it.failed]);
  return null;
}

const problemsOf = (row, view) => view.problems.filter((it) => it.id === row.id);

function fields(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", {}, shown.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

const mono = (text) => el("span", { class: "mono" }, text);

const PAGES = {
  Registrations: (row, view) => {
    const [text, tone] = state(row);
    return [
      row.name || shortId(row.id),
      fields([
        ["State", el("span", { class: `pill ${tone}` }, text)],
        ["Description", row.description],
        ["Reader", `${row.reader}, ${row.mode}`],
        ["Script", row.script],
        ["Session", row.session],
        ["Id", mono(row.id)],
        ["Runs", `${count(row.triggered)} triggered, ${count(row.succeeded)} succeeded, ${count(row.failed)} failed, ${count(row.aborted)} aborted`],
        ["Rate", `${rate(row.rate)} per second, ${rate(row.failure_rate)} failing`],
        ["Time of a run", `now ${duration(row.recent_ms)}, mean ${duration(row.mean_ms)}, last ${duration(row.last_ms)}`],
        ["Lag", row.lag_ms === null ? null : duration(row.lag_ms)],
        ["Shards", row.shards],
      ]),
      el("h3", {}, "Arguments"),
      fields(Object.entries(row.details).map(([name, value]) => [name, mono(value)])),
      ...problems(problemsOf(row, view)),
    ];
  },
  Executions: (row) => [
    `Execution ${shortId(row.id)}`,
    fields([
      ["State", row.status],
      ["Id", mono(row.id)],
      ["Started by", row.registered ? "a registration" : "a script"],
      ["Shard", row.shard && mono(row.shard)],
      ["Time", duration(row.duration_ms)],
      ["Results", row.results],
    ]),
    row.steps.length ? el("h3", {}, "Steps") : null,
    row.steps.length ? el("pre", {}, row.steps.join("\n")) : null,
    ...row.errors.map((text) => el("div", { class: "error" }, el("pre", {}, text))),
  ],
  Sessions: (row, view) => {
    const own = view.registrations.filter((it) => it.session === row.id);
    return [
      row.id,
      fields([
        ["Description", row.description],
        ["References", row.references],
        ["Packages", row.requirements.join(", ")],
        ["Not restored", row.not_restored],
      ]),
      el("h3", {}, "Registrations"),
      fields(own.map((it) => [it.reader, `${it.name}: ${rate(it.rate)} per second, ${count(it.failed)} failed`])),
    ];
  },
  Packages: (row) => [
    row.name,
    fields([
      ["Installed", row.is_installed ? "yes" : "no"],
      ["Downloaded", row.is_downloaded ? "yes" : "no"],
      ["Sessions", row.sessions],
      ["System", row.os],
      ["Wheels", row.wheels.join(", ")],
    ]),
  ],
  Shards: (row) => [
    row.address,
    fields([
      ["Id", mono(row.id)],
      ["Slots", row.slots],
      ["Executions", row.executions],
      ["Pending messages", row.pending_messages],
      ["Memory of Python", bytes(row.python_memory)],
      ["Silent", row.silent],
    ]),
  ],
  Errors: (row) => [row.name, fields([["Script", row.script], ["Session", row.session], ["Id", mono(row.id)]]), ...problems([row])],
};

function problems(rows) {
  if (rows.length === 0) return [];
  return [el("h3", {}, rows.length === 1 ? "Error" : "Errors"), ...rows.map(problem)];
}

function problem(row) {
  const { summary, text, frames } = row.traceback;
  const times = row.count === 1 ? "once" : `${count(row.count)} times`;
  const last = row.is_old ? "before this page was opened" : `the last time at ${clock(row.at)}`;
  return el(
    "div",
    { class: "error" },
    el("p", {}, summary),
    el("p", { class: "when" }, `seen ${times}, ${last}`),
    frames.map(frame),
    el("details", {}, el("summary", {}, "Traceback as text"), el("pre", {}, text)),
  );
}

function frame({ file, line, function: name, is_own, source }) {
  const lines = source.map((it) =>
    el("div", { class: it.number === line ? "failing" : "" }, el("b", {}, String(it.number)), el("span", {}, it.text)),
  );
  return el(
    "div",
    { class: is_own ? "frame own" : "frame" },
    el("p", {}, `${file}:${line}`, el("span", {}, `  ${name}`)),
    lines.length ? el("div", { class: "source", tabindex: 0, role: "region", "aria-label": "Source" }, lines) : null,
  );
}
