/**
 * What is going on while an answer is awaited, in words.
 * It never waits itself.
 */

import { formatBytes } from "./format.js";

const FRAME = /\b(icrs|fk[45]|[jb](1950|2000)(\.0)?|gal(actic)?|ra|dec|r\.a\.|dec\.)(?=[\s:=,]|$)/gi;
const NAMED_POSITION = /[jb]\s*\d{6}(\.\d*)?\s*[-+\u2212]\s*\d{4}/i;
const UNIT = /([\d.]\s*)(h(ou)?rs?|h|m(in)?|s(ec)?|d(eg(rees)?)?)(?![a-z])/gi;

/** At first the catalogue is looked up; what takes longer is a name, a survey or a file. */
export function pendingWords(query, surveySeconds) {
  const survey = query.survey ? query.survey.toUpperCase() : "the FIRST server";
  if (query.kind === "image") {
    const { name, sizeBytes } = query.image;
    return ["Sending the image", `Reading and searching with ${name} (${formatBytes(sizeBytes)})`];
  }
  if (query.survey) return [`Asking ${survey}`, `Asking ${survey} for its image`];
  const asking = `sking ${survey}, up to ${surveySeconds} s`;
  const named = query.kind === "position" && !hasCoordinates(query.text);
  return ["Looking in the catalogue", named ? `Looking up the name, then a${asking}` : `A${asking}`];
}

/** Whether a text carries coordinates itself, so that no name server is asked. */
export function hasCoordinates(text) {
  if (NAMED_POSITION.test(text)) return true;
  const bare = text.replace(FRAME, " ").replace(UNIT, "$1");
  return /\d/.test(bare) && !/\p{L}/u.test(bare);
}
