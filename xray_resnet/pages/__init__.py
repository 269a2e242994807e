"""The shared look of every HTML page: its base template, its styles, how it shows numbers and pictures."""

from xray_resnet.pages.labels import Language
from xray_resnet.pages.page import render_page
from xray_resnet.pages.pictures import Picture, encode_jpeg, encode_svg, encode_webp

__all__ = ["Language", "Picture", "encode_jpeg", "encode_svg", "encode_webp", "render_page"]
