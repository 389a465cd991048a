// The figures with their plots.

import { el, setClass, setText } from "./dom.js";
import { count, duration, rate } from "./format.js";
import { plot } from "./plot.js";

const FIGURES = [
  {
    title: "Runs per second",
    value: ({ totals }) => rate(totals.rate),
    note: ({ totals }) => (totals.failure_rate > 0 ? [`${rate(totals.failure_rate)} failing`, "bad"] : ["none failing", ""]),
    format: rate,
    series: [
      { name: "runs", tone: "good", value: (point) => point.rate },
      { name: "failing", tone: "bad", value: (point) => point.failure_rate },
    ],
  },
  {
    title: "Time of a run",
    value: ({ totals }) => duration(totals.mean_ms),
    note: ({ totals }) => (totals.slowest_ms === null ? ["", ""] : [`slowest gear ${duration(totals.slowest_ms)}`, ""]),
    format: duration,
    series: [
      { name: "slowest gear", tone: "violet", value: (point) => point.slowest_ms, isGreatest: true },
      { name: "mean", tone: "blue", value: (point) => point.mean_ms },
    ],
  },
  {
    title: "Lag of streams",
    value: ({ totals }) => duration(totals.lag_ms),
    note: ({ totals }) => (totals.lag_ms === null ? ["no streams", ""] : ["the greatest", totals.lag_ms >= 1000 ? "warn" : ""]),
    format: duration,
    series: [{ name: "lag", tone: "warn", value: (point) => point.lag_ms, isGreatest: true }],
  },
  {
    title: "Executions",
    value: ({ totals }) => count(totals.running),
    note: ({ totals }) => [
      `running, ${count(totals.waiting)} waiting`,
      totals.waiting > 0 ? "warn" : "",
    ],
    format: count,
    series: [
      { name: "waiting", tone: "warn", value: (point) => point.waiting },
      { name: "running", tone: "blue", value: (point) => point.running },
    ],
  },
];

/** Puts the figures into a section. The result updates them. */
export function figures(section) {
  const updates = FIGURES.map(({ title, value, note, format, series }) => {
    const number = el("span");
    const small = el("small");
    const drawn = plot(title, series, format);
    section.append(el("article", { class: "figure" }, el("h2", {}, title), el("p", { class: "value" }, number, small), drawn.nodes));
    return (view, points) => {
      setText(number, value(view));
      const [text, tone] = note(view);
      setText(small, text);
      setClass(small, tone);
      drawn.update(points);
    };
  });
  return (view, points) => updates.forEach((update) => update(view, points));
}
