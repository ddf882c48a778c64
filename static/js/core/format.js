/**
 * Numbers in words an astronomer can trust: units always, digits that mean something.
 * It never rounds a value across the limit that gives it its meaning (S to 1, a share to 100 %).
 */

const NARROW_SPACE = "\u202f";
const MINUS = "\u2212";
const SUPERSCRIPT_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 2154 -> "2,154". */
export const formatCount = (n) => n.toLocaleString("en-GB");

/** S with four digits; a value below 1 is never shown as 1. */
export function formatSimilarity(similarity) {
  if (similarity < 1 && similarity >= 0.99995) return "> 0.9999";
  return signed(similarity.toFixed(4));
}

/** 1 - S to two significant digits: 0.012, 6.8 × 10⁻⁴. */
export function formatDissimilarity(dissimilarity) {
  if (dissimilarity === 0) return "0";
  if (Math.abs(dissimilarity) >= 0.00995) return signed(trimmedPrecision(dissimilarity, 2));
  const [mantissa, exponent] = dissimilarity.toExponential(1).split("e");
  return `${signed(mantissa)}${NARROW_SPACE}×${NARROW_SPACE}10${superscript(Number(exponent))}`;
}

/** A change of S, its sign always there, to two significant digits: +0.027, −6.8 × 10⁻⁴. */
export const formatDifference = (difference) => `${difference > 0 ? "+" : ""}${formatDissimilarity(difference)}`;

/** A share of the catalogue; only all of it is 100 %, only none of it is 0 %. */
export function formatPercentile(percent, digits = 2) {
  if (percent === null || percent === undefined) return "unknown";
  const limit = 10 ** -digits / 2;
  if (percent < 100 && percent >= 100 - limit) return `> ${(100 - 2 * limit).toFixed(digits)} %`;
  if (percent > 0 && percent < limit) return `< ${(2 * limit).toFixed(digits)} %`;
  return `${percent === 100 || percent === 0 ? percent : percent.toFixed(digits)} %`;
}

/** An angular extent in arcsec, a limit as one; null where it is not known. */
export function formatExtent(arcsec, flag = "ok") {
  if (arcsec === null || arcsec === undefined) return "unknown";
  const limit = flag === "unresolved" ? "≤ " : "";
  return `${limit}${arcsec < 99.95 ? arcsec.toFixed(1) : arcsec.toFixed(0)}″`;
}

/** An angle on the sky in the unit a reader would choose. */
export function formatSeparation(arcsec) {
  if (arcsec === null || arcsec === undefined) return "unknown";
  if (arcsec < 59.95) return `${arcsec.toFixed(1)}″`;
  if (arcsec < 3597) return `${(arcsec / 60).toFixed(1)}′`;
  const deg = arcsec / 3600;
  return `${deg < 9.995 ? deg.toFixed(2) : deg.toFixed(1)}°`;
}

/** "116.785 +17.291": decimal degrees as they can be typed back. */
export function formatDegrees(raDeg, decDeg) {
  const [ra, dec] = [raDeg, Math.abs(decDeg)].map((value) => Number(value.toFixed(5)));
  return `${ra} ${decDeg < 0 ? "-" : "+"}${dec}`;
}

/** A frequency in the unit that surveys are known by: 144 MHz, 1.4 GHz. */
export function formatFrequency(mhz) {
  if (mhz === null || mhz === undefined) return "frequency not stated";
  return mhz < 1000 ? `${Number(mhz.toFixed(1))} MHz` : `${Number((mhz / 1000).toFixed(2))} GHz`;
}

/** The size of a file: 950 bytes, 34 kB, 1.2 MB (of 1,000,000 bytes). */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const [unit, scaled] = bytes < 999_500 ? ["kB", bytes / 1e3] : ["MB", bytes / 1e6];
  return `${scaled < 9.95 ? scaled.toFixed(1) : formatCount(Math.round(scaled))} ${unit}`;
}

/** "27 Nov 2026, 18:02 UTC", of a time as the server writes it. */
export function formatMoment(utc) {
  const at = new Date(utc);
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  return `${day}, ${at.toISOString().slice(11, 16)} UTC`;
}

/** A catalogue value with its unit: four significant digits, words as they are. */
export function formatValue(value, unit = null) {
  if (value === null || value === undefined || value === "") return "unknown";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return String(value);
  const text = Number.isInteger(value) ? String(value) : trimmedPrecision(value, 4);
  const plain = text.includes("e") || !text.includes(".") ? text : String(Number(text));
  return unit ? `${signed(plain)} ${unit}` : signed(plain);
}

/** "Angular extent (arcsec)". */
export const formatLabel = ({ label, name, unit }) => `${label || name}${unit ? ` (${unit})` : ""}`;

/** A tick on a colour bar: few digits, but apart from its neighbours. */
export function formatTick(value, step) {
  const digits = Math.max(0, Math.min(8, Math.ceil(-Math.log10(step) - 1e-9)));
  return signed(value.toFixed(digits));
}

function trimmedPrecision(value, digits) {
  const magnitude = Math.abs(value);
  const plain = magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e7);
  if (!plain) return value.toExponential(digits - 1);
  const text = value.toPrecision(digits);
  return text.includes("e") ? String(Number(text)) : text;
}

const signed = (text) => text.replace(/^-/, MINUS);

function superscript(n) {
  return String(n)
    .replace("-", "⁻")
    .replace(/\d/g, (digit) => SUPERSCRIPT_DIGITS[digit]);
}
