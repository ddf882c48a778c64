/**
 * Addresses of the same place in the services that astronomers use. It never asks them anything.
 */

/** @param {{ra_deg: number | null, dec_deg: number | null}} query @returns {{label: string, url: string}[]} */
export function elsewhere({ ra_deg: ra, dec_deg: dec }) {
  if (ra === null || dec === null) return [];
  const [lon, lat] = [ra.toFixed(6), dec.toFixed(6)];
  const signed = dec < 0 ? lat : `+${lat}`;
  const at = (base, params) => `${base}?${new URLSearchParams(params)}`;
  return [
    { label: "SIMBAD", url: at("https://simbad.cds.unistra.fr/simbad/sim-coo", { Coord: `${lon} ${signed}`, CooFrame: "ICRS", Radius: "1", "Radius.unit": "arcmin" }) },
    { label: "NED", url: at("https://ned.ipac.caltech.edu/conesearch", { search_type: "Near Position Search", coordinates: `${lon}d ${signed}d`, radius: "1", in_csys: "Equatorial", in_equinox: "J2000.0" }) },
    { label: "VizieR", url: at("https://vizier.cds.unistra.fr/viz-bin/VizieR-4", { "-c": `${lon} ${signed}`, "-c.rm": "0.5" }) },
    { label: "ESASky", url: at("https://sky.esa.int/esasky/", { target: `${lon} ${signed}`, fov: "0.1", sci: "true" }) },
    { label: "Aladin Lite", url: at("https://aladin.cds.unistra.fr/AladinLite/", { target: `${lon} ${signed}`, fov: "0.1", survey: "CDS/P/VLASS/Epoch1/QL" }) },
    { label: "Legacy Surveys", url: at("https://www.legacysurvey.org/viewer", { ra: lon, dec: lat, layer: "ls-dr10", zoom: "14" }) },
    { label: "FIRST cutout", url: at("https://third.ucllnl.org/cgi-bin/firstcutout", { RA: `${lon} ${signed}`, ImageType: "GIF", ImageSize: "4.5" }) },
  ];
}
