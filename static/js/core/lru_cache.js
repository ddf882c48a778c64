/**
 * Things kept by a key, at most so many: the one put in first goes first.
 * It never knows what it keeps.
 */

/** @param {number} most */
export function createLruCache(most) {
  const things = new Map();

  function put(key, thing) {
    if (!things.has(key) && things.size >= most) things.delete(things.keys().next().value);
    things.set(key, thing);
  }

  return { has: (key) => things.has(key), get: (key) => things.get(key), put, remove: (key) => things.delete(key) };
}
