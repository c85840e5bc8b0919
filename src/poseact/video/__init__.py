"""Video files, picture folders and cameras: frames with true time stamps in, H.264 out."""

from poseact.video.camera import Camera
from poseact.video.containers import read_comment
from poseact.video.decoding import VideoFile
from poseact.video.frames import Frame, FrameSource, VideoInfo
from poseact.video.pictures import ImageFolder
from poseact.video.reading import is_pictures, open_source, read_ahead
from poseact.video.writing import VideoWriter

__all__ = [
    "Camera",
    "Frame",
    "FrameSource",
    "ImageFolder",
    "VideoFile",
    "VideoInfo",
    "VideoWriter",
    "is_pictures",
    "open_source",
    "read_ahead",
    "read_comment",
]
