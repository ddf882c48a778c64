/**
 * Several examples, wanted and unwanted, each with a weight: how the list of them changes, how it
 * stands in a link, and how it is asked. It never asks.
 */

/**
 * A source of the catalogue, or a position that is none (`position`, as typed; `survey`: whose image).
 * @typedef {{id?: string, position?: string, survey?: string}} Item
 * @typedef {Item & {weight: number, wanted: boolean}} Asked
 * @typedef {Asked & {title?: string}} Example
 */

/** What tells an example from another. */
export const keyOf = (/** @type {Item} */ { id, position, survey }) => (id ? `source ${id}` : `position ${position} ${survey ?? ""}`);

/** What is open, as an example; null where no address leads to it. @returns {Item & {title: string} | null} */
export function itemOf(query, result) {
  if (!query || !result || query.kind === "image" || query.kind === "examples") return null;
  const { source_id: id, name, position } = result.query;
  const title = name || position;
  if (id) return { id, title };
  const survey = query.survey ? { survey: query.survey } : {};
  return { position: query.kind === "position" ? query.text : `${query.ra} ${query.dec}`, ...survey, title };
}

/**
 * Mark an item as wanted or unwanted, or, where it is marked so, no more. The first mark begins with
 * what is open, as wanted: "like this one, and like that one too".
 * @param {readonly Example[]} examples @param {Item & {title?: string}} item @param {boolean} wanted
 * @param {Item & {title?: string} | null} [open]
 * @returns {Example[]}
 */
export function marked(examples, item, wanted, open = null) {
  const key = keyOf(item);
  const before = examples.find((each) => keyOf(each) === key);
  if (before?.wanted === wanted) return without(examples, key);
  if (before) return examples.map((each) => (each === before ? { ...each, wanted } : each));
  const begun = !examples.length && open && keyOf(open) !== key ? [{ ...open, weight: 1, wanted: true }] : examples;
  return [...begun, { ...item, weight: 1, wanted }];
}

/** @param {readonly Example[]} examples */
export const without = (examples, key) => examples.filter((each) => keyOf(each) !== key);

/** @param {readonly Example[]} examples */
export const weighted = (examples, key, weight) => examples.map((each) => (keyOf(each) === key ? { ...each, weight } : each));

/** The question that examples are; null where none is wanted. @param {readonly Example[]} examples */
export function examplesQuery(examples) {
  if (!examples.some(({ wanted }) => wanted)) return null;
  const asked = examples.map(({ title: _, ...each }) => each);
  return /** @type {import("./api.js").Query} */ ({ kind: "examples", examples: asked });
}

/** "2 wanted, 1 unwanted". @param {readonly Asked[]} examples */
export function countedWords(examples) {
  const wanted = examples.filter((each) => each.wanted).length;
  const unwanted = examples.length - wanted;
  return [`${wanted} wanted`, unwanted && `${unwanted} unwanted`].filter(Boolean).join(", ");
}

/** As the server takes them. @param {readonly Asked[]} examples */
export function examplesBody(examples) {
  const of = (kind) =>
    examples
      .filter(({ wanted }) => wanted === kind)
      .map(({ id, position, survey, weight }) => (id ? { source_id: id, weight } : { position, ...(survey && { survey }), weight }));
  return JSON.stringify({ wanted: of(true), unwanted: of(false) });
}

/** Name and value of each as they stand in a link: wanted=2:ID, unwanted=1@RA DEC. @param {readonly Asked[]} examples @returns {[string, string][]} */
export function examplePairs(examples = []) {
  return examples.map(({ id, position, survey, weight, wanted }) => {
    const said = id ? `${weight}:${id}` : `${weight}@${position}${survey ? `@${survey}` : ""}`;
    return [wanted ? "wanted" : "unwanted", said];
  });
}

/** One of them; null where the text is none. @param {string} name @param {string} text @returns {Example | null} */
export function readExample(name, text) {
  const [, number, kind, rest] = /^([\d.e+-]+)([:@])(.+)$/is.exec(text) ?? [];
  const weight = Number(number);
  if (!rest || !(weight > 0)) return null;
  const wanted = name === "wanted";
  if (kind === ":") return { id: rest, weight, wanted };
  const [position, survey] = rest.split("@");
  return { position, ...(survey && { survey }), weight, wanted };
}

/** Examples of a link, in its order; an item that stands there twice is taken once. @param {URLSearchParams} params @returns {Example[]} */
export function readExamples(params) {
  const found = new Map();
  for (const [name, text] of params) {
    const example = ["wanted", "unwanted"].includes(name) ? readExample(name, text) : null;
    if (example && !found.has(keyOf(example))) found.set(keyOf(example), example);
  }
  return [...found.values()];
}

/**
 * An answer in the shape of any other, so that the same gallery shows it: the query is no source and
 * has no place on the sky; `examples` says what they were understood as.
 */
export function asResult(answer) {
  const { wanted, unwanted, angular_extent_arcsec, warnings } = answer.query;
  const count = wanted.length + unwanted.length;
  const nothing = {
    ...{ ra_deg: null, dec_deg: null, position: "", understood: "", source_id: null, row: null },
    ...{ survey: "", service: "", cached: false, image_origin: "observed", blank_fraction: null },
    ...{ extent_origin: "", extent_flag: "ok", separation_arcsec: null, also_nearby: [], columns: {} },
  };
  const name = count === 1 ? "1 example" : `${count} examples`;
  const query = { ...nothing, name, angular_extent_arcsec, warnings, image_url: wanted[0].image_url };
  return { ...answer, query, examples: answer.query, novelty_percentile: null };
}
