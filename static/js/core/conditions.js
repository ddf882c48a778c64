/**
 * Conditions on who may be a neighbour, as the server takes them.
 * It never checks them: the server says what is wrong with one.
 */

/** The server's names. */
export const CONDITIONS = ["extent_percent", "min_similarity", "within", "where", "selection", "with_quarantined"];

/** @typedef {Record<string, string | string[]>} Conditions */

/** Name and value of each, as they stand in an address. @param {Conditions} conditions @returns {[string, string][]} */
export function conditionPairs(conditions = {}) {
  return Object.entries(conditions).flatMap(([name, value]) => [value].flat().map((each) => /** @type {[string, string]} */ ([name, each])));
}

/** @param {URLSearchParams} params @returns {Conditions} */
export function readConditions(params) {
  const found = CONDITIONS.filter((name) => params.has(name));
  return Object.fromEntries(found.map((name) => [name, name === "where" ? params.getAll(name) : (params.get(name) ?? "")]));
}

/** The page's filters as the server's `where`. @param {Record<string, import("./filters.js").Filter>} filters @returns {string[]} */
export function whereOf(filters) {
  return Object.entries(filters).flatMap(([name, filter]) => {
    const values = filter.kind === "categories" ? filter.names : range(filter);
    return [...values, ...(filter.unknown ? [""] : [])].map((value) => `${name}:${value}`);
  });
}

const range = ({ low, high }) => (low === null && high === null ? [] : [`${low ?? ""}..${high ?? ""}`]);
