// The tables: which columns they have.
//
// A column has a title, `text` or `cell` (a node), `by` (what orders the rows), and optionally `tone`, `right`, and `optional`
// for columns that narrow windows leave out.

import { el } from "./dom.js";
import { bytes, clock, count, duration, rate, shortId } from "./format.js";
import { spark } from "./plot.js";

const tone = (name, is) => (is ? name : "dim");
const reader = (row) => row.reader.replace(/Reader$/, "").toLowerCase();

/** Where a row comes from: the end of the path of its script, or its session. */
const origin = (row) => row.script?.split("/").slice(-2).join("/") ?? row.session;

const STATES = {
  PAUSED: ["paused", "warn"],
  ABORTED: ["stopped", "bad"],
  WAITING_FOR_RETRY_ON_FAILURE: ["retrying", "bad"],
};

export function state(row) {
  if (row.status && row.status !== "OK") return STATES[row.status] ?? [row.status, "warn"];
  return row.is_failing ? ["failing", "bad"] : ["ok", "good"];
}

const pill = ([text, name]) => el("span", { class: `pill ${name}` }, text);

const REGISTRATIONS = {
  name: "Registrations",
  rows: (view) => view.registrations,
  key: (row) => row.id,
  words: (row) => [row.name, row.reader, row.mode, row.session, row.script, row.description, row.id, state(row)[0]],
  order: 1,
  columns: [
    { title: "Name", main: true, text: (row) => row.name, under: (row) => [reader(row), origin(row)].filter(Boolean).join(" · "), by: (row) => row.name },
    { title: "Runs/s", right: true, text: (row) => rate(row.rate), tone: (row) => tone("", row.rate > 0), by: (row) => -row.rate },
    { title: "Activity", optional: true, cell: (row, { sparks }) => spark(sparks[row.id]), by: (row) => -row.rate },
    { title: "Failing/s", right: true, optional: true, text: (row) => rate(row.failure_rate), tone: (row) => tone("bad", row.failure_rate > 0), by: (row) => -row.failure_rate },
    { title: "Now", right: true, optional: true, text: (row) => duration(row.recent_ms), tone: (row) => tone("", row.recent_ms !== null), by: (row) => -(row.recent_ms ?? -1) },
    { title: "Mean", right: true, optional: true, text: (row) => duration(row.mean_ms), tone: (row) => tone("", row.mean_ms > 0), by: (row) => -row.mean_ms },
    { title: "Last", right: true, optional: true, text: (row) => duration(row.last_ms), tone: (row) => tone("", row.last_ms > 0), by: (row) => -row.last_ms },
    { title: "Lag", right: true, optional: true, text: (row) => duration(row.lag_ms), tone: (row) => (row.lag_ms >= 1000 ? "warn" : tone("", row.lag_ms !== null)), by: (row) => -(row.lag_ms ?? -1) },
    { title: "Runs", right: true, optional: true, text: (row) => count(row.triggered), tone: (row) => tone("", row.triggered > 0), by: (row) => -row.triggered },
    { title: "Failed", right: true, text: (row) => count(row.failed), tone: (row) => tone("bad", row.failed > 0), by: (row) => -row.failed },
    { title: "State", cell: (row) => pill(state(row)), by: (row) => state(row)[0] },
  ],
};

const EXECUTION_TONES = { running: "good", aborted: "warn", done: "dim" };

const EXECUTIONS = {
  name: "Executions",
  rows: (view) => view.executions,
  key: (row) => row.id,
  words: (row) => [row.id, row.status, row.shard, row.registered ? "registration" : "script"],
  order: 1,
  columns: [
    { title: "Execution", main: true, text: (row) => shortId(row.id), by: (row) => row.id },
    { title: "State", cell: (row) => pill([row.status.replaceAll("_", " "), EXECUTION_TONES[row.status] ?? ""]), by: (row) => `${row.is_over ? 1 : 0}${row.status}` },
    { title: "Time", right: true, text: (row) => duration(row.duration_ms), tone: (row) => (row.duration_ms > 10000 && !row.is_over ? "warn" : tone("", row.duration_ms > 0)), by: (row) => -row.duration_ms },
    { title: "Results", right: true, optional: true, text: (row) => (row.results === null ? "–" : count(row.results)), by: (row) => -(row.results ?? -1) },
    { title: "Errors", right: true, text: (row) => count(row.errors.length), tone: (row) => tone("bad", row.errors.length), by: (row) => -row.errors.length },
    { title: "Started by", optional: true, text: (row) => (row.registered ? "registration" : "script"), tone: () => "dim", by: (row) => row.registered },
    { title: "Shard", optional: true, text: (row) => row.shard?.slice(0, 8) ?? "–", tone: () => "dim", by: (row) => row.shard ?? "" },
  ],
};

const SESSIONS = {
  name: "Sessions",
  rows: (view) => view.sessions,
  key: (row) => row.id,
  words: (row) => [row.id, row.description, ...row.requirements],
  order: 0,
  columns: [
    { title: "Session", main: true, text: (row) => row.id, under: (row) => row.description ?? "", by: (row) => row.id },
    { title: "Registrations", right: true, text: (row) => count(row.registrations), by: (row) => -row.registrations },
    { title: "Runs/s", right: true, text: (row) => rate(row.rate), tone: (row) => tone("", row.rate > 0), by: (row) => -row.rate },
    { title: "Failed", right: true, text: (row) => count(row.failed), tone: (row) => tone("bad", row.failed > 0), by: (row) => -row.failed },
    { title: "Packages", optional: true, text: (row) => row.requirements.join(", ") || "–", tone: () => "dim", by: (row) => -row.requirements.length },
    { title: "State", cell: (row) => pill(row.not_restored ? ["not restored", "bad"] : row.is_dead ? ["replaced", "warn"] : ["ok", "good"]), by: (row) => (row.not_restored ? 0 : 1) },
  ],
};

const PACKAGES = {
  name: "Packages",
  rows: (view) => view.requirements,
  key: (row) => row.name,
  words: (row) => [row.name, row.os],
  order: 0,
  columns: [
    { title: "Package", main: true, text: (row) => row.name, by: (row) => row.name },
    { title: "State", cell: (row) => pill(row.is_installed ? ["installed", "good"] : row.is_downloaded ? ["downloaded", "warn"] : ["not installed", "bad"]), by: (row) => (row.is_installed ? 1 : 0) },
    { title: "Sessions", right: true, text: (row) => count(row.sessions), by: (row) => -row.sessions },
    { title: "Wheels", optional: true, text: (row) => row.wheels.join(", ") || "–", tone: () => "dim", by: (row) => -row.wheels.length },
  ],
};

const SHARDS = {
  name: "Shards",
  rows: (view) => view.shards,
  key: (row) => row.id,
  words: (row) => [row.id, row.address],
  order: 0,
  columns: [
    { title: "Shard", main: true, text: (row) => row.address, under: (row) => row.id, by: (row) => row.address },
    { title: "State", cell: (row) => pill(row.silent ? ["silent", "bad"] : ["ok", "good"]), by: (row) => (row.silent ? 0 : 1) },
    { title: "Slots", optional: true, text: (row) => row.slots, by: (row) => row.slots },
    { title: "Executions", right: true, text: (row) => count(row.executions), by: (row) => -row.executions },
    { title: "Messages", right: true, optional: true, text: (row) => count(row.pending_messages), by: (row) => -row.pending_messages },
    { title: "Python", right: true, text: (row) => bytes(row.python_memory), by: (row) => -(row.python_memory ?? 0) },
  ],
};

function place(row) {
  const frames = row.traceback.frames;
  const frame = frames.findLast((it) => it.is_own) ?? frames.at(-1);
  return frame ? `${frame.file}:${frame.line}` : "";
}

const ERRORS = {
  name: "Errors",
  rows: (view) => view.problems,
  key: (row) => row.key,
  words: (row) => [row.name, row.session, row.script, row.traceback.text],
  order: 2,
  isBad: (view) => view.problems.some((row) => row.is_current),
  columns: [
    { title: "Error", main: true, text: (row) => row.traceback.summary, tone: (row) => (row.is_current ? "bad" : ""), under: (row) => [row.name, origin(row)].filter(Boolean).join(" · "), by: (row) => row.traceback.summary },
    { title: "Times", right: true, text: (row) => count(row.count), by: (row) => -row.count },
    { title: "Last", text: (row) => (row.is_old ? "before" : clock(row.at)), tone: () => "dim", by: (row) => -row.at },
    { title: "Where", optional: true, text: place, tone: () => "dim mono", by: place },
  ],
};

const ENGINE = {
  name: "Engine",
  rows: (view) => Object.entries(view.engine).map(([name, value]) => ({ name, value })),
  key: (row) => row.name,
  words: (row) => [row.name, row.value],
  order: 0,
  isQuiet: true,
  columns: [
    { title: "Field of INFO", text: (row) => row.name, tone: () => "mono", by: (row) => row.name },
    { title: "Value", text: (row) => row.value || "–", by: (row) => row.value },
  ],
};

export const TABLES = [REGISTRATIONS, EXECUTIONS, SESSIONS, PACKAGES, SHARDS, ERRORS, ENGINE];
