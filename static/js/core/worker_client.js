/**
 * The page's side of the worker that computes sets of rows: asks by number, and gives it the map
 * and each column once. It never keeps an answer.
 */

/**
 * @param {Worker} worker
 * @param {{columnOf: (name: string) => Promise<import("./binary.js").Column>}} api
 */
export function createWorkerClient(worker, api) {
  const waiting = new Map();
  const columns = new Map();
  let number = 0;

  worker.addEventListener("message", ({ data }) => {
    waiting.get(data.number)?.(data.result);
    waiting.delete(data.number);
  });

  const tell = (act, given) => worker.postMessage({ act, given });

  /** @returns {Promise<any>} */
  const compute = (act, given) =>
    new Promise((resolve) => {
      waiting.set(++number, resolve);
      worker.postMessage({ number, act, given });
    });

  /** Fetch a column for the worker, once; one that failed is asked for again. */
  function load(name) {
    if (!columns.has(name)) {
      const asked = api.columnOf(name).then((column) => tell("column", column));
      asked.catch(() => columns.delete(name));
      columns.set(name, asked);
    }
    return columns.get(name);
  }

  /** A column that is here already, or is here anew. */
  function put(column) {
    const { name, kind, min, max, categories, codes } = column;
    tell("column", { name, kind, min, max, categories, codes });
    columns.set(name, Promise.resolve());
  }

  return { tell, compute, load, put };
}
