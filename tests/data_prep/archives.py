"""Tiny trees in the original layouts of public archives, made of noise."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tests.builders import make_chest, write_dicom

SIDE = 80


def make_nih_chestxray14(root: Path) -> None:
    """Pictures and DICOM files in several folders, one image as both; a row without an image; ages of both releases."""
    write(
        root / "Data_Entry_2017_v2020.csv",
        "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
        "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],",
        "00000001_000.png,Cardiomegaly|Emphysema,0,1,58,M,PA,2682,2749,0.143,0.143,",
        "00000001_001.png,No Finding,1,1,058Y,M,AP,2894,2729,0.143,0.143,",
        "00000002_000.png,No Finding,0,2,414,F,PA,2500,2048,0.168,0.168,",
        "00000002_001.png,Effusion,1,2,45,F,PA,2500,2048,0.168,0.168,",
        "00000003_000.png,Hernia,0,3,7,F,PA,2500,2048,0.168,0.168,",
    )
    write(
        root / "BBox_List_2017.csv",
        "Image Index,Finding Label,Bbox [x,y,w,h],,,",
        "00000001_000.png,Cardiomegaly,30.5,20.25,40.5,30.5",
        "00000001_000.png,Infiltrate,1,2,3,4",
    )
    write(root / "train_val_list.txt", "00000001_000.png", "00000001_001.png")
    write(root / "test_list.txt", "00000002_000.png", "00000002_001.png", "00000003_000.png")
    for name in ("images_001/images/00000001_000", "images_012/images/00000002_000", "images_012/images/00000002_001"):
        write_picture(root / f"{name}.png")
    for name in ("dicom/00000001_000.dcm", "dicom/00000001_001.dcm"):
        write_film(root / name)


CHEXPERT_SMALL = "CheXpert-v1.0-small"
_CHEXPERT_LABELS = (
    "No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,"
    "Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices"
)


def make_chexpert(root: Path) -> None:
    """The small release: three training patients, one with a lateral view, and a validation patient; two ways of -1."""
    head = f"Path,Sex,Age,Frontal/Lateral,AP/PA,{_CHEXPERT_LABELS}"
    first = f"{CHEXPERT_SMALL}/train/patient00001/study1/view1_frontal.jpg,Female,68,Frontal,AP"
    side = f"{CHEXPERT_SMALL}/train/patient00001/study1/view2_lateral.jpg,Female,68,Lateral,"
    second = f"{CHEXPERT_SMALL}/train/patient00002/study2/view1_frontal.jpg,Male,87,Frontal,PA"
    other = f"{CHEXPERT_SMALL}/train/patient00003/study1/view1_frontal.jpg,Male,41,Frontal,PA"
    third = f"{CHEXPERT_SMALL}/valid/patient64541/study1/view1_frontal.jpg,Male,73,Frontal,AP"
    labels = ",,,,1.0,0.0,-1.0,,,,,U,,,1.0"
    lines = [first + labels, side + labels, second + ",1.0,,,,,,,,,,0.0,,,", other + "," * 14]
    write(root / CHEXPERT_SMALL / "train.csv", head, *lines)
    write(root / CHEXPERT_SMALL / "valid.csv", head, third + ",0.0,0.0,1.0" + ",0.0" * 11)
    for row in (first, side, second, other, third):
        write_picture(root / row.split(",")[0])


def make_chexpert_full_size(root: Path) -> None:
    """The same patients as the full size is downloaded: four folders, the training patients in three of them."""
    make_chexpert(root)
    small, tables = root / CHEXPERT_SMALL, root / "CheXpert-v1.0 batch 1 (validate & csv)"
    for number in (1, 2, 3):
        batch = root / f"CheXpert-v1.0 batch {number + 1} (train {number})"
        batch.mkdir()
        (small / f"train/patient0000{number}").rename(batch / f"patient0000{number}")
    (small / "train").rmdir()
    small.rename(tables)
    for name in ("train.csv", "valid.csv"):
        (tables / name).write_text((tables / name).read_text().replace("-small/", "/"))


def make_chexpert_test_set(root: Path) -> None:
    """The test set that was published later: a table of paths and labels alone, a frontal and a lateral view."""
    paths = [f"test/patient64741/study1/view{view}.jpg" for view in ("1_frontal", "2_lateral")]
    write(
        root / "test_labels.csv", f"Path,{_CHEXPERT_LABELS}", *(path + ",0.0,0.0,1.0" + ",0.0" * 11 for path in paths)
    )
    for path in paths:
        write_picture(root / path)


def make_mimic_cxr(root: Path) -> None:
    """DICOM and JPEG images of four patients; a lateral view, and studies without a report."""
    images = (("10000032", "50414267", "02aa804e-bde0afdd"), ("10000032", "50414268", "174413ec-4ec4c1f7"))
    images += (("11000033", "50414269", "2a2277a9-b0ded155"), ("12000034", "50414270", "68b5c4b1-227d0485"))
    images += (("13000035", "50414277", "3a84290a-d0a7a4c2"),)
    tables = {
        "metadata": ["dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns"],
        "split": ["dicom_id,study_id,subject_id,split"],
    }
    views, splits = ("PA", "AP", "LATERAL", "PA", "PA"), ("train", "train", "validate", "test", "test")
    for (subject, study, image), view, split in zip(images, views, splits, strict=True):
        tables["metadata"].append(f"{image},{subject},{study},CHEST (PA AND LAT),{view},80,80")
        tables["split"].append(f"{image},{study},{subject},{split}")
        path = root / "files" / f"p{subject[:2]}" / f"p{subject}" / f"s{study}" / image
        write_film(path.with_suffix(".dcm")) if study.endswith("7") else write_picture(path.with_suffix(".jpg"))
    head = "subject_id,study_id,Atelectasis,Cardiomegaly,Consolidation,Edema,Enlarged Cardiomediastinum,Fracture,"
    head += "Lung Lesion,Lung Opacity,No Finding,Pleural Effusion,Pleural Other,Pneumonia,Pneumothorax,Support Devices"
    for labeller, first in (("chexpert", "1.0,,0.0,-1.0"), ("negbio", "0.0,,0.0,-1.0")):
        rows = [f"10000032,50414267,{first}" + "," * 10, "10000032,50414268" + ",0.0" * 14]
        tables[labeller] = [head, *rows, "11000033,50414269" + "," * 14]
    for name, lines in tables.items():
        (root / f"mimic-cxr-2.0.0-{name}.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))


def make_padchest(root: Path) -> None:
    """16-bit pictures; labels in two languages, of every depth, misspelt; normal and excluded studies; other views."""
    rows = (
        ("a.png", "0", "S1", "P1", "M", "PA", "['cardiomegaly', 'loculated pleural effusion']"),
        ("b.png", "0", "S2", "P2", "F", "AP_horizontal", "['derrame pleural', 'cambios crónicos']"),
        ("c.png", "1", "S3", "P3", "F", "PA", "['normal']"),
        ("d.png", "1", "S4", "P4", "M", "PA", "['exclude']"),
        ("e.png", "1", "S5", "P5", "M", "L", "['pneumonia']"),
        ("f.png", "2", "S6", "P6", "M", "UNK", "['hydropneumothorax', 'air bronchogram', 'mediastinal mass']"),
        ("g.png", "2", "S7", "P7", "F", "PA", "['aortic elongation']"),
        ("h.png", "2", "S8", "P8", "F", "COSTAL", "['rib fracture']"),
        ("i.png", "2", "S9", "P9", "F", "EXCLUDE", "['normal']"),
        ("j.png", "2", "S10", "P10", "M", "PA", ""),
        ("k.png", "2", "S11", "P11", "F", "PA", "['cardiomegaly', 'pleural efusion']"),
    )
    head = ",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,PatientBirth,PatientSex_DICOM,Projection,Labels"
    lines = [
        f'{line},{image},{folder},20150414,{study},{patient},1943.0,{sex},{view},"{labels}"'
        for line, (image, folder, study, patient, sex, view, labels) in enumerate(rows)
    ]
    write(root / "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", head, *lines)
    for image, folder, *_ in rows:
        write_picture(root / folder / image, np.uint16)


def make_rsna_pneumonia(root: Path) -> None:
    """Three images; one with two boxes, and one that RSNA's mapping gives to a patient of NIH."""
    write(
        root / "stage_2_train_labels.csv",
        "patientId,x,y,width,height,Target",
        "aa-1,10.0,20.0,30.0,40.0,1",
        "aa-1,50.0,20.0,10.0,12.0,1",
        "bb-2,,,,,0",
        "cc-3,,,,,0",
    )
    write(
        root / "stage_2_detailed_class_info.csv",
        "patientId,class",
        "aa-1,Lung Opacity",
        "aa-1,Lung Opacity",
        "bb-2,No Lung Opacity / Not Normal",
        "cc-3,Normal",
    )
    mapping = [{"subset_img_id": "bb-2", "img_id": "00000013_004.png"}]
    (root / "pneumonia-challenge-dataset-mappings_2018.json").write_text(json.dumps(mapping))
    for name in ("aa-1", "bb-2", "cc-3"):
        write_film(root / f"stage_2_train_images/{name}.dcm")


def make_siim_pneumothorax(root: Path) -> None:
    """Three images; one with two masks. A mask of column 5, rows 10 to 19, then column 7, rows 12 to 15."""
    write(
        root / "train-rle.csv",
        "ImageId, EncodedPixels",
        f"1.2.3, {5 * 1024 + 10} 10 {2 * 1024 - 8} 4",
        "1.2.3, 0 1",
        "1.2.4, -1",
        "1.2.5, -1",
    )
    for name in ("1.2.3", "1.2.4", "1.2.5"):
        write_film(root / f"dicom-images-train/{name}9/{name}8/{name}.dcm")


def make_vindr_cxr(root: Path) -> None:
    """A training image of three readers, one of three who saw nothing, and test images of their consensus."""
    names = (
        "Aortic enlargement,Atelectasis,Calcification,Cardiomegaly,Clavicle fracture,Consolidation,Edema,Emphysema,"
        "Enlarged PA,ILD,Infiltration,Lung Opacity,Lung cavity,Lung cyst,Mediastinal shift,Nodule/Mass,"
        "Pleural effusion,Pleural thickening,Pneumothorax,Pulmonary fibrosis,Rib fracture,Other lesion,COPD,"
        "Lung tumor,Pneumonia,Tuberculosis,Other diseases,No finding"
    )

    def row(*present: str) -> str:
        return ",".join(str(int(name in present)) for name in names.split(","))

    write(
        root / "annotations/image_labels_train.csv",
        f"image_id,rad_id,{names}",
        f"img1,R1,{row('Cardiomegaly', 'Nodule/Mass')}",
        f"img1,R2,{row('Cardiomegaly')}",
        f"img1,R3,{row()}",
        *(f"img2,{reader},{row('No finding')}" for reader in ("R1", "R2", "R3")),
    )
    write(
        root / "annotations/image_labels_test.csv",
        f"image_id,{names}",
        f"img3,{row('Pleural effusion')}",
        f"img4,{row()}",
    )
    write(
        root / "annotations/annotations_train.csv",
        "image_id,rad_id,class_name,x_min,y_min,x_max,y_max",
        "img1,R1,Cardiomegaly,10,20,50,60",
        "img1,R2,Cardiomegaly,12,20,52,60",
        "img1,R1,Nodule/Mass,5,5,9,9",
        "img1,R3,No finding,,,,",
    )
    write(
        root / "annotations/annotations_test.csv",
        "image_id,class_name,x_min,y_min,x_max,y_max",
        "img3,Pleural effusion,1,2,11,22",
    )
    for name in ("train/img1", "train/img2", "test/img3", "test/img4"):
        write_film(root / f"{name}.dicom")


def make_openi(root: Path) -> None:
    """Reports with MeSH terms, a normal one, and one that was never indexed; lateral views by Kaggle's table.

    The first report's images have its number twice in their names, as released.
    """
    reports = {
        1: ("CXR1_1_IM-0001-4001", "CXR1_1_IM-0001-3001", ("normal",)),
        2: ("CXR2_IM-0652-1001", "CXR2_IM-0652-2001", ("Cardiomegaly/borderline", "Thickening/pleura/apex")),
        3: ("CXR3_IM-1384-1001", "CXR3_IM-1384-2001", ("No Indexing",)),
        4: ("CXR4_IM-2050-1001", "CXR4_IM-2050-2001", ("Cardiac Shadow/enlarged", "Hydropneumothorax/left")),
        5: ("CXR5_IM-2117-1001", "CXR5_IM-2117-2001", ("Mass/mediastinum", "Mass/mediastinum/large")),
        6: ("CXR6_IM-2192-1001", "CXR6_IM-2192-2001", ("Mass/lung/upper lobe/right", "Cardiac Shadow/borderline")),
    }
    views = []
    for number, (frontal, lateral, terms) in reports.items():
        majors = "".join(f"<major>{term}</major>" for term in terms)
        images = "".join(f'<parentImage id="{film}"/>' for film in (frontal, lateral))
        text = f'<eCitation><uId id="CXR{number}"/><MeSH>{majors}</MeSH>{images}</eCitation>'
        write(root / f"ecgen-radiology/{number}.xml", '<?xml version="1.0" encoding="utf-8"?>', text)
        for film, view in ((frontal, "Frontal"), (lateral, "Lateral")):
            write_picture(root / f"NLMCXR_png/{film}.png")
            views.append(f"{number},{name_openi_dicom(film)}.png,{view}")
    write(root / "indiana_projections.csv", "uid,filename,projection", *views)


def name_openi_dicom(film: str) -> str:
    """The DICOM release's name of a film: CXR1_1_IM-0001-3001 and CXR2_IM-0652-1001 lose what says CXR."""
    return film.replace("CXR1_", "").removeprefix("CXR") + ".dcm"


def make_openi_dicom(root: Path) -> None:
    """The same reports with the films of the DICOM release, a folder for each report."""
    make_openi(root)
    for path in (root / "NLMCXR_png").iterdir():
        name = name_openi_dicom(path.stem)
        write_film(root / "NLMCXR_dcm" / name.partition("_")[0] / name)
        path.unlink()


def make_openi_kaggle(root: Path) -> None:
    """The same reports with the films as Kaggle names them."""
    make_openi(root)
    for path in (root / "NLMCXR_png").iterdir():
        write_picture(root / "images/images_normalized" / f"{name_openi_dicom(path.stem)}.png")
        path.unlink()


def make_covid_chestxray(root: Path) -> None:
    """Radiographs of every branch of the tree, an unknown one, a lateral view, and a CT slice."""
    head = "patientid,offset,sex,age,finding,view,modality,date,location,folder,filename"
    rows = (
        ("2", "M", "65", "Pneumonia/Viral/COVID-19", "PA", "X-ray", "a.jpg"),
        ("3", "F", "28", "Tuberculosis", "AP Supine", "X-ray", "b.jpg"),
        ("4", "", "", "No Finding", "AP", "X-ray", "c.jpg"),
        ("5", "M", "50", "todo", "PA", "X-ray", "d.jpg"),
        ("2", "M", "65", "Pneumonia/Viral/COVID-19", "L", "X-ray", "e.jpg"),
        ("6", "M", "44", "Pneumonia", "Axial", "CT", "f.jpg"),
        ("7", "F", "33", "Pneumonia/Viral", "PA", "X-ray", "g.jpg"),
    )
    lines = [
        f"{p},0,{sex},{age},{finding},{view},{kind},2020,Rome,images,{file}"
        for p, sex, age, finding, view, kind, file in rows
    ]
    write(root / "metadata.csv", head, *lines)
    for *_, name in rows:
        write_picture(root / "images" / name)


def make_image_folder(root: Path) -> None:
    """Two class folders, one below a split's."""
    for name in ("train/normal/p1_a.png", "train/effusion/p2_a.png", "effusion/p3_a.png"):
        write_picture(root / name)


def make_table(root: Path) -> None:
    """A table of one finding's states."""
    states = ("1", "0", "-1", "u", "")
    write(root / "labels.csv", "path,patient,Edema", *(f"{n}.png,p{n},{state}" for n, state in enumerate(states)))
    for number in range(len(states)):
        write_picture(root / f"{number}.png")


ARCHIVES: dict[str, Callable[[Path], None]] = {
    "nih_chestxray14": make_nih_chestxray14,
    "chexpert": make_chexpert,
    "mimic_cxr": make_mimic_cxr,
    "padchest": make_padchest,
    "rsna_pneumonia": make_rsna_pneumonia,
    "siim_pneumothorax": make_siim_pneumothorax,
    "vindr_cxr": make_vindr_cxr,
    "openi": make_openi,
    "covid_chestxray": make_covid_chestxray,
}


def write(path: Path, *lines: str) -> None:
    """Writes lines of text, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def write_picture(path: Path, dtype: type = np.uint8) -> None:
    """A PNG or JPEG file of blobs that depend on where it lies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), _draw(path, dtype))


def write_film(path: Path) -> None:
    """A 12-bit DICOM file of blobs that depend on where it lies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_dicom(path, _draw(path, np.uint16) >> 4, PatientID=f"PLANTED{path.stem}")


def _draw(path: Path, dtype: type) -> np.ndarray:
    generator = np.random.default_rng(list("/".join(path.parts[-4:]).encode()))
    return (make_chest(SIDE, SIDE, generator) * np.iinfo(dtype).max).astype(dtype)
