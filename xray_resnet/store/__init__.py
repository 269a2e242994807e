"""The dataset on disk: schema, writer, reader."""

from xray_resnet.store.reader import Dataset, open_dataset
from xray_resnet.store.schema import DatasetDescription, StoredImage
from xray_resnet.store.writer import write_dataset

__all__ = ["Dataset", "DatasetDescription", "StoredImage", "open_dataset", "write_dataset"]
