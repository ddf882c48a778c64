/**
 * Who may be a neighbour: angular extent, S, the filters, a selection, a region of the sky.
 * It never searches.
 *
 * Emits explorer:options {conditions}, explorer:inside {name}; null: what the filters show.
 */

import { addedColumn } from "../core/added_columns.js";
import { whereOf } from "../core/conditions.js";
import { formatCount } from "../core/format.js";
import { el, emit } from "../core/html.js";

/** The button that opens them, with how many are set. */
export function conditionsMenu(state) {
  const { conditions, filters, selections, active } = state;
  const count = Object.keys(conditions).length;
  const change = (patch) => {
    const next = Object.fromEntries(Object.entries({ ...conditions, ...patch }).filter(([, value]) => value !== null && value.length));
    emit(document.body, "explorer:options", { conditions: next });
  };
  const number = (key, words, unit, placeholder) =>
    el(
      "p",
      {},
      el("label", {}, `${words} `, el("input", { id: `condition-${key}`, type: "text", inputmode: "decimal", size: 6, placeholder, value: conditions[key] ?? "", onchange: ({ target }) => change({ [key]: target.value.trim() || null }) }), unit),
    );
  const where = whereOf(filters);
  const own = Object.keys(filters).some((name) => addedColumn(state, name)); // of which the server knows nothing
  const among = JSON.stringify(conditions.where ?? []) === JSON.stringify(where) && where.length > 0;
  return el(
    "details",
    { class: "menu", id: "conditions" },
    el("summary", {}, count ? `Conditions (${count})` : "Conditions"),
    el(
      "div",
      { class: "popover" },
      number("extent_percent", "Angular extent within ±", " % of the query's", "30"),
      number("min_similarity", "S at least", "", "0.9"),
      el("p", {}, el("label", {}, "Region of the sky ", el("input", { id: "condition-within", type: "text", size: 26, placeholder: "176.27 +19.61, 30\u2032", title: "Position and radius; the radius in deg unless arcmin (\u2032) or arcsec (\u2033) stands behind it", value: conditions.within ?? "", onchange: ({ target }) => change({ within: target.value.trim() || null }) }))),
      el("p", {}, el("label", {}, el("input", { id: "condition-where", type: "checkbox", checked: among, disabled: !where.length && !conditions.where, onchange: ({ target }) => (own && target.checked ? emit(document.body, "explorer:inside", { name: null }) : change({ where: target.checked ? where : null })) }), where.length ? "Only what the filters show" : "Only what the filters show (none is set)")),
      el("p", {}, el("label", {}, el("input", { id: "condition-selection", type: "checkbox", checked: Boolean(conditions.selection), disabled: !active && !conditions.selection, onchange: ({ target }) => (target.checked ? emit(document.body, "explorer:inside", { name: active }) : change({ selection: null })) }), insideWords(selections, active))),
      el("p", {}, el("label", {}, el("input", { id: "condition-with_quarantined", type: "checkbox", checked: conditions.with_quarantined === "true", onchange: ({ target }) => change({ with_quarantined: target.checked ? "true" : null }) }), "With quarantined sources")),
      count > 0 && el("p", {}, el("button", { type: "button", class: "link", onclick: () => emit(document.body, "explorer:options", { conditions: {} }) }, "None of them")),
    ),
  );
}

function insideWords(selections, active) {
  const picked = selections.find(({ name }) => name === active);
  return picked ? `Only inside selection ${picked.name} (${formatCount(picked.rows.count)})` : "Only inside a selection (none is open)";
}
