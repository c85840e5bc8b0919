"""Who does what when, as people and other programs write it down: ActivityNet JSON, CSV, WebVTT."""

from poseact.annotations.labels import SameLabels, label_key
from poseact.annotations.reading import read_annotations
from poseact.annotations.recordings import match_recordings
from poseact.annotations.spans import Annotation, Span

__all__ = ["Annotation", "SameLabels", "Span", "label_key", "match_recordings", "read_annotations"]
