"""DICOM and image files to anonymous radiographs and square stored images."""
