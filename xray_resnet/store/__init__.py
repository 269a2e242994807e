"""The dataset on disk: schema, writer, reader."""

from xray_resnet.store.reader import Dataset, open_dataset
from xray_resnet.store.schema import DatasetDescription, StoredImage

__all__ = ["Dataset", "DatasetDescription", "StoredImage", "open_dataset"]
