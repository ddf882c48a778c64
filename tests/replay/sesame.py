"""Sesame's text answers for a replay server: what it knows, what it does not, and its faults."""

from collections.abc import Callable

from tests.replay.faults import Answer, Fault, Form
from tests.replay.server import ReplayServer

SESAME_ROOT = "/cgi-bin/nph-sesame/"
SESAME_PATH = f"{SESAME_ROOT}SNV"
DONE = "#====Done (2026-Nov-25,03:30:00z)===="


def simbad(name: str, ra_deg: str, dec_deg: str, error_mas: str = "0.30 0.41") -> str:
    """A section of SIMBAD's, with the proper names of its lines."""
    return (
        "#=Sc=Simbad (CDS, via client/server):    1     4ms\n"
        f"%@ 1507\n%C.0 AGN\n%J {ra_deg} {dec_deg} = 00:00:00.0 +00:00:00.0\n"
        f"%J.E [{error_mas} 90] A 2020yCat.1350....0G\n%I.0 {name}\n#B 7\n"
    )


VIZIER = "#=Vc=VizieR (local):    1\n%J 170.56 +59.08 = 11:22.2     +59:05     \n%I.0 {NGC} 3642\n"
NED_UNREACHED = "#!N=NED : *** Could not access the server ***\n"
NOT_IN_NED = "#!N=NED: ****object name not recognized by NED name interpreter\n"
NOTHING = "#! *** Nothing found *** \n"
SECTIONS = {
    "3C 31": simbad("NGC   383", "16.853997500", "+32.412555556"),
    "3C 264": simbad("3C 264", "176.27087", "+19.60632"),
    "Cygnus B": simbad("NAME Cygnus B", "9.9", "-5.25"),
    "NGC 3642": NOT_IN_NED + VIZIER,
    "NED only": "#=N=NED:    1     0ms (from cache)\n%C G     \n%J 241.1217083 +69.6657778 = "
    "16:04:29.20 +69:39:56.8\n%J.E [1250.00 1250.00 0] 20032MASX.C.......:\n"
    "%I.0 NGC 6079 =[G]\n#B 17\n",
    "Vague": simbad("NAME Vague", "10.1", "+20.2", error_mas="9000.0 20000.0"),
    "Nowhere": "#=Sc=Simbad (CDS, via client/server):    1     4ms\n%I.0 NAME Nowhere\n#B 1\n",
    "Half asked": NED_UNREACHED + NOTHING,
}
_DAMAGE: dict[Fault | None, Callable[[str], str]] = {
    Fault.TRUNCATED: lambda text: text[: text.index("%J") + 6],
    Fault.TRUNCATED_HEADER: lambda text: text[: text.index("\n") + 1],
}


def sesame_text(name: str) -> str:
    """Sesame's answer for a name: nothing found where it is not in `SECTIONS`."""
    return f"# {name}\t#Q1507\n{SECTIONS.get(name, NOTHING)}\n{DONE}\n"


def add_sesame(server: ReplayServer) -> str:
    """Let a replay server answer as Sesame too, and give the address of it."""

    def answer(form: Form) -> Answer:
        text = sesame_text(next(iter(form), ""))
        text = _DAMAGE.get(server.fault, lambda whole: whole)(text)
        return Answer(text.encode(), "text/plain")

    server.routes[SESAME_PATH] = answer
    return server.url + SESAME_ROOT
