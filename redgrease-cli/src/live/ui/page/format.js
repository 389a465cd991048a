// Figures and times as people read them.

export function rate(value) {
  if (!(value > 0)) return "0";
  if (value < 0.05) return "<0.1";
  return value < 10 ? value.toFixed(1) : count(value);
}

export function count(value) {
  if (value < 9999.5) return String(Math.round(value));
  let unit = "";
  for (const next of ["k", "M", "G", "T"]) {
    if (unit && value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return (value < 99.95 ? value.toFixed(1) : value.toFixed(0)) + unit;
}

export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (!(ms > 0)) return "0 ms";
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  if (ms < 99950) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 5970000) return `${(ms / 60000).toFixed(0)} min`;
  if (ms < 172800000) return `${(ms / 3600000).toFixed(0)} h`;
  return `${(ms / 86400000).toFixed(0)} d`;
}

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  let unit = "B";
  for (const next of ["kB", "MB", "GB", "TB"]) {
    if (value < 999.5) break;
    value /= 1000;
    unit = next;
  }
  return unit === "B" || value >= 99.95 ? `${value.toFixed(0)} ${unit}` : `${value.toFixed(1)} ${unit}`;
}

export const clock = (ms) => new Date(ms).toLocaleTimeString([], { hourCycle: "h23" });

/** The end of an id: the beginning is the same for all ids of a shard. */
export function shortId(id) {
  const at = id.lastIndexOf("-");
  if (at !== 40) return id;
  const shard = id.slice(0, at);
  return /^0+$/.test(shard) ? `#${id.slice(at + 1)}` : `${shard.slice(0, 6)}…#${id.slice(at + 1)}`;
}
