"""The deliverable: a MONAI Bundle with weights, ONNX and all that a prediction needs."""
