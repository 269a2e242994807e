"""OpenI's MeSH terms (Demner-Fushman et al., JAMIA 2016) as findings and states."""

from collections.abc import Mapping, Sequence

from xray_resnet.findings import LabelState

HEADINGS = {
    "Atelectasis": ("pulmonary atelectasis", "atelectasis"),
    "Cardiomegaly": ("cardiomegaly",),
    "Effusion": ("pleural effusion", "hydropneumothorax"),
    "Infiltration": ("infiltrate",),
    "Mass": ("mass",),
    "Nodule": ("nodule", "multiple pulmonary nodules", "solitary pulmonary nodule"),
    "Pneumonia": ("pneumonia",),
    "Pneumothorax": ("pneumothorax", "hydropneumothorax"),
    "Consolidation": ("consolidation",),
    "Edema": ("pulmonary edema",),
    "Emphysema": ("emphysema", "pulmonary emphysema"),
    "Fibrosis": ("pulmonary fibrosis",),
    "Hernia": ("hernia, hiatal",),
    "Fracture": ("fractures, bone",),
    "Lung_Opacity": ("opacity",),
    "Calcification": ("calcinosis", "calcified granuloma"),
}
"""Finding → MeSH headings, as they stand before the first `/` of a term."""
QUALIFIED = {
    ("thickening", "pleura"): "Pleural_Thickening",
    ("cardiac shadow", "enlarged"): "Cardiomegaly",
    ("cardiac shadow", "borderline"): "Cardiomegaly",
}
"""(Heading, qualifier) → the finding that they are together."""
FINDINGS = (*HEADINGS, "Pleural_Thickening")

_OF_THE_LUNG = {"Mass", "Nodule", "Calcification"}
"""Findings that a site outside the lung makes another thing."""
_OUTSIDE_THE_LUNG = {
    *("mediastinum", "paratracheal", "trachea", "esophagus", "thyroid gland", "neck", "heart", "pericardium", "aorta"),
    *("pleura", "diaphragm", "thorax", "ribs", "sternum", "clavicle", "scapula", "spine", "thoracic vertebrae"),
    *("humerus", "shoulder", "breast", "nipples", "axilla", "soft tissue", "abdomen", "lymph nodes", "blood vessels"),
}
_BORDERLINE = "borderline"
_NOT_INDEXED = {"no indexing", "technical quality of image unsatisfactory"}
_WORDS = (
    "abdomen; abnormal; adipose tissue; airspace disease; anterior; aorta; aorta, thoracic; "
    "aortic aneurysm; aortic valve; apex; arthritis; atherosclerosis; azygos lobe; base; bilateral; "
    "blister; blood vessels; blunted; bone diseases, metabolic; borderline; breast; breast implants; "
    "bronchi; bronchiectasis; bronchovascular; bullous emphysema; calcified granuloma; calcinosis; "
    "cardiac shadow; cardiomegaly; catheters, indwelling; cavitation; cervical vertebrae; chronic; "
    "cicatrix; clavicle; consolidation; contrast media; coronary vessels; costophrenic angle; "
    "cystic fibrosis; cysts; deformity; degenerative; density; diaphragm; diaphragmatic eventration; "
    "diffuse; dislocations; elevated; emphysema; enlarged; epicardial fat; flattened; focal; "
    "foreign bodies; fractures, bone; funnel chest; granuloma; granulomatous disease; healed; heart; "
    "heart atria; heart failure; heart ventricles; hernia, hiatal; hilum; humerus; hydropneumothorax; "
    "hyperdistention; hyperostosis, diffuse idiopathic skeletal; hypertension, pulmonary; hypoinflation; "
    "implanted medical device; infiltrate; interstitial; irregular; kyphosis; large; left; lingula; "
    "lower lobe; lucency; lumbar vertebrae; lung; lung diseases, interstitial; lung, hyperlucent; "
    "lymph nodes; markings; mass; mastectomy; mediastinum; medical device; middle lobe; mild; moderate; "
    "multiple; neck; nipple shadow; no indexing; nodule; normal; obscured; opacity; osteophyte; "
    "paratracheal; patchy; pericardial effusion; pleura; pleural effusion; pneumonectomy; pneumonia; "
    "pneumoperitoneum; pneumothorax; posterior; prominent; pulmonary alveoli; pulmonary artery; "
    "pulmonary atelectasis; pulmonary congestion; pulmonary disease, chronic obstructive; pulmonary edema; "
    "pulmonary emphysema; pulmonary fibrosis; reticular; retrocardiac; ribs; right; round; sarcoidosis; "
    "scattered; sclerosis; scoliosis; severe; shift; shoulder; small; spinal fusion; spine; spondylosis; "
    "stents; sternum; streaky; sulcus; surgical instruments; sutures; "
    "technical quality of image unsatisfactory; thickening; thoracic vertebrae; thorax; tortuous; trachea; "
    "trachea, carina; tube, inserted; upper lobe; volume loss"
)
"""The headings and qualifiers that the coders used."""
_KNOWN = {*_WORDS.split("; "), *_NOT_INDEXED}.union(*HEADINGS.values())


def read_states(terms: Sequence[str]) -> Mapping[str, LabelState]:
    """MeSH terms such as `Pleural Effusion/left/small` to states.

    A report that was not indexed tells nothing of what it does not name, nor does one with a heading that is not known:
    it could be any finding.
    """
    parts = _part(terms)
    found = [
        (finding, _BORDERLINE in qualifiers)
        for heading, *qualifiers in parts
        for finding in _find_findings(heading, qualifiers)
    ]
    states = {finding: LabelState.UNCERTAIN for finding, is_borderline in found if is_borderline}
    states |= {finding: LabelState.POSITIVE for finding, is_borderline in found if not is_borderline}
    is_indexed = bool(parts) and not any(heading in _NOT_INDEXED for heading, *_ in parts)
    silent = LabelState.NEGATIVE if is_indexed and is_understood(terms) else LabelState.NOT_ASSESSED
    return {finding: states.get(finding, silent) for finding in FINDINGS}


def is_understood(terms: Sequence[str]) -> bool:
    """Whether every heading is known."""
    return all(heading in _KNOWN for heading, *_ in _part(terms))


def _part(terms: Sequence[str]) -> list[list[str]]:
    """Each term's heading and qualifiers, in small letters."""
    return [[part.strip().lower() for part in term.split("/")] for term in terms]


def _find_findings(heading: str, qualifiers: Sequence[str]) -> set[str]:
    found = {finding for finding, headings in HEADINGS.items() if heading in headings}
    is_inside = "lung" in qualifiers and "lymph nodes" not in qualifiers
    if not is_inside and not _OUTSIDE_THE_LUNG.isdisjoint(qualifiers):
        found -= _OF_THE_LUNG
    return found | {QUALIFIED[heading, word] for word in qualifiers if (heading, word) in QUALIFIED}
