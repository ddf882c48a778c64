"""Tables of the kinds that astronomers bring, made here: each holds the same six positions."""

import io
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy import units as u
from astropy.coordinates import FK4, FK5, BaseCoordinateFrame, SkyCoord
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.io.votable.tree import CooSys
from astropy.table import Table

RA = np.array([208.07420833, 183.874167, 2.1, 155.80933333, 350.0251, 150.5])
DEC = np.array([31.44630556, 53.5983611, -0.25, 48.52277778, -12.7513, -0.503333])
TRUTH = SkyCoord(RA * u.deg, DEC * u.deg)
NAMES = [f"S{i}" for i in range(len(RA))]


def lonlat(frame: str | BaseCoordinateFrame) -> tuple[np.ndarray, np.ndarray]:
    """The positions in a frame, degrees."""
    there = TRUTH.transform_to(frame)
    return there.spherical.lon.deg, there.spherical.lat.deg


def hms(sep: str = ":", places: int = 4) -> tuple[list[str], list[str]]:
    """The positions in hours and degrees."""
    return (
        list(TRUTH.ra.to_string(u.hour, sep=sep, precision=places, pad=True)),
        list(TRUTH.dec.to_string(u.deg, sep=sep, precision=places, pad=True, alwayssign=True)),
    )


def text(
    *columns: Iterable[object],
    head: Sequence[str] = (),
    sep: str = ",",
    fmt: str = "{}",
    tail: Sequence[str] = (),
) -> bytes:
    """Lines of columns below header lines."""
    rows = [sep.join(fmt.format(value) for value in row) for row in zip(*columns, strict=True)]
    return "\n".join([*head, *rows, *tail, ""]).encode()


def astropy(form: str, table: Table | None = None, **options: object) -> bytes:
    """A table as astropy writes it."""
    table = table if table is not None else Table({"name": NAMES, "ra": RA, "dec": DEC})
    if form.startswith("ascii"):
        written = io.StringIO()
        table.write(written, format=form, **options)
        return written.getvalue().encode()
    file = io.BytesIO()
    table.write(file, format=form, **options)
    return file.getvalue()


def votable(
    columns: dict[str, tuple[Sequence[object], str, str, str]], *systems: tuple[str, str, str]
) -> bytes:
    """A VOTable of columns (values, unit, UCD, ref) and systems (ID, system, equinox)."""
    table = Table({name: list(values) for name, (values, *_) in columns.items()})
    document = from_table(table)
    for field, (_, unit, ucd, ref) in zip(
        document.get_first_table().fields, columns.values(), strict=True
    ):
        field.unit, field.ucd, field.ref = unit or None, ucd or None, ref or None
    for name, system, equinox in systems:
        document.resources[0].coordinate_systems.append(
            CooSys(ID=name, system=system, equinox=equinox or None)
        )
    file = io.BytesIO()
    document.to_xml(file)
    return file.getvalue()


def in_frame(name: str, frame: BaseCoordinateFrame, system: str, equinox: str) -> bytes:
    """A VOTable whose main position is in a frame of its own, beside a foreign J2000 system."""
    lon, lat = lonlat(frame)
    return votable(
        {
            f"{name}RA": (lon, "deg", "pos.eq.ra;meta.main", "mine"),
            f"{name}DE": (lat, "deg", "pos.eq.dec;meta.main", "mine"),
        },
        ("other", "eq_FK5", "J2000"),
        ("mine", system, equinox),
    )


def described(lonlat_deg: tuple[np.ndarray, np.ndarray], lon: str, lat: str) -> bytes:
    """A VOTable whose columns RA and DE have descriptions, and nothing that says a frame."""
    table = Table({"RA": lonlat_deg[0] * u.deg, "DE": lonlat_deg[1] * u.deg})
    table["RA"].description, table["DE"].description = lon, lat
    file = io.BytesIO()
    table.write(file, format="votable")
    return file.getvalue()


def mrt(table: Table, **explanations: str) -> bytes:
    """A machine-readable table of the AAS with explanations of its columns."""
    for name, words in explanations.items():
        table[name].description = words
    return astropy("ascii.mrt", table)


def bintable(columns: dict[str, Sequence[object]], **cards: object) -> fits.BinTableHDU:
    """A FITS table with header cards."""
    hdu = fits.BinTableHDU(Table({name: list(values) for name, values in columns.items()}))
    for card, value in cards.items():
        hdu.header[card] = value
    return hdu


def fits_file(*hdus: fits.BinTableHDU) -> bytes:
    """A FITS file of tables."""
    file = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(file)
    return file.getvalue()


def parquet(columns: dict[str, Sequence[object]], about: dict[bytes, bytes] | None = None) -> bytes:
    """A Parquet file with metadata of its schema."""
    table = pa.table({name: list(values) for name, values in columns.items()})
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(about or {}), file)
    return file.getvalue()


def split(sign: str = "DE-") -> bytes:
    """Positions in columns of their own for hours, minutes, seconds and sign."""
    ra, dec = (np.array([text.split() for text in texts]) for texts in hms(" "))
    signs = [text[0] for text in dec[:, 0]]
    head = ",".join(["Name", "RAh", "RAm", "RAs", sign, "DEd", "DEm", "DEs"])
    degrees = [text[1:] for text in dec[:, 0]]
    return text(NAMES, *ra.T, signs, degrees, dec[:, 1], dec[:, 2], head=[head])


B1950 = lonlat(FK4(equinox="B1950"))
GALACTIC = lonlat("galactic")
J1975 = lonlat(FK5(equinox="J1975"))
OFF = (RA[::-1], DEC[::-1])
"""Positions of something else, which must not be taken."""
Made = Callable[[], bytes]
RIGHT: dict[str, Made] = {
    # a frame belongs to its columns
    "main in FK4 B1875": lambda: in_frame("a", FK4(equinox="B1875"), "eq_FK4", "B1875"),
    "main in FK5 J1975": lambda: in_frame("a", FK5(equinox="J1975"), "eq_FK5", "J1975"),
    "main in FK4 B1900": lambda: in_frame("b", FK4(equinox="B1900"), "eq_FK4", "B1900"),
    "B1950 of another column": lambda: votable(
        {
            "RAB1950": (OFF[0], "deg", "pos.eq.ra", "old"),
            "DEB1950": (OFF[1], "deg", "pos.eq.dec", "old"),
            "RAJ2000": (RA, "deg", "pos.eq.ra;meta.main", "new"),
            "DEJ2000": (DEC, "deg", "pos.eq.dec;meta.main", "new"),
        },
        ("old", "eq_FK4", "B1950"),
        ("new", "eq_FK5", "J2000"),
    ),
    "Galactic by reference": lambda: votable(
        {"x": (GALACTIC[0], "deg", "pos.galactic.lon;meta.main", "g"),
         "y": (GALACTIC[1], "deg", "pos.galactic.lat;meta.main", "g")},
        ("g", "galactic", ""),
    ),
    "FITS, RADESYS FK5 and EQUINOX 1975": lambda: fits_file(
        bintable({"RA": J1975[0], "DEC": J1975[1]}, RADESYS="FK5", EQUINOX=1975.0)
    ),
    "FITS, EQUINOX 1950 alone": lambda: fits_file(
        bintable({"RA": B1950[0], "DEC": B1950[1]}, EQUINOX=1950.0)
    ),
    "FITS, B1950 by name, UCD1": lambda: fits_file(
        bintable({"RAB1950": B1950[0], "DEB1950": B1950[1]},
                 TUCD1="POS_EQ_RA_MAIN", TUCD2="POS_EQ_DEC_MAIN")
    ),
    "CSV, RAJ2000 beside RA": lambda: text(
        *B1950, RA, DEC, head=["RA,DEC,RAJ2000,DEJ2000"]
    ),
    "CSV, B1950 beside RA": lambda: text(*OFF, *B1950, head=["RA,DEC,RAB1950,DEB1950"]),
    "CSV, B1950 by a name of two words": lambda: text(*B1950, head=["ra_b1950,dec_b1950"]),
    "CSV, J1975 by name": lambda: text(*J1975, head=["RAJ1975,DEJ1975"]),
    "CSV, B1950 by names of the form of coordinates": lambda: text(
        *B1950, head=["RA1950,DEC1950"]
    ),
    "CSV, J2000 in brackets": lambda: text(NAMES, RA, DEC, head=["id,RA (J2000),DEC (J2000)"]),
    "CSV, B1950 in brackets": lambda: text(NAMES, *B1950, head=["id,RA(B1950),DEC(B1950)"]),
    "CSV, R.A., Decl.": lambda: text(*hms(), head=["R.A.,Decl."]),
    "VOTable, B1950 in the descriptions": lambda: described(
        B1950, "Right ascension (B1950.0)", "Declination (B1950.0)"
    ),
    "VOTable, two equinoxes in the descriptions": lambda: described(
        (RA, DEC), "Right ascension J2000, from B1950", "Declination J2000, from B1950"
    ),
    "MRT, B1950 in the explanations": lambda: mrt(
        Table({"RAdeg": B1950[0] * u.deg, "DEdeg": B1950[1] * u.deg}),
        RAdeg="Right Ascension, equinox B1950", DEdeg="Declination, equinox B1950",
    ),
    "IPAC, EQUINOX 1950": lambda: b"\\EQUINOX = 1950.0\n" + astropy(
        "ascii.ipac", Table({"ra": B1950[0], "dec": B1950[1]})
    ),
    "IPAC, RADESYS FK5 and EQUINOX 1975": lambda: (
        b"\\RADESYS = 'FK5'\n\\EQUINOX = 1975.0\n"
        + astropy("ascii.ipac", Table({"ra": J1975[0], "dec": J1975[1]}))
    ),
    "SkyCoord of FK5 J1975 in ECSV": lambda: astropy(
        "ascii.ecsv", Table({"where": TRUTH.transform_to(FK5(equinox="J1975"))})
    ),
    "SkyCoord of FK4 B1900 in FITS": lambda: astropy(
        "fits", Table({"where": TRUTH.transform_to(FK4(equinox="B1900"))})
    ),
    "CSV, glon, glat": lambda: text(NAMES, *GALACTIC, head=["id,GLON,GLAT"]),
    "ECSV, RADESYS in its meta": lambda: astropy(
        "ascii.ecsv", Table({"ra": B1950[0], "dec": B1950[1]}, meta={"EQUINOX": 1950.0})
    ),
    "a VOTable in UTF-16": lambda: in_frame(
        "a", FK5(equinox="J1975"), "eq_FK5", "J1975"
    ).decode().replace("utf-8", "utf-16").encode("utf-16"),
    # a unit belongs to its column
    "Parquet of astropy, hours": lambda: parquet(
        {"ra": RA / 15, "dec": DEC},
        {b"table_meta_yaml": b"datatype:\n- {name: ra, unit: hourangle, datatype: float64}\n"
         b"- {name: dec, unit: deg, datatype: float64}"},
    ),
    "Parquet of astropy, radians": lambda: parquet(
        {"ra": np.radians(RA), "dec": np.radians(DEC)},
        {b"table_meta_yaml": b"datatype:\n- {name: ra, unit: rad, datatype: float64}\n"
         b"- {name: dec, unit: rad, datatype: float64}"},
    ),
    "Parquet with a VOTable, B1950": lambda: parquet(
        {"RA": B1950[0], "DEC": B1950[1]},
        {b"IVOA.VOTable-Parquet.content": votable(
            {"RA": ([0.0], "deg", "pos.eq.ra;meta.main", "c"),
             "DEC": ([0.0], "deg", "pos.eq.dec;meta.main", "c")},
            ("c", "eq_FK4", "B1950"),
        )},
    ),
    "comment: GLON GLAT": lambda: text(*GALACTIC, head=["# GLON GLAT"], sep=" "),
    "comment: ra_b1950,dec_b1950": lambda: text(*B1950, head=["#ra_b1950,dec_b1950"]),
    "comment: RA[h] Dec[deg]": lambda: text(RA / 15, DEC, head=["# RA[h] Dec[deg]"], sep="  "),
    "comment: ra_rad dec_rad": lambda: text(
        np.radians(RA), np.radians(DEC), head=["# made by me", "# ra_rad,dec_rad"]
    ),
    "CSV, RA [hourangle]": lambda: text(RA / 15, DEC, head=["RA [hourangle],Dec [deg]"]),
    "CSV, ra_rad": lambda: text(np.radians(RA), np.radians(DEC), head=["ra_rad,dec_rad"]),
    "CSV, RA below a line of units": lambda: text(
        RA / 15, DEC, NAMES, head=["RA,Dec,id", "hourangle,deg,"]
    ),
    "FITS, 15deg": lambda: fits_file(
        bintable({"ra": RA / 15, "dec": DEC}, TUNIT1="15deg", TUNIT2="deg")
    ),
    # which columns
    "UCD main is not last": lambda: votable(
        {"host_RA": (OFF[0], "deg", "pos.eq.ra;em.opt", ""),
         "host_DE": (OFF[1], "deg", "pos.eq.dec;em.opt", ""),
         "radio_RA": (RA, "deg", "pos.eq.ra;meta.main;em.radio", ""),
         "radio_DE": (DEC, "deg", "pos.eq.dec;meta.main;em.radio", "")},
    ),
    "UCD of an error": lambda: votable(
        {"RA": (OFF[0], "deg", "stat.error;pos.eq.ra", ""),
         "DEC": (OFF[1], "deg", "stat.error;pos.eq.dec", ""),
         "a": (RA, "deg", "pos.eq.ra", ""), "d": (DEC, "deg", "pos.eq.dec", "")},
    ),
    "UCD in capitals with blanks": lambda: votable(
        {"a": (RA, "deg", "POS.EQ.RA; META.MAIN", ""),
         "d": (DEC, "deg", "POS.EQ.DEC; META.MAIN", "")}
    ),
    "TOPCAT match": lambda: text(
        NAMES, RA, DEC, *OFF, head=["name_1,RA_1,DEC_1,RA_2,DEC_2"]
    ),
    "match of two surveys, ra_1": lambda: text(
        RA, DEC, *OFF, head=["ra_deg_1,dec_deg_1,ra_2,dec_2"]
    ),
    "units behind a slash": lambda: text(RA, DEC, NAMES, head=["RA/deg,DEC/deg,id"]),
    "units in brackets": lambda: text(NAMES, RA, DEC, head=["id,RA (deg),Dec (deg)"]),
    "Selavy's columns": lambda: text(
        *hms(), RA, DEC, head=["ra_hms_cont,dec_dms_cont,ra_deg_cont,dec_deg_cont"]
    ),
    "one pair with a prefix": lambda: text(NAMES, RA, DEC, head=["#CatID,Host_RA,Host_Dec"]),
    "errors beside": lambda: text(*OFF, RA, DEC, head=["ra_err,dec_err,RA,DEC"]),
    "right ascension in words": lambda: text(RA, DEC, head=["Right Ascension,Declination"]),
    "hour columns beside degrees": lambda: text(
        np.zeros(6), RA, DEC, head=["RAh,RAdeg,DEdeg"]
    ),
    "split columns": split,
    "split columns, DECsign": lambda: split("DEsign").replace(b"DEd,DEm,DEs", b"DECd,DECm,DECs"),
    "split columns, blank for plus": lambda: split().replace(b",+,", b",,"),
    "split columns in FITS": lambda: fits_file(
        bintable(
            {
                "RAh": [int(t[:2]) for t in hms()[0]], "RAm": [int(t[3:5]) for t in hms()[0]],
                "RAs": [float(t[6:]) for t in hms()[0]], "DE-": [t[0] for t in hms()[1]],
                "DEd": [int(t[1:3]) for t in hms()[1]], "DEm": [int(t[4:6]) for t in hms()[1]],
                "DEs": [float(t[7:]) for t in hms()[1]],
            }
        )
    ),
    "SkyCoord in ECSV": lambda: astropy("ascii.ecsv", Table({"n": NAMES, "coords": TRUTH})),
    "Galactic SkyCoord in ECSV": lambda: astropy(
        "ascii.ecsv", Table({"n": NAMES, "where": TRUTH.galactic})
    ),
    "SkyCoord in FITS": lambda: astropy("fits", Table({"n": NAMES, "coords": TRUTH})),
    "pointings before the catalogue": lambda: fits_file(
        bintable({"RA": OFF[0][:2], "DEC": OFF[1][:2]}), bintable({"RA": RA, "DEC": DEC})
    ),
    "catalogue before the pointings": lambda: fits_file(
        bintable({"ALPHA_J2000": RA, "DELTA_J2000": DEC}), bintable({"RA": [1.0], "DEC": [2.0]})
    ),
    "a longer table without positions": lambda: fits_file(
        bintable({"flux": np.arange(99.0)}), bintable({"RA": RA, "DEC": DEC})
    ),
    # forms
    "blank-separated": lambda: text(NAMES, RA, DEC, head=["name ra dec"], sep=" "),
    "blank-separated, aligned": lambda: text(
        NAMES, RA, DEC, head=["  name  ra  dec"], sep="   ", fmt="{:<22}"
    ),
    "blank-separated with a rule": lambda: text(
        NAMES, RA, DEC, head=["name ra dec", "---- --- ---"], sep="  "
    ),
    "blank-separated below a comment": lambda: text(
        NAMES, RA, DEC, head=["# name ra dec"], sep=" "
    ),
    "blank-separated, units in a comment": lambda: text(
        NAMES, RA / 15, DEC, head=["#  name  RA  Dec", "#   --  [hourangle] [deg]"], sep="  "
    ),
    "IPAC": lambda: astropy("ascii.ipac"),
    "IPAC with units": lambda: astropy(
        "ascii.ipac", Table({"ra": RA / 15 * u.hourangle, "dec": DEC * u.deg})
    ),
    "MRT": lambda: astropy("ascii.mrt"),
    "MRT in GLON, GLAT": lambda: astropy(
        "ascii.mrt", Table({"GLON": GALACTIC[0] * u.deg, "GLAT": GALACTIC[1] * u.deg})
    ),
    "MRT of a SkyCoord": lambda: astropy(  # which loses the sign of -00
        "ascii.mrt", Table({"n": NAMES, "coords": TRUTH})
    ).replace(b"+00 ", b"-00 "),
    "fixed width": lambda: astropy("ascii.fixed_width"),
    "fixed width, two lines": lambda: astropy("ascii.fixed_width_two_line"),
    "fixed width, blanks in names": lambda: astropy(
        "ascii.fixed_width_two_line",
        Table({"my id": ["a b", "c d", "e", "f 1 2", "i", ""], "RA": RA, "DEC": DEC}),
    ),
    "fixed width, a blank value before the positions": lambda: text(
        ["NGC 31    ", "3C 31  0.1", "x      0.2", "UGC 5     ", "          ", "y         "],
        [f"{r:<12} {d:>12}" for r, d in zip(RA, DEC, strict=True)], sep=" ",
        head=["id       z RA                   DEC", "------ --- ------------ ------------"],
    ),
    "restructured text": lambda: astropy("ascii.rst"),
    "SExtractor": lambda: text(
        range(1, 7), RA, DEC, sep=" ",
        head=["#   1 NUMBER   Running number", "#   2 ALPHA_J2000  RA [deg]",
              "#   3 DELTA_J2000  Dec [deg]"],
    ),
    "numpy.savetxt": lambda: text(RA, DEC, sep=" ", fmt="{:.18e}"),
    "numpy.savetxt with commas": lambda: text(RA, DEC, fmt="{:.18e}"),
    "numpy.savetxt with a header": lambda: text(
        GALACTIC[0], GALACTIC[1], sep=" ", fmt="{:.18e}", head=["# l b"]
    ),
    "VizieR's tsv": lambda: text(
        RA, DEC, NAMES, sep="\t",
        head=["#", "#Coosys\tJ2000:\teq_FK5 J2000",
              "#Column\t_RAJ2000\t(F9.5)\tRA\t[ucd=pos.eq.ra]",
              "_RAJ2000\t_DEJ2000\tFIRST", "deg\tdeg\t ", "---\t---\t---"],
    ),
    "VizieR's tsv in B1950": lambda: text(
        *B1950, sep="\t", head=["#Coosys\tB1950:\teq_FK4 B1950", "RA\tDE", "deg\tdeg", "---\t---"]
    ),
    "VizieR's tsv in h:m:s": lambda: text(
        *hms(" "), sep="\t", head=["RAJ2000\tDEJ2000", '"h:m:s"\t"d:m:s"', "-----\t-----"],
        tail=["", "#END"],
    ),
    "degrees marked in every cell": lambda: text(
        NAMES, [f"{r}°" for r in RA], [f"{d}d" for d in DEC], head=["id,ra,dec"]
    ),
    "hours marked in every cell": lambda: text(
        [f"{r / 15}h" for r in RA], [f"{d}°" for d in DEC], head=["ra,dec"]
    ),
    "Markdown": lambda: text(
        NAMES, RA, DEC, sep=" | ", head=["name | ra | dec", "--- | --- | ---"]
    ),
    "Excel's sep=": lambda: text(NAMES, RA, DEC, sep=";", head=["sep=;", "name;ra;dec"]),
    "Excel's sep= in quotes": lambda: text(RA, DEC, sep="\t", head=['"sep=\t"', "ra\tdec"]),
    "decimal commas": lambda: text(RA, DEC, sep=";", head=["ra;dec"]).replace(b".", b","),
    "decimal commas between tabs": lambda: text(
        NAMES, RA, DEC, sep="\t", head=["name\tra\tdec"]
    ).replace(b".", b","),
    "UTF-16": lambda: text(NAMES, RA, DEC, head=["name,ra,dec"]).decode().encode("utf-16"),
    "UTF-16 without its mark": lambda: text(RA, DEC, head=["ra,dec"]).decode().encode("utf-16-le"),
    "UTF-16 lines": lambda: text(RA, DEC, sep=" ").decode().encode("utf-16"),
    "UTF-16 the other way round": lambda: text(
        NAMES, RA, DEC, sep="\t", head=["name\tra\tdec"]
    ).decode().encode("utf-16-be"),
    "UTF-16, decimal commas, ends of lines of Windows": lambda: text(
        NAMES, RA, DEC, sep=";", head=["name;ra;dec"]
    ).replace(b".", b",").replace(b"\n", b"\r\n").decode().encode("utf-16"),
    "ends of lines of a Mac": lambda: text(RA, DEC, head=["ra,dec"]).replace(b"\n", b"\r"),
    "RA from -180 to 180": lambda: text(
        np.where(RA > 180, RA - 360, RA), DEC, head=["ra,dec"]
    ),
    "RA from -180 to 180 in FITS": lambda: fits_file(
        bintable({"RA": np.where(RA > 180, RA - 360, RA), "DEC": DEC})
    ),
    "CASA's declinations": lambda: text(
        hms()[0], [d.replace(":", ".", 2) for d in hms()[1]], head=["ra,dec"]
    ),
    "CASA's declinations in lines": lambda: text(
        hms()[0], [d.replace(":", ".", 2) for d in hms()[1]], sep=", "
    ),
    "CASA's regions": lambda: text(
        [f"circle [[{r}, {d.replace(':', '.', 2)}], 5arcsec]"
         for r, d in zip(*hms(), strict=True)],
        head=["#CRTFv0", "global coord=ICRS"],
    ),
    "CASA's regions in degrees and B1950": lambda: text(
        [f"ellipse [[{r}deg, {d}deg], [1arcsec, 2arcsec], 0deg] coord=B1950, label='x'"
         for r, d in zip(*B1950, strict=True)],
        head=["#CRTF", "global coord=J2000"],
    ),
    "DS9 regions": lambda: text(
        [f"circle({r},{d},5\") # text={{{n}}}" for r, d, n in zip(RA, DEC, NAMES, strict=True)],
        head=["# Region file format: DS9 version 4.1", "global color=green", "icrs"],
    ),
    "DS9 regions in B1950, no heading": lambda: text(
        [f"fk4;point({r},{d}) # point=x" for r, d in zip(*B1950, strict=True)]
    ),
    "DS9 regions in hours": lambda: text(
        [f"box({r},{d},5\",5\",0)" for r, d in zip(*hms(), strict=True)], head=["fk5"]
    ),
    "DS9 regions, Galactic": lambda: text(
        [f"annulus({lon},{lat},5\",9\")" for lon, lat in zip(*GALACTIC, strict=True)],
        head=["galactic"],
    ),
    "DS9 regions between blanks": lambda: text(
        [f"circle {r} {d} 5\"" for r, d in zip(RA, DEC, strict=True)], head=["icrs"]
    ),
    "CASA's regions in radians": lambda: text(
        [f"symbol [[{r}rad, {d}rad], .] coord=ICRS"
         for r, d in zip(np.radians(RA), np.radians(DEC), strict=True)],
        head=["#CRTFv0"],
    ),
    "CASA's regions, Galactic": lambda: text(
        [f"circle[[{r}deg, {d}deg], 5arcsec], coord=GALACTIC"
         for r, d in zip(*GALACTIC, strict=True)],
        head=["#CRTFv0"],
    ),
    "a comment that cannot be of right ascensions": lambda: text(
        RA, DEC, head=["# a survey of the Galactic plane", "ra,dec"]
    ),
    "commented-out rows": lambda: text(RA, DEC, head=["ra,dec", "#1,2"], tail=["#3,4"]),
    "a comment between rows": lambda: text(RA, DEC, head=["ra,dec"]).replace(
        b"\n183", b"\n# more\n183"
    ),
    "text after blank lines": lambda: b"\n\n" + text(RA, DEC, head=["ra,dec"]),
    "lines": lambda: text(RA, DEC, sep=" "),
    "lines in hours": lambda: text(*hms(" "), sep=" "),
}  # fmt: skip
"""Files whose rows are, in order, the six positions."""
REFUSED: dict[str, tuple[Made, str]] = {
    "two pairs": (
        lambda: text(*OFF, RA, DEC, head=["Host_RA,Host_Dec,Core_RA,Core_Dec"]),
        "Several pairs of columns",
    ),
    "a name against its file": (
        lambda: votable(
            {"RAB1950": (RA, "deg", "pos.eq.ra;meta.main", "c"),
             "DEB1950": (DEC, "deg", "pos.eq.dec;meta.main", "c")},
            ("c", "eq_FK5", "J2000"),
        ),
        "says FK4 B1950, the file FK5 J2000",
    ),
    "a unit against its name": (
        lambda: fits_file(bintable({"RA_hours": RA, "dec": DEC}, TUNIT1="deg")),
        "'deg' by the file and in 'hour' by its name",
    ),
    "two frames": (
        lambda: votable(
            {"a": (RA, "deg", "pos.eq.ra;meta.main", "o"),
             "b": (DEC, "deg", "pos.eq.dec;meta.main", "n")},
            ("o", "eq_FK4", "B1950"), ("n", "eq_FK5", "J2000"),
        ),
        "say which frame",
    ),
    "several frames, of which none is referred to": (
        lambda: votable(
            {"RA": (RA, "deg", "", ""), "DEC": (DEC, "deg", "", "")},
            ("o", "eq_FK4", "B1950"), ("n", "eq_FK5", "J2000"),
        ),
        "'fk4 B1950 or fk5 J2000' is no frame",
    ),
    "a comment above columns that say no frame": (
        lambda: text(*B1950, head=["# equinox: B1950", "ra,dec"]), "A comment of the table says"
    ),
    "a comment above names in a comment": (
        lambda: text(NAMES, *B1950, sep=" ", head=["# Galactic sources, FK4", "# name ra dec"]),
        "says 'FK4'",
    ),
    "a comment of IPAC's": (
        lambda: b"\\ positions are FK4\n"
        + astropy("ascii.ipac", Table({"ra": B1950[0], "dec": B1950[1]})),
        "says 'FK4'",
    ),
    "descriptions of two frames": (
        lambda: described((RA, DEC), "RA B1950", "Dec B1875"), "fk4 B1875, fk4 B1950"
    ),
    "RA50": (lambda: text(*B1950, head=["RA50,DEC50"]), "No position columns"),
    "MRT whose digits are cut off": (
        lambda: astropy("ascii.mrt", Table.read(split().decode(), format="ascii.csv")),
        "digits would be lost",
    ),
    "a frame nobody knows": (
        lambda: votable(
            {"RA": (RA, "deg", "pos.eq.ra;meta.main", "c"),
             "DE": (DEC, "deg", "pos.eq.dec;meta.main", "c")},
            ("c", "geo_app", ""),
        ),
        "'geo_app' is no frame that is known",
    ),
    "Excel's minutes and seconds": (
        lambda: text(NAMES, ["52:17.8"] * 3 + ["12:29.8"] * 3, DEC, head=["name,RA,Dec"]),
        "minutes and seconds, as Excel writes",
    ),
    "lines that a comment puts in B1950": (
        lambda: text(*B1950, sep=" ", head=["# all positions are B1950"]),
        "A comment of the list says 'B1950'",
    ),
    "lines that a comment calls Galactic": (
        lambda: text(*GALACTIC, sep=" ", head=["# galactic coordinates"]),
        "A comment of the list says 'galactic'",
    ),
    "kvis annotations": (
        lambda: text([f"CIRCLE W {r} {d} 0.01" for r, d in zip(RA, DEC, strict=True)],
                     head=["COORD W", "COLOR GREEN"]),
        "annotation file of kvis",
    ),
    "kvis texts": (
        lambda: text([f"TEXT W {r} {d} S" for r, d in zip(RA, DEC, strict=True)]),
        "annotation file of kvis",
    ),
    "annotations that do not say W": (
        lambda: text([f"cross {r} {d} 5 5" for r, d in zip(RA, DEC, strict=True)],
                     head=["COLOR GREEN"]),
        "annotation file of kvis",
    ),
    "regions in pixels": (
        lambda: text(["circle(10,20,3)", "circle(11,21,3)"], head=["image"]),
        "None of the 2 rows",
    ),
    "columns without names": (lambda: text(NAMES, RA, DEC), "does not name the columns"),
    "a zip archive": (lambda: b"PK\x03\x04" + bytes(300), "It is an archive"),
    "a web page": (lambda: b"<!DOCTYPE html><html></html>", "no VOTable"),
    "a quotation mark without end": (
        lambda: text(['"1'], ["2"], head=["ra,dec"], tail=["1,2"] * 300), "does not end"
    ),
}  # fmt: skip
