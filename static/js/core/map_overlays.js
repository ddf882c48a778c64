/**
 * Contours of density, labels of regions and a list of one's own, kept in step with the map, the
 * filters and what is switched on: asks the worker or the server, and puts what they found into the
 * store. It never draws.
 */

const POLL_MS = 1500;

/** @param {{store: any, client: ReturnType<typeof import("./worker_client.js").createWorkerClient>,
 *   lists: {places: (id: string) => Promise<import("./placed_list.js").PlacedList>}, tell: (sentence: string) => void}} parts */
export function createMapOverlays({ store, client, lists, tell }) {
  const rounds = { contours: 0, regions: 0, placed: 0 };

  /** Only the latest question may answer; `null` while there is none. */
  async function follow(key, ask) {
    const mine = ++rounds[key];
    const latest = () => mine === rounds[key];
    try {
      const found = ask ? await ask(latest) : null;
      if (latest()) store.set({ [`${key}Found`]: found });
    } catch (error) {
      if (latest()) store.set({ [key]: "", [`${key}Found`]: null });
      tell(error.message);
    }
  }

  const contours = ({ map, contours: of, shown }) =>
    follow("contours", map && of && (() => client.compute("contours", { mask: of === "shown" ? (shown?.mask ?? null) : null })));

  const regions = ({ map, regions: column, shown }) =>
    follow("regions", map && column && (async () => {
      await client.load(column);
      return client.compute("regions", { column, mask: shown?.mask ?? null });
    }));

  /** A list that is still searched is asked for again until it has ended. */
  const placed = ({ placed: id }) =>
    follow("placed", id && (async (latest) => {
      let found = await lists.places(id);
      while (!found.ended && latest()) {
        store.set({ placedFound: found });
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        found = await lists.places(id);
      }
      return found;
    }));

  return [
    { needs: ["map", "contours", "shown"], draw: contours },
    { needs: ["map", "regions", "shown", "columns"], draw: regions },
    { needs: ["placed"], draw: placed },
  ];
}
