"""PadChest's labels (Bustos et al., Medical Image Analysis 2020) as findings and states."""

import re
from collections.abc import Mapping

from data_prep.sources.csv_table import Row
from xray_resnet.errors import UserError
from xray_resnet.findings import LabelState

WORDS = {
    "Atelectasis": (
        *("atelectasis", "total atelectasis", "lobar atelectasis", "segmental atelectasis", "laminar atelectasis"),
        *("round atelectasis", "atelectasis basal", "basal atelectasis"),
        *("atelectasia", "atelectasia laminar"),
    ),
    "Cardiomegaly": ("cardiomegaly", "cardiomegalia"),
    "Effusion": (
        *("pleural effusion", "loculated pleural effusion", "loculated fissural effusion"),
        *("hydropneumothorax", "empyema", "hemothorax"),
        *("derrame pleural", "hidroneumotórax", "hidroneumotorax", "empiema", "hemotórax", "hemotorax"),
    ),
    "Infiltration": (
        *("infiltrates", "interstitial pattern", "ground glass pattern", "reticular interstitial pattern"),
        *("reticulonodular interstitial pattern", "miliary opacities", "alveolar pattern"),
        *("consolidation", "air bronchogram"),
        *("infiltrados", "patrón intersticial", "patrón alveolar", "consolidacion", "consolidación"),
    ),
    "Mass": ("mass", "pulmonary mass", "masa", "masa pulmonar"),
    "Nodule": ("nodule", "multiple nodules", "nodulo", "nódulo", "nodulos multiples", "nódulos múltiples"),
    "Pneumonia": ("pneumonia", "atypical pneumonia", "neumonia", "neumonía", "neumonía atípica"),
    "Pneumothorax": (
        *("pneumothorax", "hydropneumothorax"),
        *("neumotorax", "neumotórax", "hidroneumotórax", "hidroneumotorax"),
    ),
    "Consolidation": ("consolidation", "air bronchogram", "consolidacion", "consolidación"),
    "Edema": ("pulmonary edema", "edema pulmonar"),
    "Emphysema": ("emphysema", "enfisema"),
    "Fibrosis": ("pulmonary fibrosis", "post radiotherapy changes", "asbestosis signs", "fibrosis pulmonar"),
    # A plaque is a circumscribed thickening, though the tree sets the two side by side.
    "Pleural_Thickening": (
        *("pleural thickening", "apical pleural thickening", "calcified pleural thickening"),
        *("pleural plaques", "calcified pleural plaques"),
        *("engrosamiento pleural", "placas pleurales"),
    ),
    "Hernia": ("hiatal hernia", "hernia de hiato"),
    "Tuberculosis": ("tuberculosis", "tuberculosis sequelae", "secuelas de tuberculosis"),
    "Fracture": (
        *("fracture", "rib fracture", "callus rib fracture", "clavicle fracture", "humeral fracture"),
        *("vertebral fracture", "fractura", "fractura costal"),
    ),
    # The tree hangs the enlarged button below elongation: it is wide, and need not be long.
    "Aortic_Enlargement": ("aortic button enlargement", "aortic aneurysm", "aneurisma aórtico", "aneurisma aortico"),
    "Aortic_Elongation": (
        *("aortic elongation", "ascendent aortic elongation", "descendent aortic elongation"),
        *("supra aortic elongation", "elongación aórtica", "elongacion aortica"),
    ),
}
"""Finding → the labels that name it or what lies below it in PadChest's published tree (`tree_term_CUI_counts`).

A mass is one of the lung: mediastinal, pleural, breast and soft tissue masses are other things.
"""
FINDINGS = tuple(WORDS)

_UNUSABLE = {"exclude", "suboptimal study", "unchanged", "excluir", "estudio subóptimo", "sin cambios"}
"""Labels of images whose findings the list does not tell."""
_NORMAL = {"normal", "normales"}
_OTHERS = (
    "copd signs; chilaiditi sign; nsg tube; abnormal foreign body; abscess; adenopathy; air fluid level; "
    "air trapping; aortic atheromatosis; aortic endoprosthesis; artificial aortic heart valve; "
    "artificial heart valve; artificial mitral heart valve; axial hyperostosis; "
    "azygoesophageal recess shift; azygos lobe; blastic bone lesion; bone cement; bone metastasis; "
    "breast mass; bronchiectasis; bronchovascular markings; bullas; calcified adenopathy; "
    "calcified densities; calcified fibroadenoma; calcified granuloma; calcified mediastinal adenopathy; "
    "catheter; cavitation; central vascular redistribution; central venous catheter; "
    "central venous catheter via jugular vein; central venous catheter via subclavian vein; "
    "central venous catheter via umbilical vein; cervical rib; chest drain tube; chronic changes; "
    "costochondral junction hypertrophy; costophrenic angle blunting; cyst; dai; dextrocardia; "
    "diaphragmatic eventration; double j stent; dual chamber device; electrical device; end on vessel; "
    "endoprosthesis; endotracheal tube; esophagic dilatation; external foreign body; fibrotic band; "
    "fissure thickening; flattened diaphragm; gastrostomy tube; goiter; granuloma; gynecomastia; "
    "heart insufficiency; heart valve calcified; hemidiaphragm elevation; hilar congestion; "
    "hilar enlargement; humeral prosthesis; hyperinflated lung; hypoexpansion; hypoexpansion basal; "
    "increased density; kerley lines; kyphosis; lepidic adenocarcinoma; lipomatosis; lung metastasis; "
    "lung vascular paucity; lymphangitis carcinomatosa; lytic bone lesion; major fissure thickening; "
    "mammary prosthesis; mastectomy; mediastinal enlargement; mediastinal mass; mediastinal shift; "
    "mediastinic lipomatosis; metal; minor fissure thickening; nephrostomy tube; nipple shadow; "
    "non axial articular degenerative changes; obesity; osteopenia; osteoporosis; osteosynthesis material; "
    "pacemaker; pectum carinatum; pectum excavatum; pericardial effusion; pleural mass; pneumomediastinum; "
    "pneumoperitoneo; prosthesis; pseudonodule; pulmonary artery enlargement; "
    "pulmonary artery hypertension; pulmonary hypertension; pulmonary venous hypertension; "
    "reservoir central venous catheter; respiratory distress; right sided aortic arch; "
    "sclerotic bone lesion; scoliosis; single chamber device; soft tissue mass; "
    "sternoclavicular junction hypertrophy; sternotomy; subacromial space narrowing; "
    "subcutaneous emphysema; superior mediastinal enlargement; surgery; surgery breast; surgery heart; "
    "surgery humeral; surgery lung; surgery neck; suture material; thoracic cage deformation; "
    "tracheal shift; tracheostomy tube; vascular hilar enlargement; vascular redistribution; "
    "ventriculoperitoneal drain tube; vertebral anterior compression; vertebral compression; "
    "vertebral degenerative changes; volume loss"
)
OTHERS = frozenset(_OTHERS.split("; "))
"""The other labels of the released table, which name none of the findings."""
_KNOWN = {*OTHERS, "cambios crónicos", "cambios cronicos", *_UNUSABLE, *_NORMAL}.union(*WORDS.values())
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_LIST = re.compile(r"(?:\[\s*(?:(?:'[^']*'|\"[^\"]*\")\s*(?:,\s*|(?=\])))*\])?")


def read_states(labels: str, place: str) -> Mapping[str, LabelState]:
    """`['cardiomegaly', 'pleural effusion']` to states: named positive, silent unmentioned, a normal study negative.

    Beside a label that no release names, what is silent is not assessed: the label could be any finding.

    Raises:
        UserError: if it is not a list of quoted labels.
    """
    named = read_labels(labels, place)
    found = {finding for finding, words in WORDS.items() if not named.isdisjoint(words)}
    if not named or named & _UNUSABLE or not named <= _KNOWN:
        silent = LabelState.NOT_ASSESSED
    else:
        silent = LabelState.NEGATIVE if named <= _NORMAL else LabelState.UNMENTIONED
    return {finding: LabelState.POSITIVE if finding in found else silent for finding in FINDINGS}


def is_understood(row: Row) -> bool:
    """Whether every label of the row is known."""
    return read_labels(row["Labels"], row.place) <= _KNOWN


def read_labels(labels: str, place: str) -> set[str]:
    """The labels of a quoted list, in small letters.

    Raises:
        UserError: if it is not such a list.
    """
    if not _LIST.fullmatch(labels):
        raise UserError(f"{place}: column 'Labels' is no list such as ['normal']; restore the original table")
    return {" ".join((one or other).lower().split()) for one, other in _QUOTED.findall(labels)} - {""}
