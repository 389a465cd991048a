// Changes: a question first, then a request to this page's own address.

import { byId, el } from "./dom.js";
import { shortId } from "./format.js";

const NOTES = {
  pause: "It stops reading until it is resumed. Messages wait in the stream.",
  resume: "It goes on where it has stopped.",
  unregister: "Its queued executions still run. It can be registered again by its script or program only.",
  abort: "The execution ends at once, with an error or without results.",
};

function verbs(kind, row) {
  if (kind.name === "Executions") return row.is_over ? [] : ["abort"];
  if (kind.name !== "Registrations") return [];
  if (!row.status) return ["unregister"];
  return [row.status === "PAUSED" ? "resume" : "pause", "unregister"];
}

/** The buttons of a row; nothing if the page is read-only. */
export function buttons(kind, row, { changes, refresh }) {
  const allowed = changes ? verbs(kind, row) : [];
  if (allowed.length === 0) return null;
  const name = row.name || shortId(row.id);
  return el(
    "div",
    { class: "acts" },
    allowed.map((verb) => {
      const isDanger = verb === "unregister" || verb === "abort";
      const title = verb[0].toUpperCase() + verb.slice(1);
      const press = async () => {
        if (await agrees(`${title} ${name}?`, NOTES[verb], title)) await send(verb, row.id, refresh);
      };
      return el("button", { type: "button", class: isDanger ? "act danger" : "act", onclick: press }, title);
    }),
  );
}

// A question has one answer, which is of no other question. (The event `close` of a dialog comes later than its button.)
let answer = () => {};
byId("question-yes").addEventListener("click", () => answer(true));
byId("question-no").addEventListener("click", () => answer(false));
byId("question").addEventListener("cancel", () => answer(false));

function agrees(question, note, yes) {
  answer(false);
  const dialog = byId("question");
  byId("question-text").textContent = question;
  byId("question-note").textContent = note;
  byId("question-yes").textContent = yes;
  dialog.showModal();
  byId("question-no").focus();
  return new Promise((resolve) => {
    answer = (agreed) => {
      answer = () => {};
      dialog.close();
      resolve(agreed);
    };
  });
}

async function send(verb, id, refresh) {
  try {
    const reply = await fetch("act", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ verb, id }),
    });
    const body = await reply.json();
    say(reply.ok ? `${verb}: done` : body.error);
  } catch {
    say("The program `redgrease ui` does not answer.");
  }
  refresh();
}

let timer = null;

export function say(text) {
  const toast = byId("toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (toast.hidden = true), 6000);
}
