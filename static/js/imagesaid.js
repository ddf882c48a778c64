/**
 * What a person says of an image that does not say it itself: scale and centre.
 * It never assumes a value: an empty field is null.
 */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The fields, by the server's names for them. */
export const SAID = [
  { parameter: "pixel_scale_arcsec", id: "image-scale", key: "pixelScaleArcsec" },
  { parameter: "ra", id: "image-ra", key: "ra" },
  { parameter: "dec", id: "image-dec", key: "dec" },
];
const CHECKS = {
  pixel_scale_arcsec: (v) => v > 0 || "is no pixel scale: give arcsec per pixel, such as 1.8.",
  ra: (v) => (v >= 0 && v <= 360) || "is no right ascension in degrees: give 0 to 360.",
  dec: (v) => (v >= -90 && v <= 90) || "is no declination in degrees: give -90 to +90.",
};
const HALF = "is half a position: give RA and Dec of the centre in degrees, or neither.";

/**
 * Read the fields.
 * @param {Record<string, {value: string}>} inputs By parameter.
 * @returns {{values?: {pixelScaleArcsec: number|null, ra: number|null, dec: number|null},
 *   problem?: {parameter: string, detail: string}}}
 */
export function readSaid(inputs) {
  const values = {};
  for (const { parameter, key } of SAID) {
    const text = inputs[parameter].value.trim().replace("\u2212", "-");
    values[key] = text === "" ? null : NUMBER.test(text) ? Number(text) : NaN;
    const passed = values[key] === null || CHECKS[parameter](values[key]);
    if (passed !== true) return { problem: { parameter, detail: `“${text}” ${passed}` } };
  }
  return half(values) ?? { values };
}

function half({ ra, dec }) {
  if ((ra === null) === (dec === null)) return null;
  const [given, missing] = ra === null ? [`Dec ${dec}`, "ra"] : [`RA ${ra}`, "dec"];
  return { problem: { parameter: missing, detail: `${given} alone ${HALF}` } };
}
