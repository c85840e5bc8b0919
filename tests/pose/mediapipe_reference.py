"""Run by another Python, one that has mediapipe: landmarks of MediaPipe's own runtime, for comparison.

Usage: python mediapipe_reference.py FRAMES.npz OUT.npz [static|video]
FRAMES.npz holds images (T, H, W, 3) uint8; OUT.npz gets points (T, 33, 2) in pixels, NaN = nobody.
"""

import sys

import mediapipe as mp
import numpy as np


def main(frames: str, out: str, mode: str) -> None:
    images = np.load(frames)["images"]
    height, width = images.shape[1:3]
    points = np.full((len(images), 33, 2), np.nan)
    pose = mp.solutions.pose.Pose(
        static_image_mode=mode == "static", model_complexity=1, smooth_landmarks=mode == "video"
    )
    for t, image in enumerate(images):
        found = pose.process(image).pose_landmarks
        if found is not None:
            points[t] = [(p.x * width, p.y * height) for p in found.landmark]
    np.savez(out, points=points)


if __name__ == "__main__":
    main(*sys.argv[1:])
