// Plots of the last minutes, drawn as SVG.

import { el, setText, svg } from "./dom.js";
import { clock } from "./format.js";

const WIDTH = 400;
const HEIGHT = 100;
const TOP = 6;
/** Points that are drawn at most: more of them are a thicket. */
const MOST = 130;
/** The shortest time that a plot shows. */
const SPAN = 60000;

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** The points of a time as one. Times begin where they began before, so that the plot moves and does not flicker. */
function condensed(points, series, span) {
  const length = 2 ** Math.ceil(Math.log2(Math.max(1, span / MOST)));
  const groups = Map.groupBy(points, ({ at }) => Math.floor(at / length));
  return [...groups.values()].map((group) => ({
    at: group[group.length - 1].at,
    values: series.map(({ value, isGreatest }) => {
      const values = group.map(value).filter((it) => it !== null);
      if (values.length === 0) return 0;
      return isGreatest ? Math.max(...values) : mean(values);
    }),
  }));
}

/**
 * A plot of series: `{ name, tone, value: (point) => number | null, isGreatest }`, of which the greatest values or the mean are shown. `format` writes a value.
 * `update(points)` draws the points again.
 */
export function plot(label, series, format) {
  const paths = series.map(({ tone }) => ({
    area: svg("path", { class: `area s-${tone}` }),
    line: svg("path", { class: `series s-${tone}` }),
  }));
  const cursor = svg("line", { class: "cursor", y1: 0, y2: HEIGHT, visibility: "hidden" });
  const lines = [TOP, (HEIGHT + TOP) / 2, HEIGHT - 0.5];
  const image = svg(
    "svg",
    { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    lines.map((y) => svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: y, y2: y })),
    paths.map(({ area }) => area),
    paths.map(({ line }) => line),
    cursor,
  );
  const left = el("span");
  const right = el("span");
  const axis = el("div", { class: "axis" }, left, right);
  let shown = { points: [], from: 0, to: 1, top: 1 };
  let pointed = null;

  const x = (point) => ((point.at - shown.from) / (shown.to - shown.from)) * WIDTH;
  const y = (value) => HEIGHT - (value / shown.top) * (HEIGHT - TOP);

  function readings() {
    if (pointed === null || shown.points.length === 0) {
      cursor.setAttribute("visibility", "hidden");
      const seconds = Math.round((shown.to - shown.from) / 1000);
      setText(left, seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`);
      setText(right, `max ${format(shown.greatest ?? 0)}`);
      axis.classList.remove("read");
      return;
    }
    const at = shown.from + pointed * (shown.to - shown.from);
    const nearest = shown.points.reduce((a, b) => (Math.abs(b.at - at) < Math.abs(a.at - at) ? b : a));
    cursor.setAttribute("x1", x(nearest));
    cursor.setAttribute("x2", x(nearest));
    cursor.setAttribute("visibility", "visible");
    setText(left, clock(nearest.at));
    setText(right, series.map(({ name }, index) => `${name} ${format(nearest.values[index])}`).join("  "));
  }

  function update(all) {
    const to = all.length ? all[all.length - 1].at : 1;
    const from = Math.min(all.length ? all[0].at : 0, to - SPAN);
    const points = condensed(all, series, to - from);
    const greatest = Math.max(0, ...points.flatMap(({ values }) => values));
    shown = { points, from, to, greatest, top: greatest > 0 ? greatest : 1 };
    series.forEach((_, index) => {
      const steps = points.map((point) => `${x(point).toFixed(1)} ${y(point.values[index]).toFixed(1)}`);
      const line = steps.length ? `M${steps.join("L")}` : "";
      paths[index].line.setAttribute("d", line);
      const close = steps.length ? `L${WIDTH} ${HEIGHT}L${x(points[0]).toFixed(1)} ${HEIGHT}Z` : "";
      paths[index].area.setAttribute("d", line + close);
    });
    readings();
  }

  image.addEventListener("pointermove", (event) => {
    const box = image.getBoundingClientRect();
    pointed = (event.clientX - box.left) / box.width;
    readings();
  });
  image.addEventListener("pointerleave", () => {
    pointed = null;
    readings();
  });
  return { nodes: [image, axis], update };
}

/** The last rates of a registration, small. */
export function spark(values = []) {
  const top = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, 39);
  const start = WIDTH - (values.length - 1) * step;
  const points = values.map((value, index) => `${(start + index * step).toFixed(1)} ${(96 - (value / top) * 90).toFixed(1)}`);
  const line = points.length ? `M${points.join("L")}` : "M0 96";
  return svg(
    "svg",
    { class: "plot spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "area s-good", d: points.length ? `${line}L${WIDTH} 98L${start.toFixed(1)} 98Z` : "" }),
    svg("path", { class: "series s-good", d: line }),
  );
}
