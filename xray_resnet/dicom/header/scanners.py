"""Makers and models of radiographic equipment: the words that may leave a header.

Manufacturer (0008,0070) and Manufacturer's Model Name (0008,1090) are free text. What consists of these words, and of
short codes behind them, names a machine; anything else may name somebody, and stays.
"""

_MAKERS = (
    "ACUSON", "AGFA", "AGFA-GEVAERT", "APELEM", "ARCOMA", "CANON", "CARERAY", "CARESTREAM", "DEL MEDICAL", "DRGEM",
    "DRTECH", "EASTMAN KODAK", "FUJI", "FUJI PHOTO FILM", "FUJIFILM", r"G\.?E\.?", "GENERAL ELECTRIC", "GENORAY",
    "HITACHI", "HOLOGIC", "IMAGING DYNAMICS", "IRAY", "ITALRAY", "KODAK", "KONICA", "KONICA MINOLTA", "LISTEM",
    "LODOX", "MINDRAY", "OLDELFT", "PHILIPS", "RAYENCE", "SAMSUNG", "SEDECAL", "SHIMADZU", "SIEMENS", "STEPHANIX",
    "SWISSRAY", "THALES", "TOSHIBA", "TRIXELL", "UNITED IMAGING", "VAREX", "VARIAN", "VIEWORKS",
)  # fmt: skip
_OF_A_COMPANY = (
    "AG", r"B\.?V", "CO", "COMPANY", "CORP", "CORPORATION", "ELECTRONICS", "EUROPE", "GLOBAL", "GMBH", "GROUP",
    "HEALTH", "HEALTHCARE", "HEALTHINEERS", "IMAGING", "INC", "JAPAN", "LIMITED", "LTD", "MEC", "MEDICAL", r"N\.?V",
    r"S\.?A", r"S\.?P\.?A", "SYSTEMS", "USA",
)  # fmt: skip
_MODELS = (
    "ADC", "AERO ?DR", "AMX", "ARISTOS", "AXIOM", "BRIVO", "BUCKYDIAGNOST", "CALNEO", "CARESTREAM", "CR", "CS", "CXDI",
    "D-?EVO", "DEFINIUM", "DIGITAL ?DIAGNOST", "DIRECTVIEW", "DISCOVERY", "DR", "DRX", "DURADIAGNOST", "DX",
    "DX-[DGMS]", "ELEVA", "ESSENTA", "FCR", "FDR", "FLUOROSPOT", "IRS", "KODAK", "LUMINOS", "MOBILE ?ART",
    "MOBILE ?DART", "MOBILE ?DIAGNOST", "MOBILETT", "MULTIX", "OPTIMA", "PCR", "PRACTIX", "PROTEUS", "RADREX",
    "RADSPEED", "REGIUS", "REVOLUTION", "SONIALVISION", "THUNDER", "UROSKOP", "XR", "YSIO",
)  # fmt: skip
_OF_A_MODEL = ("CLASSIC", "COMPACT", "EVOLUTION", "FD", "FX", "MOBILE", "PLATFORM", "PLUS", "SELECT", "SYSTEM")
_SEPARATOR = "[ ,._/+-]{1,2}"
_CODE = "[A-Z]{0,2}[0-9]{1,4}[A-Z]{0,2}"
"""Of a model: the 656 of XR656, the 5146 of ADC_5146."""


def _words(first: tuple[str, ...], further: tuple[str, ...]) -> str:
    """A pattern: one of the first, then any of all, with signs between and behind."""
    one, more = "|".join(first), "|".join((*first, *further))
    return f"(?:{one})(?:{_SEPARATOR}(?:{more}))*[.,]?"


MANUFACTURER = _words(_MAKERS, _OF_A_COMPANY)
MODEL = f"(?:{_words(_MODELS, (*_OF_A_MODEL, _CODE))}|(?:{'|'.join(_MODELS)}){_CODE})"
