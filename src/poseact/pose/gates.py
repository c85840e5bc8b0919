"""What somebody must show to be believed, and for how long they are remembered."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gates:
    """What a person must show to be believed. Chosen on real clips.

    Attributes:
        min_score: Of the landmark network: the chance that there is a person at all.
        min_kept_visibility: Mean visibility of the joints of somebody already followed.
        min_new_visibility: The same of somebody new.
        min_size: Side of the region of somebody new, as a part of the frame's shorter side.
        min_doubtful_score: Of the detector: below this, nothing is looked at.
        min_doubtful_visibility: Mean visibility of somebody new of whom the detector is not sure. Such
            finds are followed up only while nobody is in view or somebody is missing.
        doubtful_per_s: A detection costs a run of the landmark network; so many doubtful ones a second.
        good_quality: From here on landmarks are good, see `poseact.pose.tracks.quality`.
        max_unsettled: Two runs of the landmark network, the second where the first says, put the joints
            this near one another on a person; elsewhere they wander. In sides of the region.
        clear_score: Of the detector: above this, settled landmarks are reported at once, good or not.
        confirm_frames: Somebody new is reported at once when good or clear, and settled; else after so
            many frames in which the landmark network is sure of a person.
        confirm_doubtful_frames: The same, good or not, where the detector was in doubt at first.
        memory_s: Somebody lost and found again within this time keeps the track id.
        max_hidden_s: Time behind somebody else is added to it, up to this.
        max_moved: Somebody of whom the network is not sure in one frame may be kept if no joint has gone
            far: mean distance from the frame before, in sides of the region.
        held_s: So long at most on joints alone, while the network denies that there is a person.
        min_held_visibility: Of such joints.
        min_held_presence: Of such joints: somebody who leaves the frame, or is gone, falls below it.
        min_closer_score: Of the detector in a closer look at somebody new of whom it was not sure.
    """

    min_score: float = 0.5
    min_kept_visibility: float = 0.35
    min_new_visibility: float = 0.5
    min_size: float = 0.15
    min_doubtful_score: float = 0.25
    min_doubtful_visibility: float = 0.7
    doubtful_per_s: float = 15.0
    good_quality: float = 0.7
    max_unsettled: float = 0.05
    clear_score: float = 0.85
    confirm_frames: int = 4
    confirm_doubtful_frames: int = 4
    memory_s: float = 1.0
    max_hidden_s: float = 2.0
    max_moved: float = 0.1
    held_s: float = 0.15
    min_held_visibility: float = 0.65
    min_held_presence: float = 0.95
    min_closer_score: float = 0.5
