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
    """Whether a body part is the chest, and neither its spine nor its breastbone alone."""
    folded = fold(words)
    return bool(_CHEST.search(folded)) and not _SPINE.search(folded) and not _BONE.fullmatch(folded)


def says_lateral(words: str) -> bool:
    """Whether a view is lateral; a decubitus, named by the side that lies down, shows the chest from the front."""
    folded = fold(words)
    return bool(_LATERAL.search(folded)) and not _OBLIQUE_OR_DECUBITUS.search(folded)


def says_frontal(words: str) -> bool:
    """Whether a view, or one of several that a description names, is frontal."""
    return bool(_FRONTAL.search(fold(words)))


def says_other_part(words: str) -> bool:
    """Whether a description names a part of the body, and neither the chest nor all of it."""
    folded = fold(words)
    return bool(_OTHER_PART.search(folded)) and not _CHEST.search(_THORACIC_SPINE.sub("", folded))


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(unicodedata.normalize("NFKD", pattern) for pattern in patterns))


_CHEST = _any_of(
    *("CHEST", "CXR", "THX", "THORA", "TORA[CKX]", r"(?<![A-Z])RIB(?!BON)", r"(?<![A-Z])LUNG", "LONGEN", "PULM"),
    *("HEART", "MEDIASTIN", "POITRINE", "POUMON", r"BRUST(?!DR)", r"BORST(?!KLIER)", "BRYST", "BROST", "PECHO"),
    *("COSTILLA", "PEITO", "POLMON", "PLUC", "PŁUC", "PLICE", "PLAMAN", "HRUDN", "KLATKA", "MELLKAS", "GRUD"),
    *("PRSNI", "GOGUS", "AKCIGER", "KEUHK", "RINTAKEH", "RINDKERE", "NGUC", "PHOI", "ГРУД", "ОГК", "ЛЕГК", "ЛЕГЕН"),
    *("ΘΩΡΑΚ", "胸", "肺", "흉", "صدر", "חזה", "ทรวงอก"),
)
_SPINE = _any_of(
    *("SPINE", "SPINAL", r"THOR\w*\.? SP(?![A-Z])", "VERTEB", "COLUM", "COLUNA", "COLONN", "KOLUMN", "RACHI[DS]"),
    *("WIRBEL", "WERVEL", "VIRVEL", "RYGG", "LUMB", "LOMB", "KREGOSLUP", "KRĘGOSŁUP", "PATER(?![A-Z])", "KRALJ"),
    *("KICM", "OMURGA", "SELKARANK", "GERINC", "BWS", "ПОЗВОН", "ΣΠΟΝΔΥΛ", "脊", "椎", "추", "فقر", "עמוד"),
)
"""The thoracic spine is named by its thorax."""
_BONE = _any_of("胸骨", "STERNUM")
_THORACIC_SPINE = re.compile(r"(THORA\w*|DORSAL|T)[ -]?SPINE")
_LATERAL = _any_of(
    r"(?<![A-Z])(LL|RL|X?[LR]?LAT|X?TLAT|LAT[LR]|[LR]TLAT|LATERAA?L(?!ITY)\w*|LATERO\w*|SAGITTAL\w*|PROFIL\w*|PERFIL"
    r"|SEITL\w*|BOC[NZ]\w*)(?![A-Z])",
    *("L-L", "БОКОВ", "ЛАТЕРАЛ", "側面", "侧位", "側位", "측면"),
)
_FRONTAL = _any_of(
    r"(?<![A-Z])(AP|PA|A\.P|P\.A|A/P|P/A|FRONTAL\w*|FRENTE|FACE|POSTERO ?-?ANT\w*|ANTERO ?-?POST\w*)(?![A-Z])",
    *("VIEWS", "2 ?V(?![A-Z])", "ПРЯМ", "正面", "正位", "정면"),
)
_OTHER_PART = _any_of(
    r"(?<![A-Z])(HANDS?|WRISTS?|FINGERS?|THUMBS?|ELBOWS?|FOREARMS?|HUMERUS|SHOULDERS?|CLAVICLES?|FOOT|FEET|TOES?)(?![A-Z])",
    r"(?<![A-Z])(ANKLES?|CALCANEUS|HEELS?|KNEES?|PATELLAE?|TIBIA\w*|FIBULA|FEMUR|HIPS?|PELVIS|SACRUM|COCCYX)(?![A-Z])",
    r"(?<![A-Z])(ABDOMEN|ABD|KUB|SKULL|SINUS(ES)?|MANDIBLE|ORBITS?|NASAL BONES?|TEETH|DENTAL|SCOLIOSIS)(?![A-Z])",
    r"(?<![A-Z])(MANO|MAIN|MUNECA|POIGNET|HANDGELENK|PIED|PIE|FUSS|RODILLA|GENOU|KNIE|CADERA|HANCHE|HUFTE)(?![A-Z])",
    r"(?<![A-Z])(BECKEN|BASSIN|SCHADEL|CRANEO|CRANE|SCHULTER|HOMBRO|EPAULE|CODO|COUDE|ELLENBOGEN)(?![A-Z])",
    r"(?<![A-Z])([CLT]|CERVICAL|LUMBAR|THORACIC)[ -]?SPINE(?![A-Z])",
    *("WIRBELSAULE", "КИСТ[ЬИ]", "СТОП[АЫ]", "КОЛЕН", "ЧЕРЕП", "腹部", "膝", "骨盤", "头颅", "頭部"),
)
"""What descriptions call films of other parts; words that also tell how a chest is taken (arms, head) are left out."""
_OBLIQUE_OR_DECUBITUS = _any_of("OBL", "DECUB", "SCHRAG", "КОСА", "КОСО")
