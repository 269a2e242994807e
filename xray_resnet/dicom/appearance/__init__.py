"""Whether the pixels look like a frontal chest radiograph: what headers are silent or wrong about."""

from xray_resnet.dicom.appearance.check import check_appearance
from xray_resnet.dicom.appearance.frontal import Likeness, judge
from xray_resnet.dicom.appearance.measures import measure_film
from xray_resnet.dicom.appearance.polarity import measure_polarity

__all__ = ["Likeness", "check_appearance", "judge", "measure_film", "measure_polarity"]
