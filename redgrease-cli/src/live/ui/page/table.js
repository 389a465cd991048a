// A table that keeps its rows: what a person points at stays in place while figures change.

import { el, setClass, setText } from "./dom.js";

/** Rows that are drawn at most. A search finds the others. */
const MOST = 200;

const orders = new Map();

function compare(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

function matches(words, search) {
  const text = words.filter(Boolean).join("\n").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** The table of a kind of rows inside a place. `choose(key)` is called for the row that a person opens. */
export function table(place, kind, choose) {
  const order = orders.get(kind) ?? { column: kind.order, turned: false };
  orders.set(kind, order);
  const known = new Map();
  let last = null;

  const heads = kind.columns.map((column, index) => {
    const turn = () => {
      order.turned = order.column === index && !order.turned;
      order.column = index;
      if (last) update(last);
    };
    const name = [column.right && "right", column.optional && "optional"].filter(Boolean).join(" ");
    return el("th", { scope: "col", class: name }, el("button", { type: "button", onclick: turn }, column.title));
  });
  const body = el("tbody");
  const grid = el("table", {}, el("thead", {}, el("tr", {}, heads)), body);
  const empty = el("p", { class: "empty" });
  const more = el("p", { class: "more" });
  place.replaceChildren(grid, empty, more);

  function make(key) {
    const cells = kind.columns.map((column) => {
      if (!column.main) return { node: el("td") };
      const name = el("button", { type: "button", class: "name" });
      const under = el("span", { class: "under" });
      return { node: el("td", {}, name, column.under ? under : null), name, under };
    });
    const open = (event) => {
      event.stopPropagation();
      if (!kind.isQuiet) choose(key);
    };
    return { row: el("tr", { onclick: open }, cells.map(({ node }) => node)), cells };
  }

  function show({ row, cells }, data, context) {
    kind.columns.forEach((column, index) => {
      const { node, name, under } = cells[index];
      const tone = column.tone?.(data) ?? "";
      if (name) {
        setText(name, column.text(data) || "(no name)");
        setClass(name, `name ${tone}`);
        if (column.under) setText(under, column.under(data));
        return;
      }
      setClass(node, [column.right && "right", column.optional && "optional", tone].filter(Boolean).join(" "));
      if (column.cell) node.replaceChildren(column.cell(data, context));
      else setText(node, column.text(data));
    });
    row.classList.toggle("selected", context.selected === kind.key(data));
  }

  function update(context) {
    last = context;
    const all = kind.rows(context.view);
    const by = kind.columns[order.column].by;
    const found = all.filter((row) => matches(kind.words(row), context.search));
    const keyed = found.map((row) => ({ row, key: kind.key(row), value: by(row) }));
    keyed.sort((a, b) => (compare(a.value, b.value) || compare(a.key, b.key)) * (order.turned ? -1 : 1));
    const shown = keyed.slice(0, MOST);
    heads.forEach((head, index) => {
      // The greatest number comes first, unless the order is turned.
      const isFalling = Boolean(kind.columns[index].right) !== order.turned;
      const sorted = isFalling ? "descending" : "ascending";
      head.setAttribute("aria-sort", index === order.column ? sorted : "none");
    });
    const keys = new Set(shown.map(({ key }) => key));
    for (const [key, { row }] of known) {
      if (!keys.has(key)) {
        row.remove();
        known.delete(key);
      }
    }
    // Moving a row takes the focus away from it.
    const focused = document.activeElement;
    shown.forEach(({ row: data, key }, index) => {
      const made = known.get(key) ?? make(key);
      known.set(key, made);
      show(made, data, context);
      if (body.children[index] !== made.row) body.insertBefore(made.row, body.children[index] ?? null);
    });
    if (focused && focused !== document.activeElement && body.contains(focused)) focused.focus({ preventScroll: true });
    grid.hidden = shown.length === 0;
    empty.hidden = shown.length > 0;
    setText(empty, all.length ? "Nothing matches the search." : "Nothing here.");
    more.hidden = keyed.length <= MOST;
    setText(more, `${keyed.length - MOST} more: search for them.`);
  }

  return { update };
}
