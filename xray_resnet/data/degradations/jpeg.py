"""JPEG: compression of 8-bit grey values with loss (ISO 10918-1 baseline)."""

import cv2
import numpy as np

from xray_resnet.detector.reference import Share


def compress_jpeg(share: Share, quality: int) -> Share:
    """The image after 8 bits and baseline JPEG of a quality from 1 to 100, by libjpeg's scale."""
    grey = np.rint(share * 255).astype(np.uint8)
    _, encoded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))
    return decoded.astype(np.float32) * np.float32(1 / 255)
