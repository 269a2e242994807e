"""The words that headers and tables use for the chest and for lateral views, in the languages of archives.

The standard has CHEST (PS3.16 CID 4030) and LL, RL (PS3.3 C.8.1.1); archives write the rest.
"""

import re
import unicodedata


def fold(text: str) -> str:
    """Upper case without accents, so that Tórax, TÓRAX and TORAX are one word."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).upper()


def says_chest(words: str) -> bool:
    """Whether a body part is the chest, and not the spine within it."""
    folded = fold(words)
    return bool(_CHEST.search(folded)) and not _SPINE.search(folded)


def says_lateral(words: str) -> bool:
    """Whether a view is lateral; a decubitus, named by the side that lies down, shows the chest from the front."""
    folded = fold(words)
    return bool(_LATERAL.search(folded)) and not _OBLIQUE_OR_DECUBITUS.search(folded)


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(unicodedata.normalize("NFKD", pattern) for pattern in patterns))


_CHEST = _any_of(
    *("CHEST", "CXR", "THORA", "TORA[CKX]", "(?<![A-Z])RIB", "LUNG", "LONGEN", "PULM", "HEART", "POITRINE", "POUMON"),
    *(
        "BRUST",
        "BORST",
        "BRYST",
        "PECHO",
        "PEITO",
        "POLMON",
        "PLUC",
        "PŁUC",
        "HRUDN",
        "KLATKA",
        "MELLKAS",
        "GRUD",
        "GOGUS",
    ),
    *("AKCIGER", "KEUHK", "ГРУД", "ЛЕГК", "ЛЕГЕН", "ΘΩΡΑΚ", "胸", "肺", "흉", "صدر", "חזה"),
)
_SPINE = _any_of("SPINE", "VERTEB", "COLUM", "COLONN", "RACHIS", "WIRBEL", "LUMB", "KREGOSLUP", "ПОЗВОН", "脊", "椎")
"""The thoracic spine is named by its thorax."""
_LATERAL = _any_of(
    r"(?<![A-Z])(LL|RL|X?[LR]?LAT|X?TLAT|LAT[LR]|LATERAL\w*|SAGITTAL\w*|PROFIL\w*|PERFIL|SEITLICH\w*|BOC[NZ]\w*)(?![A-Z])",
    *("БОКОВ", "ЛАТЕРАЛ", "側面", "侧位", "側位"),
)
_OBLIQUE_OR_DECUBITUS = _any_of("OBL", "DECUB", "SCHRAG", "КОС")
