/**
 * SAMP from a web page (the web profile, version 1.3): a table's address to TOPCAT, Aladin or DS9
 * through the hub that one of them runs on this machine. It never reads what the hub knows.
 */

const HUB = "http://localhost:21012/";
const NO_HUB = "No SAMP hub answers on this machine. Start TOPCAT or Aladin here, allow the page in the window that opens, and try again; or load this address there: ";

/**
 * Send a table to every program that takes VOTables.
 * @param {{url: string, name: string, id: string}} table `url` absolute.
 * @returns {Promise<number>} How many programs it was sent to.
 * @throws {Error} With a sentence.
 */
export async function sendTable({ url, name, id }, fetcher = fetch) {
  const call = (method, ...params) => xmlRpc(fetcher, `samp.webhub.${method}`, params);
  let key;
  try {
    const registered = await call("register", { "samp.name": "Radio Galaxy Explorer" });
    key = registered["samp.private-key"];
  } catch (error) {
    throw error instanceof Refused ? error : new Error(NO_HUB + url);
  }
  try {
    const message = { "samp.mtype": "table.load.votable", "samp.params": { url, name, "table-id": id } };
    const sent = await call("notifyAll", key, message);
    return sent.length;
  } finally {
    await call("unregister", key);
  }
}

class Refused extends Error {}

async function xmlRpc(fetcher, method, params) {
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${params.map((value) => `<param>${encode(value)}</param>`).join("")}</params></methodCall>`;
  const response = await fetcher(HUB, { method: "POST", headers: { "Content-Type": "text/xml" }, body });
  const answer = new DOMParser().parseFromString(await response.text(), "text/xml");
  const fault = answer.querySelector("fault > value");
  if (fault) throw new Refused(`The SAMP hub refused: ${decode(fault).faultString}`);
  return decode(answer.querySelector("params > param > value"));
}

function encode(value) {
  if (typeof value === "string") return `<value><string>${escape(value)}</string></value>`;
  const members = Object.entries(value).map(([name, each]) => `<member><name>${escape(name)}</name>${encode(each)}</member>`);
  return `<value><struct>${members.join("")}</struct></value>`;
}

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** @returns {any} */
function decode(value) {
  const [kind] = value?.children ?? [];
  if (!kind) return value?.textContent ?? "";
  if (kind.tagName === "struct") {
    return Object.fromEntries([...kind.children].map((member) => [member.querySelector(":scope > name").textContent, decode(member.querySelector(":scope > value"))]));
  }
  if (kind.tagName === "array") return [...kind.querySelectorAll(":scope > data > value")].map(decode);
  return kind.textContent;
}
