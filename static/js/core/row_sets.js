/**
 * What filters leave and selections hold, kept in step with the state: asks the worker, fetches
 * the columns that are needed, and puts rows and histograms into the store.
 * It never draws.
 */

import { isAborted } from "./api.js";
import { scaleOf } from "./filters.js";
import { Rows } from "./rows.js";
import { COLOURS, cornersOf, LONG, nextName, writeSelection } from "./selections.js";

/**
 * @param {{store: any, api: any,
 *   client: ReturnType<typeof import("./worker_client.js").createWorkerClient>, tell?: (sentence: string) => void}} parts
 */
export function createRowSets({ store, api, client: { tell, compute, load, put: give }, tell: say = () => {} }) {
  let round = 0;
  let drawnOn = null;
  /** The added columns that the worker has. @type {readonly any[]} */
  let given = [];

  /** A new map: outlines are of the map on which they were drawn, so that on another their rows stay. */
  async function follow({ map, layout }) {
    if (!map) return;
    tell("map", { x: map.x, y: map.y });
    const moved = drawnOn !== null && drawnOn !== layout;
    drawnOn = layout;
    const { selections } = store.get();
    if (moved && selections.length) store.set({ selections: selections.map(withoutOutlines) });
    await restore();
    await count();
  }

  const withoutOutlines = (each) => ({ ...each, shapes: [{ op: "+", rows: [...each.rows.indices] }] });

  /** Find the rows of selections that a link or a file brought, and keep those that are long. */
  async function restore() {
    const { selections, map } = store.get();
    if (!map || !selections.length) return;
    const isNew = (each) => each.rows.n !== map.n;
    const toKeep = (each) => each.kept === undefined && writeSelection(each).length > LONG;
    if (!selections.some((each) => isNew(each) || toKeep(each))) return;
    const again = await Promise.all(selections.map(async (each) => keptLong(isNew(each) ? await remade(each) : each)));
    if (selections === store.get().selections) store.set({ selections: again.filter((each) => each !== null) });
    else await restore();
  }

  /** A selection with its rows; null where the server keeps them no more, which is said. */
  async function remade(each) {
    try {
      const [{ sample }] = each.shapes;
      if (sample) {
        const report = await api.sample(sample);
        const others = store.get().selections.filter((one) => one !== each);
        return ofSample(report, { name: freeName(report.sample.name, others), colour: each.colour });
      }
      const shapes = await Promise.all(each.shapes.map(async (shape) => (shape.kept ? { op: shape.op, rows: (await api.select({ selection: shape.kept })).rows } : shape)));
      return { ...each, shapes, rows: new Rows(await compute("shapes", { shapes, allowed: null })) };
    } catch (error) {
      say(`Selection ${each.name} could not be taken over from the link. ${error.message}`);
      return null;
    }
  }

  /** A sample as a selection. */
  function ofSample(report, { name, colour }) {
    const rows = Rows.of(store.get().map.n, report.rows);
    return { name, colour, shapes: [{ op: "+", rows: [...rows.indices] }], rows, sample: report };
  }

  /** Show a sample, or what has become of one that is shown already. */
  function showSample(report, activate = false) {
    const { selections, active } = store.get();
    const before = selections.find(({ sample }) => sample?.sample.id === report.sample.id) ?? null;
    const name = freeName(report.sample.name, selections.filter((each) => each !== before));
    const made = ofSample(report, { name, colour: before?.colour ?? COLOURS[selections.length % COLOURS.length] });
    store.set({
      selections: before ? selections.map((each) => (each === before ? made : each)) : [...selections, made],
      active: activate || active === before?.name ? name : active,
      ...(activate && { subject: "selection" }),
    });
  }

  /** One whose outline is long is kept by the server, and its link holds the id. */
  async function keptLong(each) {
    if (each === null || each.kept !== undefined || writeSelection(each).length <= LONG) return each;
    try {
      const { selection: kept } = await api.select({ rows: [...each.rows.indices] });
      return { ...each, kept };
    } catch (error) {
      say(`The link cannot hold selection ${each.name}: it is long, and the server could not keep it. ${error.message}`);
      return { ...each, kept: null };
    }
  }

  /** Columns were added, changed or taken away. */
  async function follows({ columns }) {
    const added = columns.filter(({ codes }) => codes);
    for (const each of added) if (!given.includes(each)) give(each);
    given = added;
    await count();
  }

  /** Fetch the columns that the filters and the open rail need, then count. */
  async function count() {
    const mine = ++round;
    const { map, filters, rail, columns } = store.get();
    if (!map) return;
    const wanted = rail === "filters" ? columns.map(({ name }) => name) : Object.keys(filters);
    if (!wanted.length) return store.set({ shown: null, histograms: {} });
    try {
      await Promise.all(wanted.map(load));
    } catch (error) {
      if (!isAborted(error)) store.set({ filterError: error.message });
      return;
    }
    const scales = Object.fromEntries(
      (rail === "filters" ? columns : []).map((c) => [c.name, c.kind === "number" ? scaleOf(c) : null]),
    );
    const within = activeOf(store.get())?.rows.mask ?? null;
    const { mask, histograms } = await compute("crossfilter", { filters, scales, within });
    if (mine === round) store.set({ shown: mask && new Rows(mask), histograms, filterError: null });
  }

  function filter({ name, filter: wanted }) {
    const { [name]: _, ...others } = store.get().filters;
    store.set({ filterError: null, filters: wanted ? { ...others, [name]: wanted } : others });
  }

  /** A shape was drawn: a new selection, or more or less of the active one. */
  async function drawn({ path, mode }) {
    const corners = cornersOf(path);
    if (corners.length < 6) return;
    await add({ op: mode === "remove" ? "-" : "+", corners }, mode === "new");
  }

  /** Add a shape to the active selection, or begin a new one with it. */
  async function add(shape, fresh) {
    const { selections, shown } = store.get();
    const active = fresh ? null : activeOf(store.get());
    if (!active && shape.op === "-") return;
    const shapes = [...(active?.shapes ?? []), shape];
    const allowed = shown?.mask ?? null;
    const mask = await compute("shapes", { shapes, allowed });
    const kept = allowed && shape.corners ? [{ op: "+", rows: [...new Rows(mask).indices] }] : shapes;
    put(active, { shapes: kept, rows: new Rows(mask) }, selections);
  }

  function put(active, made, selections) {
    const name = active?.sample ? freeName(`${active.name}, changed`, selections) : (active?.name ?? nextName(selections));
    const colour = active?.colour ?? COLOURS[selections.length % COLOURS.length];
    const next = { name, colour, ...made }; // not `kept` or `sample`: they are of other rows
    const list = active ? selections.map((each) => (each === active ? next : each)) : [...selections, next];
    store.set({ selections: list, active: name, subject: "selection" });
  }

  /** Begin a selection of given rows, such as the hits. */
  function pick(rows, name = null) {
    const { selections, map } = store.get();
    const mask = Rows.of(map.n, rows);
    put(null, { shapes: [{ op: "+", rows: [...mask.indices] }], rows: mask }, selections);
    if (name) rename({ name: store.get().active, to: name });
  }

  function rename({ name, to }) {
    const text = to.trim().slice(0, 40);
    const { selections, active } = store.get();
    if (!text || selections.some((each) => each.name === text)) return store.set({ selections: [...selections] });
    store.set({
      selections: selections.map((each) => (each.name === name ? { ...each, name: text } : each)),
      active: active === name ? text : active,
    });
  }

  function drop(name) {
    const { selections, active, subject } = store.get();
    const gone = active === name;
    store.set({
      selections: selections.filter((each) => each.name !== name),
      ...(gone && { active: null, ...(subject === "selection" && { subject: "source" }) }),
    });
  }

  return { follow, follows, count, filter, drawn, pick, rename, drop, restore, showSample };
}

const freeName = (name, others) => (others.some((each) => each.name === name) ? freeName(`${name} \u00b7`, others) : name);

/** The selection that is worked on. @returns {import("./selections.js").Selection | null} */
export const activeOf = ({ selections, active }) => selections.find(({ name }) => name === active) ?? null;
