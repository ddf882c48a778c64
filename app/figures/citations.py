"""BibTeX of what a figure rests on: only what the software's CITATION.cff and the manifest hold.

It never fills in a page, a DOI or an author that is not known there.
"""

import re

from app.bundle.files import SourceRecord

METHOD = """@article{slijepcevic2024,
  author  = {Slijepcevic, Inigo V. and Scaife, Anna M. M. and Walmsley, Mike and Bowles, Micah and
             Wong, O. Ivy and Shabala, Stanislav S. and White, Sarah V.},
  title   = {Radio galaxy zoo: towards building the first multipurpose foundation model for radio
             astronomy with self-supervised learning},
  journal = {RAS Techniques and Instruments},
  year    = {2024},
  volume  = {3},
  pages   = {19},
  eprint  = {2305.16127},
  archivePrefix = {arXiv}
}"""
FIRST = """@article{becker1995,
  author  = {Becker, R. H. and White, R. L. and Helfand, D. J.},
  title   = {The {FIRST} Survey: Faint Images of the Radio Sky at Twenty Centimeters},
  journal = {The Astrophysical Journal},
  year    = {1995},
  volume  = {450},
  pages   = {559}
}"""
SPECIAL = re.compile(r"([&%$#_{}])")


def bibtex(record: SourceRecord, shows_first: bool) -> str:
    """The entries for a figure: the method, FIRST where its images are shown, the catalogue."""
    entries = [METHOD, *([FIRST] if shows_first else []), _catalogue_entry(record)]
    return "\n\n".join(entries) + "\n"


def _catalogue_entry(record: SourceRecord) -> str:
    fields = {
        "title": record.name,
        "version": record.version,
        "doi": record.doi,
        "howpublished": record.url,
        "note": record.citation,
    }
    lines = [
        f"  {name} = {{{value if name in ('doi', 'howpublished') else _escaped(value)}}}"
        for name, value in fields.items()
        if value
    ]
    return "@misc{catalogue,\n" + ",\n".join(lines) + "\n}"


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)
