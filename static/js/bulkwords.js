/**
 * What the search for a list says: how far it is, and what became of the entries.
 * It never touches the document.
 */

import { formatCount } from "./format.js";

const STATES = { waiting: "Waiting for the lists before this one", "looking up names": "Looking up names" };

/** How far a running search is, with its rate and the time left once these mean something. */
export function progressWords(status, elapsedS) {
  if (status.state !== "searching") return `${STATES[status.state] ?? status.state}…`;
  const { n_done: done, n_listed: listed, n_unmatched: unmatched } = status;
  const said = [`${formatCount(done)} of ${formatCount(listed)} entries`];
  if (unmatched) said.push(`${formatCount(unmatched)} unmatched`);
  if (done > 0 && elapsedS >= 2) {
    const rate = done / elapsedS;
    said.push(`${rate < 10 ? rate.toFixed(1) : formatCount(Math.round(rate))} a second`);
    said.push(`about ${formatDuration((listed - done) / rate)} left`);
  }
  return said.join(", ");
}

/** "9 listed = 5 answered from the catalogue + 0 by the survey + 4 unmatched"; it adds up. */
export function accountWords(status) {
  const left = status.n_listed - status.n_done;
  const parts = [
    `${formatCount(status.n_bundle)} answered from the catalogue`,
    `${formatCount(status.n_service)} by the survey`,
    `${formatCount(status.n_unmatched)} unmatched`,
  ];
  if (left) parts.push(`${formatCount(left)} not tried`);
  return `${formatCount(status.n_listed)} listed = ${parts.join(" + ")}.`;
}

/** How the list ended, as a heading. */
export function endWords(status) {
  if (status.state === "failed") return "The search failed";
  if (status.state === "stopped") return "Stopped: what was found so far";
  return status.n_rows ? "Found" : "No entry could be answered";
}

/** Each warning of the answers once, numbered, with how many answers have it. */
export function numberedWarnings(answers) {
  const counts = new Map();
  for (const { warnings } of answers) {
    for (const text of new Set(warnings)) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count], i) => ({ number: i + 1, count, text }));
}

/** 7 s, 3 min, 1.5 h. */
export function formatDuration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** Where the entry, and a neighbour, are shown on the map. */
export const placeUrl = ({ ra_deg: ra, dec_deg: dec }) => `/?${new URLSearchParams({ ra, dec })}`;
export const sourcePageUrl = (id) => `/?${new URLSearchParams({ source: id })}`;
